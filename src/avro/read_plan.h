#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "avro/schema.h"
#include "avro/value.h"

namespace tillstream::internal {

/// How to read one type of the writer's as one of the reader's: all decisions of schema resolution,
/// taken once. Plans of recursive schemas have cycles.
struct ReadPlan {
  struct Step {
    std::string field;  ///< The writer's name for it, for messages.
    const ReadPlan* plan = nullptr;
    int32_t target = -1;  ///< Field of the reader's record; -1: read and dropped.
  };

  AvroType writer = AvroType::kNull;
  AvroType target = AvroType::kNull;  ///< Differs from `writer` for promotions; unused for unions.
  int32_t reader_branch = -1;         ///< Where the reader has a union: the branch.
  /// Not empty: there is nothing to read; this is why.
  std::string mismatch;

  const ReadPlan* element = nullptr;               ///< Array, map.
  std::vector<const ReadPlan*> branches;           ///< Of the writer's union.
  std::vector<Step> steps;                         ///< Record: the writer's fields in their order.
  size_t field_count = 0;                          ///< Record: fields of the reader's.
  std::vector<std::pair<size_t, Value>> defaults;  ///< Record: fields that the writer has not.
  size_t defaults_cost = 0;
  std::vector<int32_t> symbols;           ///< Enum: the reader's index of each, -1 for none.
  std::vector<std::string> symbol_names;  ///< Enum: the writer's.
  size_t fixed_size = 0;
};

/// The plans of a pair of schemas; the first is the root's.
std::vector<std::unique_ptr<ReadPlan>> MakeReadPlans(const SchemaNode& writer,
                                                     const SchemaNode& reader);

}  // namespace tillstream::internal
