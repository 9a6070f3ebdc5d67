#include <algorithm>

#include "app/command.h"
#include "app/log_options.h"
#include "app/registry_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "registry/registry_copy.h"
#include "registry/schemas_topic.h"

namespace tillstream {
namespace {

/// How long the modes are taken back at most: a registry that was there a moment ago answers, and
/// whoever pressed Ctrl-C waits.
constexpr std::chrono::milliseconds kLastTimeoutMax{10'000};

const char* StateName(CopyState state) {
  switch (state) {
    case CopyState::kMissing:
      return "to copy";
    case CopyState::kPresent:
      return "there already";
    case CopyState::kCopied:
      return "copied";
  }
  return "";
}

/// A number of the target that is not known before it is given.
std::string NumberText(int32_t number) { return number == 0 ? "-" : std::to_string(number); }

Json NumberJson(int32_t number) { return number == 0 ? Json(nullptr) : Json(number); }

std::string TableOf(const CopyPlan& plan, bool keep_ids) {
  std::vector<std::string> header = {"subject", "version", "id", "level"};
  if (!keep_ids) header.insert(header.end(), {"new version", "new id"});
  header.emplace_back("state");
  Table table(header);
  for (const VersionCopy& copy : plan.versions) {
    std::vector<std::string> row = {copy.source.subject, std::to_string(copy.source.version),
                                    std::to_string(copy.source.id.value()), "-"};
    if (!keep_ids) {
      row.push_back(NumberText(copy.target_version));
      row.push_back(NumberText(copy.target_id.value()));
    }
    row.emplace_back(StateName(copy.state));
    table.Add(std::move(row));
  }
  for (const LevelCopy& copy : plan.levels) {
    std::vector<std::string> row = {copy.subject.empty() ? "(all)" : copy.subject, "-", "-",
                                    std::string(CompatibilityLevelName(copy.level))};
    if (!keep_ids) row.insert(row.end(), {"-", "-"});
    row.emplace_back(StateName(copy.state));
    table.Add(std::move(row));
  }
  return table.ToString();
}

Json JsonOf(const CopyPlan& plan, const RegistryContents& contents, bool is_executed) {
  Json versions = Json::array();
  for (const VersionCopy& copy : plan.versions) {
    versions.push_back({{"subject", copy.source.subject},
                        {"version", copy.source.version},
                        {"id", copy.source.id.value()},
                        {"target_version", NumberJson(copy.target_version)},
                        {"target_id", NumberJson(copy.target_id.value())},
                        {"state", StateName(copy.state)}});
  }
  Json levels = Json::array();
  for (const LevelCopy& copy : plan.levels) {
    levels.push_back({{"subject", copy.subject.empty() ? Json(nullptr) : Json(copy.subject)},
                      {"level", CompatibilityLevelName(copy.level)},
                      {"state", StateName(copy.state)}});
  }
  return {{"executed", is_executed},
          {"versions", versions},
          {"levels", levels},
          {"deleted_left_out", contents.deleted_count},
          {"metadata_left_out", contents.bare_count}};
}

class SchemaCopyCommand final : public Command {
 public:
  SchemaCopyCommand() {
    log_.directory.clear();
    to_.flags = "--to";
  }

  const char* name() const override { return "schema copy"; }
  const char* summary() const override {
    return "Copy all schemas into another registry, ids and versions kept";
  }
  const char* footer() const override {
    return "A dry run, which shows what would be copied, unless --execute. The subjects that get\n"
           "versions are in mode IMPORT meanwhile. What is there already is not written again, so\n"
           "an interrupted copy can be run once more. Deleted versions are left out. Refused, "
           "with\n"
           "nothing written, when other schemas have the ids there.\n"
           "Examples: tillstream schema copy --log live --to http://new:8081\n"
           "          tillstream schema copy --registry http://old:8081 --to http://new:8081 "
           "--execute\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--log", "DIR", &log_.directory,
                   "Copy from this embedded log; default ./tillstream-data, or --registry");
    DeclareRegistry(arguments, &from_,
                    "Copy from this registry, several URLs in turn; also SCHEMA_REGISTRY_URL");
    DeclareRegistry(arguments, &to_, "The registry to copy to, several URLs in turn");
    arguments.Flag("--new-ids", &new_ids_,
                   "Let the target give ids and versions; events keep the old ids");
    arguments.Flag("--force", &force_,
                   "Import also into subjects that have versions there already");
    arguments.Flag("--execute", &execute_, "Copy; without it nothing is written");
  }

  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckOptions());
    TILLSTREAM_ASSIGN(const auto to_http, OpenHttpClient(context, to_, context.stop));
    TILLSTREAM_ASSIGN(const auto target,
                      RestClient::Open(*to_http, context.clock, RestOptionsOf(to_, context.stop)));
    RegistryOptions last_options = to_;
    last_options.timeout = std::min(to_.timeout, kLastTimeoutMax);
    TILLSTREAM_ASSIGN(const auto last_http,
                      OpenHttpClient(context, last_options, std::stop_token()));
    TILLSTREAM_ASSIGN(const auto last,
                      RestClient::Open(*last_http, context.clock,
                                       RestOptionsOf(last_options, std::stop_token())));
    TILLSTREAM_ASSIGN(const RegistryContents contents, ReadSource(context));
    context.console.Info(fmt::format("target: {}", target->Describe()));
    SayWhatIsLeftOut(context, contents);

    RegistryCopier copier(*target, *last, {!new_ids_, force_, context.stop});
    TILLSTREAM_ASSIGN(CopyPlan plan, copier.Plan(contents));
    SayWhatIsLeftInImport(context, plan);
    const int64_t missing = plan.Count(CopyState::kMissing);
    const Status copied = execute_ && plan.HasWork() ? copier.Execute(&plan) : Ok();
    const bool is_stopped = !copied && copied.error().code == ErrorCode::kStopped;
    if (!copied && !is_stopped) return copied.error();
    TILLSTREAM_TRY(context.out.Write(context.common.json
                                         ? DumpJson(JsonOf(plan, contents, execute_)) + "\n"
                                         : TableOf(plan, !new_ids_)));
    if (is_stopped) {
      context.console.Info(fmt::format("stopped: {} of {} copied; run it again{} to go on ({})",
                                       plan.Count(CopyState::kCopied), missing,
                                       new_ids_ ? "" : " with --force", copied.error().message));
      return static_cast<int>(kExitDone);
    }
    SayResult(context, plan, missing);
    return static_cast<int>(kExitDone);
  }

 private:
  Status CheckOptions() {
    if (!log_.directory.empty() && !from_.urls.empty()) {
      return MakeError(ErrorCode::kUsage, "--log, --registry: needed one of them");
    }
    if (to_.urls.empty()) {
      return MakeError(ErrorCode::kUsage, "--to: needed the URL of the registry to copy to");
    }
    if (force_ && new_ids_) {
      return MakeError(ErrorCode::kUsage, "--force, --new-ids: needed one of them, or none");
    }
    if (log_.directory.empty()) TakeRegistryOfEnvironment(&from_);
    if (log_.directory.empty()) log_.directory = LogOptions().directory;
    TILLSTREAM_TRY(CheckRegistry(&from_));
    return CheckRegistry(&to_);
  }

  Result<RegistryContents> ReadSource(Context& context) const {
    if (!from_.urls.empty()) {
      TILLSTREAM_ASSIGN(const auto http, OpenHttpClient(context, from_, context.stop));
      TILLSTREAM_ASSIGN(const auto client,
                        RestClient::Open(*http, context.clock, RestOptionsOf(from_, context.stop)));
      context.console.Info(fmt::format("source: {}", client->Describe()));
      return ReadContents(*client);
    }
    TILLSTREAM_TRY(RequireLog(context, log_));
    const std::unique_ptr<SegmentLog> log = OpenLog(context, log_);
    context.console.Info(fmt::format("source: {}, topic {}", log->Describe(), kSchemasTopic));
    TILLSTREAM_ASSIGN(const auto topic, SchemasTopic::Open(*log, context.clock, context.holder));
    return topic->With([](const SchemaHistory& history) { return ReadContents(history); });
  }

  static void SayWhatIsLeftOut(Context& context, const RegistryContents& contents) {
    if (contents.deleted_count > 0) {
      context.console.Info(
          fmt::format("{} deleted versions are left out", WithThousands(contents.deleted_count)));
    }
    if (contents.bare_count > 0) {
      context.console.Warning(fmt::format("{} versions have metadata or rules, which are left out",
                                          WithThousands(contents.bare_count)));
    }
  }

  void SayWhatIsLeftInImport(Context& context, const CopyPlan& plan) const {
    for (const std::string& subject : plan.left_in_import) {
      context.console.Warning(
          fmt::format("subject {} is in mode IMPORT there, as a copy that was killed leaves it; {}",
                      Quote(subject), execute_ ? "it is taken back" : "--execute takes it back"));
    }
  }

  void SayResult(Context& context, const CopyPlan& plan, int64_t missing) const {
    const auto total = static_cast<int64_t>(plan.versions.size() + plan.levels.size());
    if (missing == 0) {
      context.console.Info(fmt::format("nothing to copy: all {} are there already", total));
    } else if (execute_) {
      context.console.Info(fmt::format("{} copied, {} were there already; every id reads the same",
                                       plan.Count(CopyState::kCopied), total - missing));
    } else {
      if (!new_ids_ && !force_ && !plan.occupied.empty()) {
        context.console.Warning(
            fmt::format("subject {} has versions there already; it will need --force",
                        Quote(plan.occupied.front())));
      }
      context.console.Info(
          fmt::format("dry run: {} of {} would be copied; --execute copies them", missing, total));
    }
  }

  LogOptions log_;
  RegistryOptions from_;
  RegistryOptions to_;
  bool new_ids_ = false;
  bool force_ = false;
  bool execute_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSchemaCopyCommand() { return std::make_unique<SchemaCopyCommand>(); }

}  // namespace tillstream
