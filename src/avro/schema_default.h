#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "avro/schema.h"
#include "base/json.h"

namespace tillstream {

/// Makes values of a schema's defaults, within kSchemaDefaultsCostMax for all of one schema
/// together. Private to the sources of this folder, since it needs base/json.h.
class DefaultMaker {
 public:
  /// kBadInput, behind `where`, when `json` is not of the type.
  Result<Value> Make(const SchemaNode& type, const Json& json, const std::string& where) {
    return Make(type, json, where, 0);
  }

 private:
  Result<Value> Make(const SchemaNode& type, const Json& json, const std::string& where, int depth);
  Result<Value> MakeRecord(const SchemaNode& type, const Json& json, const std::string& where,
                           int depth);
  Result<Value> MakeUnion(const SchemaNode& type, const Json& json, const std::string& where,
                          int depth);
  Result<Value> MakeCollection(const SchemaNode& type, const Json& json, const std::string& where,
                               int depth);

  size_t cost_ = 0;
};

/// What a field's default stands for: Avro for Java takes "NaN", "Infinity", "-Infinity" and
/// numbers in quotes for a field of type float or double. Anything else stays as it is.
Json DefaultOf(const SchemaNode& type, Json json);

/// A default of `type` as text of normalised schemas: numbers of float and double with a point,
/// keys sorted.
std::string NormalizedDefault(const SchemaNode& type, const Json& json);

/// A fault of a schema's text: `where`, which ends in ": ", and what is wrong.
template <typename... Args>
Error SchemaFault(const std::string& where, fmt::format_string<Args...> format, Args&&... args) {
  return Error{ErrorCode::kBadInput, where + fmt::format(format, std::forward<Args>(args)...)};
}

/// The user's JSON for a message, cut where Quote() cuts.
std::string Shown(const Json& json);

/// None for what is no whole number or does not fit.
std::optional<int64_t> IntegerOf(const Json& json);
bool FitsInt(const Json& json);

}  // namespace tillstream
