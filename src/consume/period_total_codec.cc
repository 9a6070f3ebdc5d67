#include "consume/period_total_codec.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "avro/datum_reader.h"
#include "avro/embedded_schemas.h"
#include "avro/framing.h"
#include "avro/value.h"
#include "base/check.h"
#include "consume/value_json.h"

namespace tillstream {
namespace {

/// In the order of the schema's fields.
constexpr std::array<TotalsDimension, 5> kDimensionFields = {
    TotalsDimension::kState, TotalsDimension::kStore, TotalsDimension::kCategory,
    TotalsDimension::kDepartment, TotalsDimension::kItem};

template <typename T>
Value Plain(T value) {
  Value plain;
  plain.data = std::move(value);
  return plain;
}

/// A value of ["null", T].
template <typename T>
Value Nullable(const std::optional<T>& value) {
  Value nullable;
  if (value) nullable.data = *value;
  nullable.branch = value ? 1 : 0;
  return nullable;
}

Value DateValue(Date date) { return Plain(static_cast<int32_t>(date.time_since_epoch().count())); }

Value MoverValue(const Mover& mover) {
  Value::Record record;
  record.fields.push_back(Plain(std::string(mover.item_id)));
  record.fields.push_back(Plain(mover.units));
  record.fields.push_back(Plain(mover.units_before));
  return Plain(std::move(record));
}

/// The group's value of a dimension; none where it was not asked for.
std::optional<std::string> KeyOf(const TotalsShape& shape, const GroupTotals& group,
                                 TotalsDimension dimension) {
  for (size_t i = 0; i < shape.dimensions.size(); ++i) {
    if (shape.dimensions[i] == dimension) return std::string(group.key[i]);
  }
  return std::nullopt;
}

void AppendOptional(const std::optional<double>& number, std::string* out) {
  if (number) {
    AppendJsonDouble(*number, out);
  } else {
    *out += "null";
  }
}

}  // namespace

const Schema& PeriodTotalSchema() {
  static const Schema kSchema = ParseReleased(kPeriodTotalAvsc);
  return kSchema;
}

void PeriodTotalEncoder::AppendKey(const GroupTotals& group, std::string* out) const {
  for (size_t i = 0; i < shape_.dimensions.size(); ++i) {
    if (i > 0) *out += ',';
    *out += group.key[i];
  }
}

void PeriodTotalEncoder::AppendValue(const PeriodTotals& totals, const GroupTotals& group,
                                     std::string* out) const {
  Value::Record record;
  record.fields.push_back(Plain(source_));
  record.fields.push_back(Plain(std::string(PeriodName(totals.period))));
  record.fields.push_back(Plain(totals.number));
  record.fields.push_back(DateValue(totals.begin));
  record.fields.push_back(DateValue(totals.end));
  record.fields.push_back(Plain(totals.days));
  record.fields.push_back(Plain(totals.complete));
  for (const TotalsDimension dimension : kDimensionFields) {
    record.fields.push_back(Nullable(KeyOf(shape_, group, dimension)));
  }
  record.fields.push_back(Plain(group.units));
  record.fields.push_back(Nullable(group.units_before));
  record.fields.push_back(Plain(group.revenue_cents));
  record.fields.push_back(Plain(group.unpriced_units));
  record.fields.push_back(Plain(group.events));
  record.fields.push_back(Plain(group.listed_events));
  record.fields.push_back(Plain(group.zero_events));
  record.fields.push_back(Nullable(group.price_index));
  Value::Array movers;
  for (const Mover& mover : group.movers) movers.items.push_back(MoverValue(mover));
  record.fields.push_back(Plain(std::move(movers)));
  AppendFrame(schema_, out);
  const Status appended = writer_.Append(Plain(std::move(record)), out);
  TILLSTREAM_CHECK_MSG(appended.has_value(), appended.error().message);
}

Result<std::string> SourceOf(std::string_view value) {
  TILLSTREAM_ASSIGN(const Frame frame, ParseFrame(value));
  TILLSTREAM_ASSIGN(const DatumReader reader,
                    DatumReader::Make(PeriodTotalSchema(), PeriodTotalSchema()));
  Value total;
  TILLSTREAM_TRY(reader.Read(frame.payload, &total));
  return total.as<Value::Record>().fields.front().as<std::string>();
}

void AppendJsonLine(const TotalsShape& shape, const PeriodTotals& totals, const GroupTotals& group,
                    std::string* out) {
  const auto to = std::back_inserter(*out);
  fmt::format_to(to, R"({{"period":"{}","begin":"{}","end":"{}","days":{},"complete":{})",
                 PeriodName(totals.period), FormatDate(totals.begin), FormatDate(totals.end),
                 totals.days, totals.complete);
  for (size_t i = 0; i < shape.dimensions.size(); ++i) {
    fmt::format_to(to, ",\"{}\":", DimensionField(shape.dimensions[i]));
    AppendJsonString(group.key[i], out);
  }
  fmt::format_to(to, ",\"units\":{},\"units_before\":", group.units);
  *out += group.units_before ? std::to_string(*group.units_before) : "null";
  fmt::format_to(to,
                 ",\"revenue_cents\":{},\"unpriced_units\":{},\"events\":{},\"listed_events\":{},"
                 "\"zero_events\":{},\"share_of_zeros\":",
                 group.revenue_cents, group.unpriced_units, group.events, group.listed_events,
                 group.zero_events);
  AppendOptional(group.ShareOfZeros(), out);
  *out += ",\"price_index\":";
  AppendOptional(group.price_index, out);
  *out += ",\"movers\":[";
  for (size_t i = 0; i < group.movers.size(); ++i) {
    const Mover& mover = group.movers[i];
    *out += i > 0 ? ",{\"item_id\":" : "{\"item_id\":";
    AppendJsonString(mover.item_id, out);
    fmt::format_to(to, ",\"units\":{},\"units_before\":{}}}", mover.units, mover.units_before);
  }
  *out += "]}\n";
}

}  // namespace tillstream
