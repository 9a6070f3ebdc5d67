#include "app/registry_options.h"

#include <cstdlib>
#include <random>

#include "avro/sales_codec.h"
#include "base/quantity.h"
#include "base/text.h"
#include "registry/log_registry.h"
#include "registry/rest_registry.h"

namespace tillstream {
namespace {

/// The longest that anyone waits for a registry: an hour, for one that is being moved.
constexpr std::chrono::milliseconds kRegistryTimeoutMax = std::chrono::hours(1);
/// Shorter, a registry that is well would seem to be away.
constexpr std::chrono::milliseconds kRegistryTimeoutMin{100};

/// A token is a line; this is far more than any.
constexpr int64_t kTokenBytesMax = int64_t{64} << 10;

Result<std::string> ReadToken(FileSystem& files, const std::string& flag, const std::string& path) {
  auto text = ReadFile(files, path, kTokenBytesMax);
  if (!text) return Error{ErrorCode::kUsage, flag + ": " + text.error().message, 0};
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' ')) {
    text->pop_back();
  }
  if (text->empty() || text->find_first_of("\r\n") != std::string::npos) {
    return MakeError(ErrorCode::kUsage, "{}: {}: needed one line with a token", flag, path);
  }
  return *std::move(text);
}

Status CheckFile(Context& context, const std::string& flag, const std::string& path) {
  if (path.empty()) return Ok();
  const auto info = context.files.Info(path);
  if (info && !info->is_directory) return Ok();
  return MakeError(ErrorCode::kUsage, "{}: {}", flag,
                   info ? path + ": is a folder" : info.error().message);
}

}  // namespace

void DeclareRegistry(Arguments& arguments, RegistryOptions* options, const std::string& help) {
  const std::string& flags = options->flags;
  arguments.List(flags, "URL", &options->urls, help);
  arguments.Text(flags + "-user", "USER:PASSWORD", &options->user_password,
                 "Basic authentication at the registry");
  arguments.Text(flags + "-token-file", "FILE", &options->token_file,
                 "Bearer token for the registry, read again for each request");
  arguments.Text(flags + "-ca", "FILE", &options->ca_file,
                 "PEM file of the authorities to trust; default: the system's");
  arguments.Text(flags + "-cert", "FILE", &options->cert_file,
                 "PEM file of a client certificate for the registry");
  arguments.Text(flags + "-key", "FILE", &options->key_file, "PEM file of its key");
  arguments.Text(flags + "-timeout", "TIME", &options->timeout_text,
                 "How long a registry that does not answer is asked again");
}

void TakeRegistryOfEnvironment(RegistryOptions* options) {
  if (!options->urls.empty()) return;
  const char* environment = std::getenv("SCHEMA_REGISTRY_URL");
  std::string_view rest = environment == nullptr ? "" : environment;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    options->urls.emplace_back(rest.substr(0, comma));
    rest = comma == rest.npos ? "" : rest.substr(comma + 1);
  }
}

Status CompleteRegistry(RegistryOptions* options, const LogOptions& log) {
  TakeRegistryOfEnvironment(options);
  if (log.on_kafka && options->urls.empty()) {
    return MakeError(ErrorCode::kUsage,
                     "--registry: needed with Kafka; tillstream schema serve is one");
  }
  return CheckRegistry(options);
}

Status CheckRegistry(RegistryOptions* options) {
  const std::string& flags = options->flags;
  const bool has_credentials = !options->user_password.empty() || !options->token_file.empty() ||
                               !options->ca_file.empty() || !options->cert_file.empty();
  if (options->urls.empty() && has_credentials) {
    return MakeError(ErrorCode::kUsage, "{}-...: how to reach a registry, without one; give {} URL",
                     flags, flags);
  }
  const auto timeout = ParseDuration(options->timeout_text, kRegistryTimeoutMax);
  if (!timeout || *timeout < kRegistryTimeoutMin) {
    return MakeError(ErrorCode::kUsage,
                     "{}-timeout: {} is not a time from 100ms to 60min; write 30s", flags,
                     Quote(options->timeout_text));
  }
  options->timeout = *timeout;
  if (!options->user_password.empty() && !options->token_file.empty()) {
    return MakeError(ErrorCode::kUsage, "{}-user, {}-token-file: needed one of them", flags, flags);
  }
  if (!options->user_password.empty() && options->user_password.find(':') == std::string::npos) {
    return MakeError(ErrorCode::kUsage, "{}-user: needed USER:PASSWORD, found no colon", flags);
  }
  if (options->cert_file.empty() != options->key_file.empty()) {
    return MakeError(ErrorCode::kUsage, "{}-cert, {}-key: needed both of them, or none", flags,
                     flags);
  }
  return Ok();
}

void DeclareSubjects(Arguments& arguments, SubjectOptions* options) {
  arguments.Text("--subject", "STRATEGY", &options->strategy_name,
                 "Subjects of the schemas: topic, record or topic-record");
  arguments.Flag("--no-register", &options->no_register,
                 "Use schemas that are registered already; register nothing");
}

Status CheckSubjects(SubjectOptions* options) {
  const auto strategy = SubjectStrategyFromName(options->strategy_name);
  if (!strategy) {
    return MakeError(ErrorCode::kUsage,
                     "--subject: {} is not a strategy; write topic, record or topic-record",
                     Quote(options->strategy_name));
  }
  options->strategy = *strategy;
  return Ok();
}

Result<std::unique_ptr<HttpClient>> OpenHttpClient(Context& context, const RegistryOptions& options,
                                                   std::stop_token stop) {
  TILLSTREAM_TRY(CheckFile(context, options.flags + "-ca", options.ca_file));
  TILLSTREAM_TRY(CheckFile(context, options.flags + "-cert", options.cert_file));
  TILLSTREAM_TRY(CheckFile(context, options.flags + "-key", options.key_file));
  HttpClientOptions http;
  http.flags = options.flags;
  http.user_password = options.user_password;
  if (!options.token_file.empty()) {
    const std::string flag = options.flags + "-token-file";
    TILLSTREAM_TRY(ReadToken(context.files, flag, options.token_file));
    http.bearer_token = [&files = context.files, flag, path = options.token_file] {
      return ReadToken(files, flag, path);
    };
  }
  http.ca_file = options.ca_file;
  http.cert_file = options.cert_file;
  http.key_file = options.key_file;
  http.stop = std::move(stop);
  return MakeCurlClient(std::move(http));
}

RestClientOptions RestOptionsOf(const RegistryOptions& options, std::stop_token stop) {
  RestClientOptions rest;
  rest.urls = options.urls;
  rest.flags = options.flags;
  rest.timeout = options.timeout;
  rest.jitter_seed = std::random_device{}();
  rest.stop = std::move(stop);
  return rest;
}

Result<OpenedRegistry> OpenRegistry(Context& context, const RegistryOptions& options,
                                    EventLog& log) {
  OpenedRegistry opened;
  if (options.urls.empty()) {
    TILLSTREAM_ASSIGN(opened.registry, LogRegistry::Open(log, context.clock, context.holder));
    return opened;
  }
  TILLSTREAM_ASSIGN(opened.client, OpenHttpClient(context, options, context.stop));
  TILLSTREAM_ASSIGN(opened.registry, RestRegistry::Open(*opened.client, context.clock,
                                                        RestOptionsOf(options, context.stop)));
  return opened;
}

Status CheckSchemaOfRun(SchemaRegistry& registry, SchemaId id, const Schema& written) {
  const auto found = registry.Find(id);
  if (!found && found.error().code == ErrorCode::kNotFound) return Ok();
  // Not an Avro schema is another one, too.
  if (!found && found.error().code != ErrorCode::kBadInput) return found.error();
  const std::string name = found ? found->root().Describe() : "no Avro schema";
  if (name == written.root().Describe()) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "registry: schema {} is {}, needed {} as the run writes it; give the registry "
                   "that the run began with",
                   id.value(), name, written.root().Describe());
}

Result<OpenedRegistry> OpenRegistryOfRun(Context& context, RegistryOptions options,
                                         const std::optional<NamedRun>& run, OpenedLog& log) {
  const RunIdentity* identity = run ? &run->identity : nullptr;
  if (identity && identity->schemas == kSchemasOfRegistry && options.urls.empty()) {
    return MakeError(ErrorCode::kUsage,
                     "run: the schema ids of topic {} are those of a registry; give it with "
                     "--registry URL",
                     Quote(run->topic));
  }
  if (identity && identity->schemas == kSchemasOfLog && !options.urls.empty()) {
    context.console.Info("schemas: the log's own, as the run has it; --registry is not asked");
    options = RegistryOptions();
  }
  TILLSTREAM_ASSIGN(OpenedRegistry opened, OpenRegistry(context, options, *log.log));
  // On the embedded log ids are asked for once they are met, and each once.
  if (identity && log.kafka != nullptr) {
    TILLSTREAM_TRY(CheckSchemaOfRun(*opened.registry, identity->sales_schema, SalesRecordSchema()));
    TILLSTREAM_TRY(CheckSchemaOfRun(*opened.registry, identity->totals_schema, StoreDaySchema()));
  }
  return opened;
}

Result<std::vector<SchemaId>> IdsFor(SchemaRegistry& registry, const SubjectOptions& subjects,
                                     const std::vector<TopicSchema>& schemas, Timestamp timestamp) {
  std::vector<std::string> names;
  for (const TopicSchema& each : schemas) {
    names.push_back(SubjectOf(subjects.strategy, each.topic, each.schema));
    if (subjects.no_register) continue;
    TILLSTREAM_ASSIGN(const CompatibilityVerdict verdict,
                      registry.Check(names.back(), each.schema));
    if (!verdict.reasons.empty()) return IncompatibleError(names.back(), verdict);
  }
  std::vector<SchemaId> ids;
  for (size_t i = 0; i < schemas.size(); ++i) {
    const auto id = subjects.no_register
                        ? registry.Lookup(names[i], schemas[i].schema)
                        : registry.Register(names[i], schemas[i].schema, timestamp);
    if (!id && subjects.no_register && id.error().code == ErrorCode::kNotFound) {
      return MakeError(
          ErrorCode::kBadInput,
          "{}; register it with tillstream schema register, or leave out --no-register",
          id.error().message);
    }
    if (!id) return id.error();
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace tillstream
