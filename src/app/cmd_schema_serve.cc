#include <fmt/format.h>

#include "app/command.h"
#include "app/log_options.h"
#include "base/text.h"
#include "registry/schema_store.h"
#include "web/http_server.h"
#include "web/listen_address.h"
#include "web/registry_handler.h"
#include "web/user_file.h"

namespace tillstream {
namespace {

/// More than a process may open by default; `ulimit -n` says how many are left for the log.
constexpr int64_t kConnectionsMax = 100'000;

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

class SchemaServeCommand final : public Command {
 public:
  const char* name() const override { return "schema serve"; }
  const char* summary() const override {
    return "Serve the log's schemas over Confluent's schema registry REST API";
  }
  const char* footer() const override {
    return "Serves until Ctrl-C. Generators of the same log may run meanwhile. /healthz and\n"
           "/metrics are served too. With --users, writing asks for a user and password; reading\n"
           "too with --guard all. A line of the file is USER:PASSWORD, the password plain or as\n"
           "htpasswd -B writes it.\n"
           "Examples: tillstream schema serve --log live\n"
           "          tillstream schema serve --listen 0.0.0.0:8081 --users users.txt --guard "
           "all\n";
  }
  bool has_json() const override { return false; }
  void Declare(Arguments& arguments) override {
    DeclareLog(arguments, &log_);
    arguments.Text("--listen", "HOST:PORT", &listen_,
                   "Where to listen; port 0 takes a free one, and says which");
    arguments.Text("--users", "FILE", &users_file_,
                   "Users and passwords; default: nobody is asked");
    arguments.Text("--guard", "WHAT", &guard_, "What asks for a password: writes or all");
    arguments.Number("--connections", "N", &connections_, 1, kConnectionsMax,
                     "Open connections at most; further ones are answered 503");
  }

  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(const HostPort address, ParseListen(listen_));
    if (guard_ != "writes" && guard_ != "all") {
      return MakeError(ErrorCode::kUsage, "--guard: {} is not known; write writes or all",
                       Quote(guard_));
    }
    std::unique_ptr<UserFile> users;
    if (!users_file_.empty()) {
      auto opened = UserFile::Open(context.files, users_file_);
      if (!opened && opened.error().code == ErrorCode::kNotFound) {
        return MakeError(ErrorCode::kUsage, "--users: {}", opened.error().message);
      }
      TILLSTREAM_ASSIGN(users, std::move(opened));
    } else if (guard_ == "all") {
      return MakeError(ErrorCode::kUsage,
                       "--guard: all needs somebody to let in; give --users FILE");
    }
    const std::unique_ptr<SegmentLog> log = OpenLog(context, log_);
    context.console.Info(fmt::format("target: {}, topic {}", log->Describe(), kSchemasTopic));
    TILLSTREAM_ASSIGN(const std::unique_ptr<SchemaStore> store,
                      SchemaStore::Open(*log, context.clock, context.holder, context.stop));
    RegistryHandlerOptions handler_options;
    handler_options.users = users.get();
    handler_options.guard = guard_ == "all" ? RegistryGuard::kAll : RegistryGuard::kWrites;
    RegistryHandler handler(*store, context.clock, std::move(handler_options));
    return Serve(context, address, *store, handler, users != nullptr);
  }

 private:
  Result<int> Serve(Context& context, const HostPort& address, SchemaStore& store,
                    RegistryHandler& handler, bool has_users) const {
    HttpServerOptions options;
    options.host = address.host;
    options.port = address.port;
    options.connections_max = static_cast<size_t>(connections_);
    options.on_warning = [&context](const std::string& line) { context.console.Warning(line); };
    TILLSTREAM_ASSIGN(const std::unique_ptr<HttpServer> server,
                      HttpServer::Open(std::move(options), handler));
    TILLSTREAM_TRY(context.files.MakeDirectory(log_.directory));
    handler.set_server_stats([&server] { return server->stats(); });
    if (!IsLoopback(address.host) && !has_users) {
      context.console.Warning(
          fmt::format("--listen: {} can be reached from other machines, and everyone may write; "
                      "--users FILE asks for passwords",
                      listen_));
    }
    const SchemaStore::Sizes sizes = store.sizes();
    context.console.Info(fmt::format("{} versions of {} subjects, {} ids",
                                     WithThousands(sizes.versions), WithThousands(sizes.subjects),
                                     WithThousands(sizes.ids)));
    context.console.Info(
        fmt::format("listening: http://{}", FormatHostPort({address.host, server->port()})));
    TILLSTREAM_TRY(server->Run(context.stop));
    const HttpServerStats stats = server->stats();
    uint64_t answers = 0;
    for (const uint64_t count : stats.answers) answers += count;
    context.console.Info(
        fmt::format("stopped: {} answers on {} connections, {} of them errors of clients, {} of "
                    "the server",
                    WithThousands(static_cast<int64_t>(answers)),
                    WithThousands(static_cast<int64_t>(stats.connections_accepted)),
                    WithThousands(static_cast<int64_t>(stats.answers[4])),
                    WithThousands(static_cast<int64_t>(stats.answers[5]))));
    return static_cast<int>(kExitDone);
  }

  LogOptions log_;
  std::string listen_ = "127.0.0.1:8081";
  std::string users_file_;
  std::string guard_ = "writes";
  int64_t connections_ = static_cast<int64_t>(HttpServerOptions().connections_max);
};

}  // namespace

std::unique_ptr<Command> MakeSchemaServeCommand() { return std::make_unique<SchemaServeCommand>(); }

}  // namespace tillstream
