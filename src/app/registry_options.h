#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/log_options.h"
#include "app/opened_log.h"
#include "registry/http_client.h"
#include "registry/rest_client.h"
#include "registry/schema_registry.h"
#include "registry/subject_name.h"
#include "replay/run_identity.h"

namespace tillstream {

/// Which registry: the log's own, or one behind URLs.
struct RegistryOptions {
  /// What its options begin with: "--registry", or "--to" for a second one.
  std::string flags = "--registry";
  std::vector<std::string> urls;  ///< Empty: the log's own topic `_schemas`.
  std::string user_password;
  std::string token_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string timeout_text = "30s";
  std::chrono::milliseconds timeout{30'000};  ///< Of the text, once CompleteRegistry() was called.
};

/// `help` is that of the option for the URL.
void DeclareRegistry(Arguments& arguments, RegistryOptions* options,
                     const std::string& help =
                         "Schema registry, several URLs in turn; also SCHEMA_REGISTRY_URL; "
                         "default: the log's own");

/// Takes SCHEMA_REGISTRY_URL where no URL is given.
void TakeRegistryOfEnvironment(RegistryOptions* options);

/// Checks what can be checked without asking: kUsage for what is no time, for a cert without its
/// key, and for ways to authenticate without a registry.
Status CheckRegistry(RegistryOptions* options);

/// Both of them. With `log` on Kafka, whose topics keep no schemas, kUsage without a registry.
Status CompleteRegistry(RegistryOptions* options, const LogOptions& log);

/// What a registry is asked with. kUsage for files that are not there.
Result<std::unique_ptr<HttpClient>> OpenHttpClient(Context& context, const RegistryOptions& options,
                                                   std::stop_token stop);
RestClientOptions RestOptionsOf(const RegistryOptions& options, std::stop_token stop);

/// How replay finds its schemas' subjects, and whether it may register.
struct SubjectOptions {
  std::string strategy_name = "topic";
  bool no_register = false;
  SubjectStrategy strategy =
      SubjectStrategy::kTopic;  ///< Of the name, once CheckSubjects() was called.
};

void DeclareSubjects(Arguments& arguments, SubjectOptions* options);
Status CheckSubjects(SubjectOptions* options);

/// A registry with what it stands on.
struct OpenedRegistry {
  std::unique_ptr<HttpClient> client;  ///< Null for the log's own.
  std::unique_ptr<SchemaRegistry> registry;
};

/// Opens the registry of completed options; `log` is used where it is the log's own. Errors: those
/// of LogRegistry::Open(); of a remote one shows what is wrong when it is asked.
Result<OpenedRegistry> OpenRegistry(Context& context, const RegistryOptions& options,
                                    EventLog& log);

/// kRefused when the registry has a schema of another name under the id with which a run writes
/// `written`: it is not the registry that the run began with. Ok where it does not know the id.
Status CheckSchemaOfRun(SchemaRegistry& registry, SchemaId id, const Schema& written);

/// The same for reading the events or totals of a run, if there is one: its manifest says where its
/// ids are from. kUsage when they are from a registry and none is given; kRefused as
/// CheckSchemaOfRun(). One that is given for a run with ids of the log is not asked.
Result<OpenedRegistry> OpenRegistryOfRun(Context& context, RegistryOptions options,
                                         const std::optional<NamedRun>& run, OpenedLog& log);

/// A schema of a topic's values.
struct TopicSchema {
  std::string topic;
  const Schema& schema;
};

/// The ids that schemas have, or get where `subjects` lets them be registered. All are checked
/// before any is registered. Errors: those of the registry; kBadInput, with the reasons, for one
/// that may not become a version of its subject, and, with what to do, for one that is not there
/// and may not be registered.
Result<std::vector<SchemaId>> IdsFor(SchemaRegistry& registry, const SubjectOptions& subjects,
                                     const std::vector<TopicSchema>& schemas, Timestamp timestamp);

}  // namespace tillstream
