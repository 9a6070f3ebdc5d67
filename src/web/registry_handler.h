#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "registry/schema_store.h"
#include "web/http_server.h"
#include "web/metrics.h"
#include "web/user_file.h"

namespace tillstream {

/// Who needs a password.
enum class RegistryGuard {
  kWrites,  ///< Whoever changes something.
  kAll,     ///< Everyone; /healthz aside.
};

struct RegistryHandlerOptions {
  /// Null: nobody needs a password.
  UserFile* users = nullptr;
  RegistryGuard guard = RegistryGuard::kWrites;
  /// For /metrics; may be empty.
  std::function<HttpServerStats()> server_stats;
};

/// Confluent's schema registry REST API over a SchemaStore, with /metrics and /healthz:
/// docs/formats/registry_rest.md lists the paths. Thread safe.
class RegistryHandler final : public HttpHandler {
 public:
  /// `store`, `clock` and the users must outlive the handler.
  RegistryHandler(SchemaStore& store, Clock& clock, RegistryHandlerOptions options);
  ~RegistryHandler() override;

  bool MayBlock(const HttpRequest& request) const override;
  HttpResponse Handle(const HttpRequest& request) override;
  HttpResponse Refuse(int status, std::string_view reason) const override;

  /// To be set before the server runs, where the server is made after the handler.
  void set_server_stats(std::function<HttpServerStats()> stats) {
    options_.server_stats = std::move(stats);
  }

 private:
  bool NeedsPassword(bool is_write) const;
  HttpResponse Answer(const HttpRequest& request, std::string* route_name);
  HttpResponse MetricsText();

  SchemaStore& store_;
  Clock& clock_;
  RegistryHandlerOptions options_;
  Metrics metrics_;
  Mutex metrics_mutex_;  ///< Held while counts of others are carried over.
};

}  // namespace tillstream
