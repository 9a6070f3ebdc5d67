// The encoders against the general reader of the schemas that they write by.

#include "avro/forecast_codec.h"

#include <gtest/gtest.h>

#include "avro/datum_reader.h"
#include "avro/value.h"

namespace tillstream {
namespace {

Value Decode(const Schema& schema, const std::string& framed) {
  const auto frame = ParseFrame(framed);
  EXPECT_TRUE(frame.has_value());
  EXPECT_EQ(frame->schema, SchemaId(7));
  auto reader = DatumReader::Make(schema, schema);
  EXPECT_TRUE(reader.has_value());
  Value value;
  const Status read = reader->Read(frame->payload, &value);
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return value;
}

TEST(ForecastCodecTest, AForecastReadsBackWithNullsAndQuantilesByProbability) {
  const ForecastFields fields{.level = 8,
                              .node = "CA_1_FOODS",
                              .cat_id = "FOODS",
                              .store_id = "CA_1",
                              .state_id = "CA",
                              .origin = Day(1913),
                              .origin_date = Date(std::chrono::days(16915)),
                              .model = "pooled",
                              .model_version = 1,
                              .incomplete_days = 2};
  std::string bytes;
  std::vector<float> quantiles(2 * kForecastQuantiles);
  for (size_t k = 0; k < quantiles.size(); ++k) quantiles[k] = static_cast<float>(k);
  EncodeSalesForecast(SchemaId(7), fields, std::vector<float>{1.5F, 2}, quantiles, &bytes);
  const Value value = Decode(SalesForecastSchema(), bytes);
  const auto& read = value.as<Value::Record>().fields;
  ASSERT_EQ(read.size(), 22U);
  EXPECT_EQ(read[0].as<int32_t>(), 8);
  EXPECT_EQ(read[1].as<std::string>(), "CA_1_FOODS");
  EXPECT_TRUE(read[2].is<Value::Null>());
  EXPECT_TRUE(read[3].is<Value::Null>());
  EXPECT_EQ(read[4].as<std::string>(), "FOODS");
  EXPECT_EQ(read[7].as<int32_t>(), 1913);
  EXPECT_EQ(read[8].as<int32_t>(), 16915);
  EXPECT_EQ(read[11].as<int32_t>(), 2);
  const auto floats = [&](size_t field) {
    std::vector<float> numbers;
    for (const Value& item : read[field].as<Value::Array>().items) {
      numbers.push_back(item.as<float>());
    }
    return numbers;
  };
  EXPECT_EQ(floats(12), (std::vector<float>{1.5F, 2}));
  EXPECT_EQ(floats(13), (std::vector<float>{0, 9}));
  EXPECT_EQ(floats(21), (std::vector<float>{8, 17}));
}

TEST(ForecastCodecTest, AScoreReadsBackWithWhatIsNotDefinedAsNull) {
  ForecastScore score{.origin = Day(1), .level = 12, .model = "pooled", .model_version = 1};
  score.wape = .25;
  score.coverage[2] = .95;
  std::string bytes;
  EncodeForecastScore(SchemaId(7), score, &bytes);
  const Value value = Decode(ForecastScoreSchema(), bytes);
  const auto& read = value.as<Value::Record>().fields;
  ASSERT_EQ(read.size(), 13U);
  EXPECT_EQ(read[2].as<int32_t>(), 12);
  EXPECT_TRUE(read[6].is<Value::Null>());
  EXPECT_EQ(read[7].as<double>(), .25);
  EXPECT_EQ(read[12].as<double>(), .95);
}

}  // namespace
}  // namespace tillstream
