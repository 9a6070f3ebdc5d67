#pragma once

#include <string>
#include <utility>

#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace tillstream {

/// Writes values of one schema in Avro's binary encoding: arrays and maps in one block without its
/// size. For tools and tests; events have their own way (avro/sales_codec.h). Thread safe.
class DatumWriter {
 public:
  explicit DatumWriter(Schema schema) : schema_(std::move(schema)) {}

  /// Appends the bytes of `value`. kBadInput, and nothing appended, when it is not of the schema,
  /// e.g. `field "sold": found a string, needed int`.
  Status Append(const Value& value, std::string* out) const;

 private:
  Schema schema_;
};

}  // namespace tillstream
