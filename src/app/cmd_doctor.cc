#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "app/command.h"
#include "app/findings.h"
#include "app/kafka_doctor.h"
#include "app/registry_options.h"
#include "app/topic_plan.h"
#include "avro/sales_codec.h"
#include "base/quantity.h"
#include "base/text.h"
#include "model/names.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::minutes(5);
constexpr std::chrono::milliseconds kTimeoutMin{100};

/// A segment that is begun may become as large.
constexpr int64_t kFreeBytesWanted = kSegmentBytesDefault;

/// Looks at the folder of the embedded log; whether it is there.
bool ExamineFolder(Context& context, const LogOptions& log, Findings* findings) {
  const Status there = RequireLog(context, log);
  if (!there && there.error().code == ErrorCode::kNotFound) {
    findings->Ok("log", there.error().message);
    return false;
  }
  if (!there) {
    findings->Error("log", there.error().message);
    return false;
  }
  if (::access(log.directory.c_str(), W_OK | X_OK) == 0) {
    findings->Ok("log", log.directory + " can be written");
  } else {
    findings->Error("log", fmt::format("{}: {}; give this user the right to write there",
                                       log.directory, std::strerror(errno)));
  }
  struct statvfs disk{};
  if (::statvfs(log.directory.c_str(), &disk) != 0) return true;
  const int64_t free_bytes =
      static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
  if (free_bytes >= kFreeBytesWanted) {
    findings->Ok("disk", HumanBytes(free_bytes) + " are free");
  } else {
    findings->Warning("disk", fmt::format("{} are free, a segment takes up to {}; make room",
                                          HumanBytes(free_bytes), HumanBytes(kFreeBytesWanted)));
  }
  return true;
}

/// The run that writes `topic`; none also when it cannot be read, which is a finding then.
std::optional<RunIdentity> FindRun(Context& context, OpenedLog& opened, const std::string& topic,
                                   Findings* findings) {
  const auto identity = RunManifest(*opened.runs, context.clock, topic).Load();
  if (!identity) {
    findings->Error("run", identity.error().message);
    return std::nullopt;
  }
  if (!*identity) {
    findings->Ok("run", fmt::format("none of topic {} yet", Quote(topic)));
    return std::nullopt;
  }
  findings->Ok("run", fmt::format("{} stores from {} on", (*identity)->stores.size(),
                                  DataBegins(**identity)));
  return *identity;
}

/// Where the stores of a run stand, by id.
std::map<std::string, StreamPosition> ExaminePositions(Context& context, OpenedLog& opened,
                                                       const std::string& topic,
                                                       const RunIdentity& identity,
                                                       Findings* findings) {
  std::map<std::string, StreamPosition> positions;
  int64_t written = 0;
  int64_t expected = 0;
  for (const PlannedStore& store : PlanOf(identity, topic).stores) {
    const auto position = PositionOf(context, opened, topic, identity, store.id);
    if (!position) {
      findings->Error("positions", position.error().message);
      return positions;
    }
    positions[store.id] = *position;
    written += position->events;
    expected += store.event_count();
  }
  findings->Ok("positions", fmt::format("{} of {} events are written", WithThousands(written),
                                        WithThousands(expected)));
  return positions;
}

/// Whether a schema that events carry the id of is the one that they were written with.
void ExamineSchema(SchemaRegistry& registry, const std::string& subject, const Schema& schema,
                   SchemaId id, Findings* findings) {
  const std::string what = fmt::format("schema {}", id.value());
  const auto found = registry.Find(id);
  if (!found && found.error().code != ErrorCode::kBadInput) {
    return findings->Error(what, found.error().message);
  }
  const Status is_ours = CheckSchemaOfRun(registry, id, schema);
  if (!is_ours) return findings->Error(what, is_ours.error().message);
  const auto registered = registry.Lookup(subject, schema);
  if (!registered) {
    findings->Warning(
        what, fmt::format("{}; tillstream schema register does it", registered.error().message));
  } else if (*registered != id) {
    findings->Warning(what, fmt::format("subject {} has it as {} too; was the registry made again?",
                                        Quote(subject), registered->value()));
  } else {
    findings->Ok(what, fmt::format("{}, subject {}", schema.root().Describe(), Quote(subject)));
  }
}

void ExamineSchemas(SchemaRegistry& registry, const std::string& topic, const RunIdentity& identity,
                    Findings* findings) {
  const SubjectStrategy strategy =
      SubjectStrategyFromName(identity.subjects).value_or(SubjectStrategy::kTopic);
  ExamineSchema(registry, SubjectOf(strategy, topic, SalesRecordSchema()), SalesRecordSchema(),
                identity.sales_schema, findings);
  ExamineSchema(registry, SubjectOf(strategy, TotalsTopic(topic), StoreDaySchema()),
                StoreDaySchema(), identity.totals_schema, findings);
}

class DoctorCommand final : public Command {
 public:
  const char* name() const override { return "doctor"; }
  const char* summary() const override {
    return "What keeps a log, a cluster or a registry from serving, and what to do";
  }
  const char* footer() const override {
    return "Connects as a client would: whether the address that each broker advertises can be\n"
           "reached from here, settings of brokers and topics, the run, the registry. Changes\n"
           "nothing. Exit code 1 when there is an error, 5 when no broker answers.\n"
           "Example: tillstream doctor -b localhost:9092 --registry http://localhost:8081\n";
  }
  void Declare(Arguments& arguments) override {
    DeclareLogOrKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
    registry_.timeout_text = "10s";
    DeclareRegistry(arguments, &registry_);
    arguments.Text("--timeout", "TIME", &timeout_, "How long a broker may take to answer");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    TakeRegistryOfEnvironment(&registry_);
    TILLSTREAM_TRY(CheckRegistry(&registry_));
    const auto timeout = ParseDuration(timeout_, kTimeoutMax);
    if (!timeout || *timeout < kTimeoutMin) {
      return MakeError(ErrorCode::kUsage,
                       "--timeout: {} is not a time from 100ms to 5min; write 5s", Quote(timeout_));
    }
    log_.kafka.deadline = *timeout;
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    context.console.Info(
        fmt::format("looking at {}, topic {}", opened.log->Describe(), log_.topic));
    Findings findings;
    TILLSTREAM_ASSIGN(const std::optional<RunIdentity> identity,
                      ExamineLog(context, opened, &findings));
    ExamineRegistry(context, opened, identity, &findings);
    TILLSTREAM_TRY(context.out.Write(context.common.json ? findings.ToJson() : findings.ToText()));
    const int errors = findings.Count(FindingLevel::kError);
    context.console.Info(
        fmt::format("{} errors, {} warnings", errors, findings.Count(FindingLevel::kWarning)));
    return static_cast<int>(errors == 0 ? kExitDone : kExitFailed);
  }

 private:
  /// The run that was found, if any.
  Result<std::optional<RunIdentity>> ExamineLog(Context& context, OpenedLog& opened,
                                                Findings* findings) {
    is_seen_ = true;
    if (log_.on_kafka) {
      TILLSTREAM_ASSIGN(is_seen_, ExamineCluster(context, opened, findings));
      if (!is_seen_) {
        findings->Warning("run", "not looked at, since not every broker can be reached");
      }
    } else {
      is_seen_ = ExamineFolder(context, log_, findings);
    }
    if (!is_seen_) return std::optional<RunIdentity>();
    const std::optional<RunIdentity> identity = FindRun(context, opened, log_.topic, findings);
    std::map<std::string, StreamPosition> positions;
    if (identity) {
      positions = ExaminePositions(context, opened, log_.topic, *identity, findings);
    }
    if (log_.on_kafka) {
      ExamineKafkaRun(context, opened, log_.topic, identity, positions, findings);
    }
    return identity;
  }

  void ExamineRegistry(Context& context, OpenedLog& opened,
                       const std::optional<RunIdentity>& identity, Findings* findings) const {
    const bool is_elsewhere =
        log_.on_kafka || (identity && identity->schemas == kSchemasOfRegistry);
    if (is_elsewhere && registry_.urls.empty()) {
      findings->Warning("registry", "not looked at; give it with --registry URL");
      return;
    }
    if (registry_.urls.empty() && !is_seen_) return;  // It would be in the log.
    const auto registry = OpenRegistry(context, registry_, *opened.log);
    if (!registry) return findings->Error("registry", registry.error().message);
    const auto schemas = registry->registry->List();
    if (!schemas) {
      const std::string& message = schemas.error().message;
      const bool has_remedy = message.find("; ") != message.npos;
      return findings->Error(
          "registry", has_remedy ? message : message + "; check --registry, and whether it runs");
    }
    std::set<std::string> subjects;
    for (const RegisteredSchema& schema : *schemas) subjects.insert(schema.subject);
    findings->Ok("registry", fmt::format("answers: {} subjects, {} versions", subjects.size(),
                                         schemas->size()));
    const bool has_ids = identity && is_elsewhere == !registry_.urls.empty();
    if (has_ids) ExamineSchemas(*registry->registry, log_.topic, *identity, findings);
  }

  LogOptions log_;
  RegistryOptions registry_;
  std::string timeout_ = "10s";
  bool is_seen_ = false;  ///< Whether what holds the events can be looked at.
};

}  // namespace

std::unique_ptr<Command> MakeDoctorCommand() { return std::make_unique<DoctorCommand>(); }

}  // namespace tillstream
