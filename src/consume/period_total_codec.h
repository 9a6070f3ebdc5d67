#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "avro/datum_writer.h"
#include "avro/schema.h"
#include "base/result.h"
#include "consume/period_totals.h"
#include "model/ids.h"

namespace tillstream {

/// Version 1 of the totals of a group in a period, as released in schemas/
/// (docs/formats/period_totals.md).
const Schema& PeriodTotalSchema();

/// Makes records of totals: key, and framed value. Not thread safe.
class PeriodTotalEncoder {
 public:
  /// `source` is the field of that name.
  PeriodTotalEncoder(SchemaId schema, TotalsShape shape, std::string source)
      : schema_(schema),
        shape_(std::move(shape)),
        source_(std::move(source)),
        writer_(PeriodTotalSchema()) {}

  /// Appends the group's key as a record has it: its values, with a comma between two.
  void AppendKey(const GroupTotals& group, std::string* out) const;
  /// Appends the framed value.
  void AppendValue(const PeriodTotals& totals, const GroupTotals& group, std::string* out) const;

 private:
  const SchemaId schema_;
  const TotalsShape shape_;
  const std::string source_;
  const DatumWriter writer_;
};

/// The field `source` of a framed value of version 1. kCorrupt when it is none.
Result<std::string> SourceOf(std::string_view value);

/// Appends the group as one line of JSON, with the line feed: its fields as in the schema without
/// those of other dimensions, dates as texts, and its share of zeros.
void AppendJsonLine(const TotalsShape& shape, const PeriodTotals& totals, const GroupTotals& group,
                    std::string* out);

}  // namespace tillstream
