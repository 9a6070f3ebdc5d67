#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "log/memory_log.h"
#include "testing/memory_files.h"
#include "testing/sim_clock.h"
#include "web/registry_handler.h"

namespace tillstream {

inline constexpr std::string_view kRegistryType = "application/vnd.schemaregistry.v1+json";

/// A RegistryHandler over a log in memory, called without a network.
class RegistryHandlerFixture : public ::testing::Test {
 protected:
  RegistryHandlerFixture() { Serve(log_); }

  /// A store and a handler over `log`, as a new process makes them.
  void Serve(EventLog& log, RegistryHandlerOptions options = {}) {
    handler_.reset();
    auto store = SchemaStore::Open(log, clock_, "test");
    ASSERT_TRUE(store.has_value()) << store.error().message;
    store_ = *std::move(store);
    handler_ = std::make_unique<RegistryHandler>(*store_, clock_, std::move(options));
  }

  static HttpRequest Request(std::string_view method, std::string_view target,
                             std::string_view body = {}) {
    HttpRequest request;
    request.method = method;
    EXPECT_TRUE(SplitTarget(target, &request)) << target;
    request.body = body;
    if (!body.empty()) request.content_type = kRegistryType;
    return request;
  }

  HttpResponse Ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    return handler_->Handle(Request(method, target, body));
  }

  /// "STATUS BODY", which is all that most clients look at.
  std::string Told(std::string_view method, std::string_view target, std::string_view body = {}) {
    return Text(Ask(method, target, body));
  }
  static std::string Text(const HttpResponse& response) {
    return std::to_string(response.status) + " " + response.body;
  }

  static std::string Header(const HttpResponse& response, std::string_view name) {
    for (const auto& [header, value] : response.headers) {
      if (header == name) return value;
    }
    return "";
  }

  /// A body that posts an Avro schema.
  static std::string Posted(std::string_view schema) {
    return DumpJson(Json{{"schema", std::string(schema)}});
  }

  SimClock clock_;
  MemoryLog log_{clock_};
  std::unique_ptr<SchemaStore> store_;
  std::unique_ptr<RegistryHandler> handler_;
};

}  // namespace tillstream
