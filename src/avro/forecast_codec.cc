#include "avro/forecast_codec.h"

#include <bit>

#include "avro/append.h"
#include "avro/embedded_schemas.h"
#include "base/check.h"
#include "base/endian.h"

namespace tillstream {
namespace {

/// Branches of a union of null and something.
constexpr int64_t kNull = 0;
constexpr int64_t kPresent = 1;

void AppendOptionalText(std::string_view text, std::string* out) {
  AppendNumber(text.empty() ? kNull : kPresent, out);
  if (!text.empty()) AppendText(text, out);
}

void AppendOptionalDouble(const std::optional<double>& number, std::string* out) {
  AppendNumber(number ? kPresent : kNull, out);
  if (!number) return;
  char bytes[sizeof(double)];
  StoreLittleEndian(std::bit_cast<uint64_t>(*number), bytes);
  out->append(bytes, sizeof(bytes));
}

/// An array of every `step`-th of `values` from `first` on, as one block.
void AppendFloats(std::span<const float> values, size_t first, size_t step, std::string* out) {
  const size_t count = values.size() / step;
  AppendNumber(static_cast<int64_t>(count), out);
  const size_t begin = out->size();
  out->resize(begin + count * sizeof(float));
  char* to = out->data() + begin;
  for (size_t k = first; k < values.size(); k += step, to += sizeof(float)) {
    StoreLittleEndian(std::bit_cast<uint32_t>(values[k]), to);
  }
  AppendNumber(0, out);
}

int64_t DaysSince1970(Date date) { return date.time_since_epoch().count(); }

}  // namespace

const Schema& SalesForecastSchema() {
  static const Schema kSchema = ParseReleased(kSalesForecastAvsc);
  return kSchema;
}

const Schema& ForecastScoreSchema() {
  static const Schema kSchema = ParseReleased(kForecastScoreAvsc);
  return kSchema;
}

void EncodeSalesForecast(SchemaId id, const ForecastFields& fields, std::span<const float> means,
                         std::span<const float> quantiles, std::string* out) {
  TILLSTREAM_CHECK(quantiles.size() == means.size() * kForecastQuantiles);
  AppendFrame(id, out);
  AppendNumber(fields.level, out);
  AppendText(fields.node, out);
  for (const std::string_view text :
       {fields.item_id, fields.dept_id, fields.cat_id, fields.store_id, fields.state_id}) {
    AppendOptionalText(text, out);
  }
  AppendNumber(fields.origin.value(), out);
  AppendNumber(DaysSince1970(fields.origin_date), out);
  AppendText(fields.model, out);
  AppendNumber(fields.model_version, out);
  AppendNumber(fields.incomplete_days, out);
  AppendFloats(means, 0, 1, out);
  for (size_t u = 0; u < kForecastQuantiles; ++u) {
    AppendFloats(quantiles, u, kForecastQuantiles, out);
  }
}

void EncodeForecastScore(SchemaId id, const ForecastScore& score, std::string* out) {
  AppendFrame(id, out);
  AppendNumber(score.origin.value(), out);
  AppendNumber(DaysSince1970(score.origin_date), out);
  AppendNumber(score.level, out);
  AppendText(score.model, out);
  AppendNumber(score.model_version, out);
  AppendNumber(score.incomplete_days, out);
  for (const auto& measure : {score.wrmsse, score.wape, score.bias, score.wspl, score.coverage[0],
                              score.coverage[1], score.coverage[2]}) {
    AppendOptionalDouble(measure, out);
  }
}

}  // namespace tillstream
