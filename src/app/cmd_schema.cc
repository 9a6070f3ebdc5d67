#include <charconv>

#include "app/command.h"
#include "app/log_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

Result<std::unique_ptr<LogRegistry>> OpenRegistry(Context& context, const LogOptions& options,
                                                  std::unique_ptr<SegmentLog>* log) {
  TILLSTREAM_TRY(RequireLog(context, options));
  *log = OpenLog(context, options);
  return LogRegistry::Open(**log, context.clock, context.holder);
}

class SchemaListCommand final : public Command {
 public:
  const char* name() const override { return "schema list"; }
  const char* summary() const override { return "Subjects, versions and ids"; }
  void Declare(Arguments& arguments) override { DeclareLog(arguments, &log_); }
  Result<int> Run(Context& context) override {
    std::unique_ptr<SegmentLog> log;
    TILLSTREAM_ASSIGN(const auto registry, OpenRegistry(context, log_, &log));
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
  LogOptions log_;
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
    DeclareLog(arguments, &log_);
  }
  Result<int> Run(Context& context) override {
    std::unique_ptr<SegmentLog> log;
    TILLSTREAM_ASSIGN(const auto registry, OpenRegistry(context, log_, &log));
    int32_t id = 0;
    const char* end = which_.data() + which_.size();
    const auto [stop, error] = std::from_chars(which_.data(), end, id);
    if (error != std::errc() || stop != end) {
      TILLSTREAM_ASSIGN(id, LatestOf(*registry));
    }
    TILLSTREAM_ASSIGN(const Schema schema, registry->Find(SchemaId(id)));
    TILLSTREAM_ASSIGN(const Json json, ParseJson(schema.ToJson()));
    TILLSTREAM_TRY(context.out.Write(json.dump(2) + "\n"));
    return static_cast<int>(kExitDone);
  }

 private:
  Result<int32_t> LatestOf(LogRegistry& registry) const {
    TILLSTREAM_ASSIGN(const std::vector<RegisteredSchema> schemas, registry.List());
    const RegisteredSchema* latest = nullptr;
    std::vector<std::string> subjects;
    for (const RegisteredSchema& schema : schemas) {
      subjects.push_back(schema.subject);
      if (schema.subject != which_) continue;
      if (latest == nullptr || latest->version < schema.version) latest = &schema;
    }
    if (latest != nullptr) return latest->id.value();
    const std::string nearest = Nearest(which_, subjects);
    return MakeError(ErrorCode::kNotFound, "schema: no subject {}{}", Quote(which_),
                     nearest.empty() ? "" : "; did you mean " + nearest);
  }

  std::string which_;
  LogOptions log_;
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
    DeclareLog(arguments, &log_);
  }
  Result<int> Run(Context& context) override {
    Result<std::string> text = ReadFile(context.files, file_);
    if (!text) return text.error();
    Result<Schema> schema = Schema::Parse(*text);
    if (!schema) return schema.error().At(file_);
    std::unique_ptr<SegmentLog> log;
    TILLSTREAM_ASSIGN(const auto registry, OpenRegistry(context, log_, &log));
    TILLSTREAM_ASSIGN(const std::vector<std::string> reasons, registry->Check(subject_, *schema));
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
    context.console.Info(fmt::format("subject {}: not compatible", Quote(subject_)));
    return static_cast<int>(kExitBadInput);
  }

 private:
  std::string file_;
  std::string subject_;
  LogOptions log_;
};

}  // namespace

std::unique_ptr<Command> MakeSchemaListCommand() { return std::make_unique<SchemaListCommand>(); }
std::unique_ptr<Command> MakeSchemaShowCommand() { return std::make_unique<SchemaShowCommand>(); }
std::unique_ptr<Command> MakeSchemaCheckCommand() { return std::make_unique<SchemaCheckCommand>(); }

}  // namespace tillstream
