#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "avro/datum_writer.h"
#include "avro/schema.h"
#include "avro/value.h"

/// Schemas and values for tests, briefly written.
namespace tillstream {

inline Schema Parsed(std::string_view json, const std::vector<Schema>& references = {}) {
  auto schema = Schema::Parse(json, references);
  EXPECT_TRUE(schema.has_value()) << json << ": " << schema.error().message;
  return *schema;
}

/// Why a schema is none; its code is kBadInput.
inline std::string FaultOf(std::string_view json, const std::vector<Schema>& references = {}) {
  const auto schema = Schema::Parse(json, references);
  if (schema) return "no fault";
  EXPECT_EQ(schema.error().code, ErrorCode::kBadInput);
  return schema.error().message;
}

/// A record's schema with the given fields, as JSON.
inline std::string Record(const std::string& fields, const std::string& name = "R") {
  return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}";
}

/// A record's value.
inline Value Fields(std::vector<Value> fields) { return Value{Value::Record{std::move(fields)}}; }

/// The value in a branch of a union.
inline Value In(int32_t branch, Value value) {
  value.branch = branch;
  return value;
}

inline std::string Encoded(const Schema& schema, const Value& value) {
  std::string bytes;
  const auto written = DatumWriter(schema).Append(value, &bytes);
  EXPECT_TRUE(written.has_value()) << written.error().message;
  return bytes;
}

}  // namespace tillstream
