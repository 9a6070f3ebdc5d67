#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "avro/schema.h"
#include "base/json.h"

namespace tillstream {

/// Makes values of a schema's defaults, within kSchemaDefaultsCostMax for all of one schema
/// together. Private to the sources of this folder, since it needs base/json.h.
class DefaultMaker {
 public:
  /// kBadInput, behind `where`, when `json` is not of the type.
  Result<Value> Make(const SchemaNode& type, const Json& json, const std::string& where);

 private:
  /// These return false after Fail().
  bool Make(const SchemaNode& type, const Json& json, int depth, Value* value);
  bool MakeText(const SchemaNode& type, const Json& json, Value* value);
  bool MakeRecord(const SchemaNode& type, const Json& json, int depth, Value* value);
  bool MakeUnion(const SchemaNode& type, const Json& json, int depth, Value* value);
  bool MakeCollection(const SchemaNode& type, const Json& json, int depth, Value* value);

  bool IsTooCostly() const { return cost_ > kSchemaDefaultsCostMax; }
  bool WrongType(const SchemaNode& type, const Json& json);
  template <typename... Args>
  bool Fail(fmt::format_string<Args...> format, Args&&... args);

  size_t cost_ = 0;
  /// Branches of unions that are being tried. What fails inside of them needs no message.
  int tries_ = 0;
  std::vector<const std::string*> path_;  ///< Fields of records.
  std::string fault_;
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

/// The user's JSON for a message, cut as Quote() cuts, in time that does not depend on its size.
std::string Shown(const Json& json);

/// None for what is no whole number or does not fit.
std::optional<int64_t> IntegerOf(const Json& json);
bool FitsInt(const Json& json);

}  // namespace tillstream
