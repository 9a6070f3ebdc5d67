#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/schema_store.h"
#include "web/http_message.h"
#include "web/percent.h"

namespace tillstream {

/// A request of the registry's REST API, taken apart. Included by sources only, as base/json.h is.
struct RegistryCall {
  SchemaStore& store;
  std::vector<std::string> segments;  ///< Of the path, decoded.
  QueryParameters query;
  Json body;  ///< An object; null when the request has none.
};

/// What a call answers: JSON, or a schema's text as it is.
struct RegistryAnswer {
  Json json;
  std::string text;  ///< In place of `json` when it is not empty.
};

/// What a route may have to wait for.
enum class RouteCost {
  kMemory,   ///< Nothing.
  kKnownId,  ///< Nothing when SchemaStore::KnowsId() of the id in the path.
  kDisk,     ///< The disk, other writers, a comparison.
};

/// The id in the path of a route with kKnownId; none when it is no number.
std::optional<SchemaId> IdInPath(const std::vector<std::string>& segments);

/// One path of the API with one method.
struct RegistryRoute {
  std::string_view method;
  /// Segments with "/" in front of each; "*" stands for any text.
  std::string_view path;
  bool is_write = false;
  RouteCost cost = RouteCost::kDisk;
  Result<RegistryAnswer> (*call)(RegistryCall& call) = nullptr;
};

/// All routes.
const std::vector<RegistryRoute>& RegistryRoutes();

/// Whether a decoded path fits a route's.
bool RouteFits(const RegistryRoute& route, const std::vector<std::string>& segments);

}  // namespace tillstream
