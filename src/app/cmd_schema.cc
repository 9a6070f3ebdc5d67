#include <charconv>

#include "app/command.h"
#include "app/registry_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "registry/schemas_topic.h"

namespace tillstream {
namespace {

/// What every command about schemas has: the registry that it asks.
struct SchemaTarget {
  LogOptions log_options;
  RegistryOptions options;
  std::unique_ptr<SegmentLog> log;
  OpenedRegistry opened;

  void Declare(Arguments& arguments) {
    log_options.directory.clear();
    arguments.Text("--log", "DIR", &log_options.directory,
                   "The embedded log; default ./tillstream-data, or --registry");
    DeclareRegistry(arguments, &options);
  }

  /// `may_make_log`: a log that is not there is an empty registry.
  Result<SchemaRegistry*> Open(Context& context, bool may_make_log = false) {
    const bool names_log = !log_options.directory.empty();
    if (names_log && !options.urls.empty()) {
      return MakeError(ErrorCode::kUsage, "--log, --registry: needed one of them");
    }
    // A log that is named goes before the environment.
    if (!names_log) {
      TakeRegistryOfEnvironment(&options);
      log_options.directory = LogOptions().directory;
    }
    TILLSTREAM_TRY(CheckRegistry(&options));
    if (options.urls.empty() && !may_make_log) TILLSTREAM_TRY(RequireLog(context, log_options));
    log = OpenLog(context, log_options);
    TILLSTREAM_ASSIGN(opened, OpenRegistry(context, options, *log));
    return opened.registry.get();
  }
};

Result<Schema> ReadSchemaFile(Context& context, const std::string& path) {
  TILLSTREAM_ASSIGN(const std::string text, ReadFile(context.files, path));
  Result<Schema> schema = Schema::Parse(text);
  if (!schema) return schema.error().At(path);
  return schema;
}

class SchemaListCommand final : public Command {
 public:
  const char* name() const override { return "schema list"; }
  const char* summary() const override { return "Subjects, versions and ids"; }
  void Declare(Arguments& arguments) override { target_.Declare(arguments); }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(SchemaRegistry * registry, target_.Open(context));
    TILLSTREAM_ASSIGN(const std::vector<RegisteredSchema> schemas, registry->List());
    Table table({"subject", "version", "id", "name", "fingerprint"});
    Json list = Json::array();
    for (const RegisteredSchema& registered : schemas) {
      const Result<Schema> schema = Schema::Parse(registered.schema);
      const std::string name = schema ? schema->root().Describe() : "-";
      const std::string fingerprint = schema ? fmt::format("{:016x}", schema->Fingerprint()) : "-";
      table.Add({registered.subject, std::to_string(registered.version),
                 std::to_string(registered.id.value()), name, fingerprint});
      list.push_back({{"subject", registered.subject},
                      {"version", registered.version},
                      {"id", registered.id.value()},
                      {"name", name},
                      {"fingerprint", fingerprint}});
    }
    TILLSTREAM_TRY(
        context.out.Write(context.common.json ? DumpJson(list) + "\n" : table.ToString()));
    return static_cast<int>(kExitDone);
  }

 private:
  SchemaTarget target_;
};

class SchemaShowCommand final : public Command {
 public:
  const char* name() const override { return "schema show"; }
  const char* summary() const override { return "The text of a schema"; }
  const char* footer() const override {
    return "Examples: tillstream schema show 1\n"
           "          tillstream schema show sales-value\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Positional("SCHEMA", &which_, "An id, or a subject for its latest version");
    arguments.Required();
    target_.Declare(arguments);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(SchemaRegistry * registry, target_.Open(context));
    int32_t id = 0;
    const char* end = which_.data() + which_.size();
    const auto [stop, error] = std::from_chars(which_.data(), end, id);
    if (error != std::errc() || stop != end) {
      TILLSTREAM_ASSIGN(const RegisteredSchema latest, registry->Latest(which_));
      id = latest.id.value();
    }
    TILLSTREAM_ASSIGN(const Schema schema, registry->Find(SchemaId(id)));
    TILLSTREAM_ASSIGN(const Json json, ParseJson(schema.ToJson()));
    TILLSTREAM_TRY(context.out.Write(json.dump(2) + "\n"));
    return static_cast<int>(kExitDone);
  }

 private:
  std::string which_;
  SchemaTarget target_;
};

class SchemaCheckCommand final : public Command {
 public:
  const char* name() const override { return "schema check"; }
  const char* summary() const override {
    return "Whether a schema may follow the latest version of a subject";
  }
  const char* footer() const override {
    return "Exit code 3 when it may not, with the reasons.\n"
           "Example: tillstream schema check --subject sales-value sales_record_v2.avsc\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Positional("FILE", &file_, "The schema, an .avsc file");
    arguments.Required();
    arguments.Text("--subject", "SUBJECT", &subject_, "The subject that it is to join");
    arguments.Required();
    target_.Declare(arguments);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(const Schema schema, ReadSchemaFile(context, file_));
    TILLSTREAM_ASSIGN(SchemaRegistry * registry, target_.Open(context));
    TILLSTREAM_ASSIGN(const CompatibilityVerdict verdict, registry->Check(subject_, schema));
    const std::vector<std::string>& reasons = verdict.reasons;
    if (context.common.json) {
      const Json json = {{"is_compatible", reasons.empty()}, {"messages", reasons}};
      TILLSTREAM_TRY(context.out.Write(DumpJson(json) + "\n"));
    } else {
      for (const std::string& reason : reasons) TILLSTREAM_TRY(context.out.Write(reason + "\n"));
    }
    if (reasons.empty()) {
      context.console.Info(fmt::format("subject {}: compatible", Quote(subject_)));
      return static_cast<int>(kExitDone);
    }
    context.console.Info(
        fmt::format("subject {}: not compatible ({})", Quote(subject_), verdict.level));
    return static_cast<int>(kExitBadInput);
  }

 private:
  std::string file_;
  std::string subject_;
  SchemaTarget target_;
};

class SchemaRegisterCommand final : public Command {
 public:
  const char* name() const override { return "schema register"; }
  const char* summary() const override { return "Register a schema; prints its id"; }
  const char* footer() const override {
    return "A schema that is registered already has the id that it has. One that the subject's\n"
           "compatibility level forbids is refused with exit code 3 and the reasons.\n"
           "Example: tillstream schema register --subject sales-value sales_record.avsc\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Positional("FILE", &file_, "The schema, an .avsc file");
    arguments.Required();
    arguments.Text("--subject", "SUBJECT", &subject_, "The subject that it joins");
    arguments.Required();
    target_.Declare(arguments);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(const Schema schema, ReadSchemaFile(context, file_));
    TILLSTREAM_ASSIGN(SchemaRegistry * registry, target_.Open(context, true));
    if (target_.opened.client == nullptr) {
      context.console.Info(
          fmt::format("target: {}, topic {}", target_.log->Describe(), kSchemasTopic));
    }
    const Timestamp now(context.clock.Now().time_since_epoch().count());
    TILLSTREAM_ASSIGN(const SchemaId id, registry->Register(subject_, schema, now));
    TILLSTREAM_TRY(context.out.Write(
        context.common.json ? DumpJson(Json{{"subject", subject_}, {"id", id.value()}}) + "\n"
                            : fmt::format("{}\n", id.value())));
    return static_cast<int>(kExitDone);
  }

 private:
  std::string file_;
  std::string subject_;
  SchemaTarget target_;
};

}  // namespace

std::unique_ptr<Command> MakeSchemaListCommand() { return std::make_unique<SchemaListCommand>(); }
std::unique_ptr<Command> MakeSchemaShowCommand() { return std::make_unique<SchemaShowCommand>(); }
std::unique_ptr<Command> MakeSchemaCheckCommand() { return std::make_unique<SchemaCheckCommand>(); }
std::unique_ptr<Command> MakeSchemaRegisterCommand() {
  return std::make_unique<SchemaRegisterCommand>();
}

}  // namespace tillstream
