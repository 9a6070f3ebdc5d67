#include "app/sink_options.h"

#include <string_view>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::string_view kPostgresPrefix = "postgres:";
constexpr std::string_view kPostgresqlPrefix = "postgresql:";
constexpr std::string_view kDuckdbPrefix = "duckdb:";
constexpr std::string_view kParquetPrefix = "parquet:";

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
                 "count: no lines, only what they add up to; postgres:URL, duckdb:FILE: tables; "
                 "parquet:DIR: files by store and month");
  arguments.Text("--duckdb", "LIBRARY", &options->duckdb_library,
                 "DuckDB's library for --sink duckdb; default: the one of make duckdb, or the "
                 "system's");
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
  for (const auto& [prefix, kind] : {std::pair(kDuckdbPrefix, SinkKind::kDuckdb),
                                     std::pair(kParquetPrefix, SinkKind::kParquet)}) {
    if (!text.starts_with(prefix)) continue;
    options->kind = kind;
    options->target = text.substr(prefix.size());
    if (!options->target.empty()) return CheckBeside(beside, text.substr(0, prefix.size() - 1));
    return MakeError(ErrorCode::kUsage, "--sink: {} names no {}", Quote(text),
                     kind == SinkKind::kDuckdb ? "file" : "folder");
  }
  // Not the whole text, which may have a password in it.
  return MakeError(ErrorCode::kUsage,
                   "--sink: {} is not a sink; write count, postgres:URL, duckdb:FILE or "
                   "parquet:DIR",
                   Quote(text.substr(0, text.find(':'))));
}

}  // namespace tillstream
