#include "web/registry_handler.h"

#include <algorithm>
#include <array>

#include "registry/registry_error.h"
#include "web/registry_routes.h"

namespace tillstream {
namespace {

constexpr std::array<std::string_view, 3> kMediaTypes = {"application/vnd.schemaregistry.v1+json",
                                                         "application/vnd.schemaregistry+json",
                                                         "application/json"};
/// What a client that names no type sends and takes.
constexpr std::string_view kAnyBytes = "application/octet-stream";

/// Deepest nesting of a request's body. A schema is a text in it, with a limit of its own.
constexpr int kBodyDepthMax = 32;

constexpr std::string_view kHealthPath = "/healthz";
constexpr std::string_view kMetricsPath = "/metrics";

/// What never needs a password, and never waits.
bool IsHealthCheck(const HttpRequest& request) {
  return request.path == kHealthPath && request.method == "GET";
}

/// Upper ends of the buckets of request times in seconds: from a lookup to the wait for a lock.
const std::vector<double>& TimeBounds() {
  static const std::vector<double> kBounds = {0.0001, 0.001, 0.01, 0.1, 1, 10};
  return kBounds;
}

/// The media type that the answer has: the first of ours that `accept` names, else the first.
std::string_view AnswerType(std::string_view accept) {
  size_t nearest = accept.npos;
  std::string_view type = kMediaTypes.front();
  for (const std::string_view candidate : kMediaTypes) {
    const size_t at = accept.find(candidate);
    if (at < nearest) {
      nearest = at;
      type = candidate;
    }
  }
  return type;
}

bool IsAcceptedType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.empty() || type == kAnyBytes ||
         std::find(kMediaTypes.begin(), kMediaTypes.end(), type) != kMediaTypes.end();
}

HttpResponse Failure(int status, int code, std::string_view message, std::string_view accept) {
  HttpResponse response;
  response.status = status;
  response.content_type = AnswerType(accept);
  response.body = DumpJson(Json{{"error_code", code}, {"message", message}});
  return response;
}

/// The answer to an Error of the store: its own code, or 50001 for one of the log.
HttpResponse Failure(const Error& error, std::string_view accept) {
  const int code =
      error.protocol_code != 0 ? error.protocol_code : static_cast<int>(RegistryCode::kStoreFailed);
  return Failure(code >= 1000 ? code / 100 : code, code, error.message, accept);
}

/// The routes of a path, whatever the method.
std::vector<const RegistryRoute*> RoutesOf(const std::vector<std::string>& segments) {
  std::vector<const RegistryRoute*> fitting;
  for (const RegistryRoute& route : RegistryRoutes()) {
    if (RouteFits(route, segments)) fitting.push_back(&route);
  }
  return fitting;
}

const RegistryRoute* FindRoute(const HttpRequest& request) {
  const auto segments = SplitPath(request.path);
  if (!segments) return nullptr;
  for (const RegistryRoute& route : RegistryRoutes()) {
    if (route.method == request.method && RouteFits(route, *segments)) return &route;
  }
  return nullptr;
}

HttpResponse CallRoute(SchemaStore& store, const RegistryRoute& route, const HttpRequest& request,
                       std::vector<std::string> segments) {
  const std::string_view accept = request.accept;
  auto query = QueryParameters::Parse(request.query);
  if (!query) return Failure(400, 400, query.error().message, accept);
  Json body;
  if (route.method != "GET" && !request.body.empty()) {
    if (!IsAcceptedType(request.content_type)) {
      return Failure(415, 415, "needed application/vnd.schemaregistry.v1+json", accept);
    }
    auto parsed = ParseJson(request.body, kBodyDepthMax);
    if (!parsed) return Failure(400, 400, parsed.error().message, accept);
    if (!parsed->is_object()) return Failure(400, 400, "needed a JSON object", accept);
    body = *std::move(parsed);
  }
  RegistryCall call{store, std::move(segments), *std::move(query), std::move(body)};
  auto answer = route.call(call);
  if (!answer) return Failure(answer.error(), accept);
  HttpResponse response;
  response.content_type = AnswerType(accept);
  response.body = answer->text.empty() ? DumpJson(answer->json) : std::move(answer->text);
  return response;
}

}  // namespace

RegistryHandler::RegistryHandler(SchemaStore& store, Clock& clock, RegistryHandlerOptions options)
    : store_(store), clock_(clock), options_(std::move(options)) {}

RegistryHandler::~RegistryHandler() = default;

bool RegistryHandler::NeedsPassword(bool is_write) const {
  return options_.users != nullptr && (is_write || options_.guard == RegistryGuard::kAll);
}

bool RegistryHandler::MayBlock(const HttpRequest& request) const {
  if (IsHealthCheck(request)) return false;
  const RegistryRoute* const route = FindRoute(request);
  if (NeedsPassword(route != nullptr && route->is_write) &&
      !options_.users->IsQuick(request.authorization)) {
    return true;
  }
  if (route == nullptr || route->cost == RouteCost::kMemory) return false;
  if (route->cost == RouteCost::kDisk) return true;
  const auto segments = SplitPath(request.path);
  const auto id = segments ? IdInPath(*segments) : std::nullopt;
  return id && !store_.KnowsId(*id);
}

HttpResponse RegistryHandler::Handle(const HttpRequest& request) {
  const auto begin = clock_.Monotonic();
  std::string route_name = "none";
  HttpResponse response = Answer(request, &route_name);
  const std::chrono::duration<double> time = clock_.Monotonic() - begin;
  metrics_
      .Counter("tillstream_registry_requests_total", "Requests by path and status.",
               {{"route", route_name}, {"status", std::to_string(response.status)}})
      .Add();
  metrics_
      .Histogram("tillstream_registry_request_seconds", "Time to answer a request.", TimeBounds())
      .Observe(time.count());
  return response;
}

HttpResponse RegistryHandler::Answer(const HttpRequest& request, std::string* route_name) {
  if (IsHealthCheck(request)) {
    *route_name = "GET /healthz";
    const Status healthy = store_.Health();
    if (!healthy)
      return Failure(503, static_cast<int>(RegistryCode::kNotNow), healthy.error().message,
                     request.accept);
    return {200, std::string(kMediaTypes[2]), R"({"status":"ok"})", {}};
  }
  const RegistryRoute* const route = FindRoute(request);
  if (NeedsPassword(route != nullptr && route->is_write) &&
      !options_.users->Accepts(request.authorization)) {
    HttpResponse response =
        Failure(401, 401, "needed a user and password of this registry", request.accept);
    response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="tillstream")");
    return response;
  }
  if (request.path == kMetricsPath && request.method == "GET") {
    *route_name = "GET /metrics";
    return MetricsText();
  }
  auto segments = SplitPath(request.path);
  if (!segments) return Failure(400, 400, segments.error().message, request.accept);
  if (route != nullptr) {
    *route_name = std::string(route->method) + " " + std::string(route->path);
    return CallRoute(store_, *route, request, *std::move(segments));
  }
  const auto fitting = RoutesOf(*segments);
  if (fitting.empty()) return Failure(404, 404, "no such path", request.accept);
  std::string allow;
  for (const RegistryRoute* other : fitting) {
    if (!allow.empty()) allow += ", ";
    allow += other->method;
  }
  HttpResponse response = Failure(405, 405, "the method is none of " + allow, request.accept);
  response.headers.emplace_back("Allow", allow);
  return response;
}

HttpResponse RegistryHandler::Refuse(int status, std::string_view reason) const {
  return Failure(status, status, reason, "");
}

HttpResponse RegistryHandler::MetricsText() {
  const MutexLock lock(metrics_mutex_);
  const SchemaStore::Sizes sizes = store_.sizes();
  const auto set = [&](const char* name, const char* help, auto value) {
    metrics_.Gauge(name, help).Set(static_cast<double>(value));
  };
  set("tillstream_registry_subjects", "Subjects, softly deleted ones among them.", sizes.subjects);
  set("tillstream_registry_versions", "Versions of all subjects.", sizes.versions);
  set("tillstream_registry_ids", "Ids that were given.", sizes.ids);
  if (options_.server_stats) {
    const HttpServerStats stats = options_.server_stats();
    set("tillstream_http_connections", "Open connections.", stats.connections_open);
    set("tillstream_http_waiting_requests", "Requests that wait for a worker.",
        stats.requests_waiting);
    set("tillstream_http_held_bytes", "Bodies in memory.", stats.bytes_held);
    const auto advance = [&](const char* name, const char* help, uint64_t total,
                             const MetricLabels& labels = {}) {
      metrics_.Counter(name, help, labels).AdvanceTo(static_cast<double>(total));
    };
    advance("tillstream_http_connections_total", "Accepted connections.",
            stats.connections_accepted);
    advance("tillstream_http_refused_connections_total", "Connections beyond the limit.",
            stats.connections_refused);
    advance("tillstream_http_write_timeouts_total", "Clients that read too slowly.",
            stats.write_timeouts);
    for (size_t i = 1; i < stats.answers.size(); ++i) {
      advance("tillstream_http_answers_total", "Answers, refusals included.", stats.answers[i],
              {{"class", std::to_string(i) + "xx"}});
    }
  }
  return {200, Metrics::kContentType, metrics_.Text(), {}};
}

}  // namespace tillstream
