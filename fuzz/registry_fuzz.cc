// Feeds a schema registry over a log in memory. The input is a sequence of requests that are parted
// by zero bytes: a line METHOD TARGET, and the body behind it.
//
// Beside not crashing: every answer is JSON or a schema's text, none blames the server, an id that
// was answered stays and means the same schema, and a new process over the same log answers the
// same.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/json.h"
#include "log/memory_log.h"
#include "web/registry_handler.h"

namespace tillstream {
namespace {

/// Enough to get anywhere, few enough that a sequence of large schemas takes no seconds.
constexpr int kRequestsMax = 32;

/// Stands still, since nothing here waits.
class StandingClock final : public Clock {
 public:
  WallTime Now() override { return WallTime{}; }
  std::chrono::nanoseconds Monotonic() override { return std::chrono::nanoseconds(0); }
  bool SleepUntil(std::chrono::nanoseconds, std::stop_token) override { return true; }
};

class FuzzedRegistry {
 public:
  FuzzedRegistry() { Reopen(); }

  void Reopen() {
    handler_.reset();
    auto store = SchemaStore::Open(log_, clock_, "fuzz");
    TILLSTREAM_CHECK_MSG(store.has_value(), store ? "" : store.error().message);
    store_ = *std::move(store);
    handler_ = std::make_unique<RegistryHandler>(*store_, clock_, RegistryHandlerOptions());
  }

  HttpResponse Ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    HttpRequest request;
    request.method = method;
    if (!SplitTarget(target, &request)) return {};
    request.body = body;
    static_cast<void>(handler_->MayBlock(request));
    HttpResponse response = handler_->Handle(request);
    Check(request, response);
    return response;
  }

  /// What a new process must answer too.
  std::map<std::string, std::string> Answers() {
    std::map<std::string, std::string> answers;
    const auto get = [&](const std::string& target) {
      const HttpResponse response = Ask("GET", target);
      answers[target] = std::to_string(response.status) + response.body;
    };
    for (const char* target : {"/subjects", "/subjects?deleted=true", "/schemas?deleted=true",
                               "/schemas?latestOnly=true", "/config", "/mode"}) {
      get(target);
    }
    for (const auto& [id, text] : texts_) {
      const std::string path = "/schemas/ids/" + std::to_string(id);
      get(path);
      get(path + "/versions?deleted=true");
      TILLSTREAM_CHECK(Ask("GET", path + "/schema").body == text);
    }
    for (const char* subject : {"a", "b", "c"}) {
      get(std::string("/config/") + subject);
      get(std::string("/mode/") + subject);
      get(std::string("/subjects/") + subject + "/versions?deleted=true");
    }
    return answers;
  }

 private:
  void Check(const HttpRequest& request, const HttpResponse& response) {
    TILLSTREAM_CHECK(response.status == 200 || (response.status >= 400 && response.status < 500));
    if (response.status == 200 &&
        (request.path.ends_with("/schema") || request.path == "/metrics")) {
      return;
    }
    const auto json = ParseJson(response.body, 1000);
    TILLSTREAM_CHECK(json.has_value());
    if (response.status != 200) {
      TILLSTREAM_CHECK(json->at("error_code").is_number() && json->at("message").is_string());
    } else if (request.method == "POST" && request.path.starts_with("/subjects/") &&
               request.path.find("/versions") != std::string::npos) {
      Remember(json->at("id").get<int32_t>());
    }
  }

  void Remember(int32_t id) {
    const std::string text = Ask("GET", "/schemas/ids/" + std::to_string(id) + "/schema").body;
    const auto [known, is_new] = texts_.try_emplace(id, text);
    TILLSTREAM_CHECK(known->second == text);
  }

  StandingClock clock_;
  MemoryLog log_{clock_};
  std::unique_ptr<SchemaStore> store_;
  std::unique_ptr<RegistryHandler> handler_;
  std::map<int32_t, std::string> texts_;  ///< Of the ids that were answered.
};

void Run(std::string_view input) {
  FuzzedRegistry registry;
  for (int i = 0; i < kRequestsMax && !input.empty(); ++i) {
    const std::string_view request = input.substr(0, input.find('\0'));
    input.remove_prefix(std::min(request.size() + 1, input.size()));
    const std::string_view line = request.substr(0, request.find('\n'));
    const size_t space = line.find(' ');
    if (space == line.npos) continue;
    registry.Ask(line.substr(0, space), line.substr(space + 1),
                 request.substr(std::min(line.size() + 1, request.size())));
  }
  const auto before = registry.Answers();
  registry.Reopen();
  TILLSTREAM_CHECK(registry.Answers() == before);
}

}  // namespace
}  // namespace tillstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tillstream::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
