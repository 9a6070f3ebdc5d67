#include "app/sink_options.h"

#include <string_view>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::string_view kPostgresPrefix = "postgres:";
constexpr std::string_view kPostgresqlPrefix = "postgresql:";

/// "postgres://host/db" is both a kind with its target and the address that libpq takes as a whole.
std::string PostgresTarget(const std::string& text, std::string_view prefix) {
  const std::string rest = text.substr(prefix.size());
  return rest.starts_with("//") ? text : rest;
}

Status CheckBeside(const BesideSink& beside, const std::string& sink) {
  for (const auto& [is_given, what] :
       {std::pair(beside.group, "-g: the tables of --sink {} keep the position; leave it out"),
        std::pair(beside.start, "-o: --sink {} goes on where its tables stand; leave it out"),
        std::pair(beside.store, "--store: --sink {} takes whole partitions; write -p"),
        std::pair(beside.format, "--format: --sink {} writes no lines; leave it out")}) {
    if (!is_given) continue;
    return Error{ErrorCode::kUsage, fmt::format(fmt::runtime(what), sink)};
  }
  return Ok();
}

}  // namespace

void DeclareSink(Arguments& arguments, SinkOptions* options) {
  arguments.Text("--sink", "SINK", &options->text,
                 "count: no lines, only what they add up to; postgres:URL: tables");
}

Status CompleteSink(SinkOptions* options, const BesideSink& beside) {
  const std::string& text = options->text;
  if (text.empty()) return Ok();
  if (text == "count") {
    options->kind = SinkKind::kCount;
    return Ok();
  }
  for (const std::string_view prefix : {kPostgresPrefix, kPostgresqlPrefix}) {
    if (!text.starts_with(prefix)) continue;
    options->kind = SinkKind::kPostgres;
    options->target = PostgresTarget(text, prefix);
    return CheckBeside(beside, "postgres");
  }
  // Not the whole text, which may have a password in it.
  return MakeError(ErrorCode::kUsage, "--sink: {} is not a sink; write count or postgres:URL",
                   Quote(text.substr(0, text.find(':'))));
}

}  // namespace tillstream
