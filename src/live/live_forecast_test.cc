// The whole way in memory, on panels that no retailer would have.

#include "live/live_forecast.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "live/live_fixture.h"

namespace tillstream {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* kQuantileNames[] = {"q005", "q025", "q165", "q250", "q500",
                                          "q750", "q835", "q975", "q995"};

class LiveForecastTest : public LiveTest {
 protected:
  Status Run(LiveOptions options) {
    LiveObserver observer;
    observer.on_warning = [this](const std::string& line) { warnings_.push_back(line); };
    live_ = std::make_unique<LiveForecast>(*log_, *registry_, files_, clock_, known_,
                                           std::move(options), observer);
    return live_->Run({});
  }

  static float Number(const Value& value, size_t day) {
    return value.as<Value::Array>().items[day].as<float>();
  }

  /// Finite, not negative, quantiles in order, series that add up to the total.
  void CheckForecasts(int32_t partitions) {
    std::map<int32_t, std::vector<double>> series_sums;
    std::map<int32_t, std::vector<double>> totals;
    for (const auto& record : RecordsOf("sales-forecasts", partitions)) {
      const int32_t origin = record.at("origin_day").as<int32_t>();
      const int32_t level = record.at("level").as<int32_t>();
      for (size_t day = 0; day < kHorizon; ++day) {
        const float mean = Number(record.at("mean"), day);
        ASSERT_TRUE(std::isfinite(mean) && mean >= 0) << mean;
        float before = 0;
        for (const char* name : kQuantileNames) {
          const float quantile = Number(record.at(name), day);
          ASSERT_TRUE(std::isfinite(quantile) && quantile >= before) << name << " " << quantile;
          before = quantile;
        }
        if (level != 1 && level != 12) continue;
        auto& sums = level == 1 ? totals[origin] : series_sums[origin];
        sums.resize(kHorizon);
        sums[day] += static_cast<double>(mean);
      }
    }
    ASSERT_FALSE(totals.empty());
    for (const auto& [origin, sums] : totals) {
      for (size_t day = 0; day < kHorizon; ++day) {
        EXPECT_NEAR(sums[day], series_sums[origin][day], 1e-4 * (1 + sums[day])) << origin;
      }
    }
    for (const auto& record : RecordsOf("sales-scores", 1)) {
      for (const char* name : {"wrmsse", "wape", "bias", "wspl", "coverage_95"}) {
        const Value& value = record.at(name);
        if (!value.is<double>()) continue;
        EXPECT_TRUE(std::isfinite(value.as<double>())) << name;
      }
    }
  }

  std::unique_ptr<LiveForecast> live_;
};

TEST_F(LiveForecastTest, RandomSmallPanelsGiveNumbersAndSumsThatAddUp) {
  const uint32_t panels = std::getenv("TILLSTREAM_SANITIZER") == nullptr ? 12 : 3;
  for (uint32_t seed = 1; seed <= panels; ++seed) {
    SCOPED_TRACE(seed);
    live_.reset();
    BeginLog();
    forecast_schema_ = *registry_->Register("f", SalesForecastSchema(), Timestamp(0));
    score_schema_ = *registry_->Register("s", ForecastScoreSchema(), Timestamp(0));
    std::mt19937 random(seed);
    const auto below = [&](int32_t n) {
      return static_cast<int32_t>(random() % static_cast<uint32_t>(n));
    };
    const int32_t stores = 1 + below(2);
    const int32_t items = 1 + below(14);
    const bool is_priced = below(3) > 0;
    const bool is_all_zero = below(4) == 0;
    const int32_t days = 40 + below(60);
    for (int32_t store = 0; store < stores; ++store) {
      for (int32_t day = 1; day <= days; ++day) {
        std::vector<Sale> sales;
        for (int32_t item = 0; item < items; ++item) {
          const std::string id = "C" + std::to_string(item % 2) + "_1_" + std::to_string(item);
          if (item == 1 && day > 50) continue;               // It vanishes,
          if (item == 2 && items > 3 && day < 20) continue;  // it appears.
          const int32_t most = item % 3 == 0 ? 2 : 1000;
          sales.push_back({id, is_all_zero || below(3) == 0 ? 0 : below(most),
                           is_priced ? std::optional(2.25F) : std::nullopt});
        }
        WriteSales(store, day, sales);
        // Now and then a total is wrong, or missing.
        const int32_t fault = below(20);
        if (fault != 0) WriteTotal(store, day, sales, fault == 1 ? 1 : 0);
      }
    }
    ASSERT_TRUE(Run(OptionsOf(stores)).has_value());
    CheckForecasts(stores + 1);
  }
}

TEST_F(LiveForecastTest, IncompleteDaysAreFlaggedInTheForecastsOfTheirStore) {
  for (int32_t day = 1; day <= 40; ++day) {
    for (int32_t store = 0; store < 2; ++store) {
      const std::vector<Sale> sales = {{"A_1_1", 3}, {"A_1_2", day % 4}};
      WriteSales(store, day, sales);
      WriteTotal(store, day, sales, store == 1 && day == 30 ? 1 : 0);
    }
  }
  ASSERT_TRUE(Run(OptionsOf(2)).has_value());
  EXPECT_THAT(warnings_,
              Contains(HasSubstr("store CA_2: d_30 never came to its end-of-day total")));
  int32_t flagged = 0;
  for (const auto& record : RecordsOf("sales-forecasts", 3)) {
    const Value& store = record.at("store_id");
    const int32_t expected = record.at("origin_day").as<int32_t>() >= 30 &&
                                     (store.is<Value::Null>() || store.as<std::string>() == "CA_2")
                                 ? 1
                                 : 0;
    EXPECT_EQ(record.at("incomplete_days").as<int32_t>(), expected);
    flagged += expected;
  }
  EXPECT_GT(flagged, 0);
}

TEST_F(LiveForecastTest, AStoreThatNeverCameIsInNoForecastAndSaid) {
  for (int32_t day = 1; day <= 40; ++day) WriteDay(0, day, {{"A_1_1", day % 5}});
  ASSERT_TRUE(Run(OptionsOf(2)).has_value());
  const std::string waits =
      "store CA_2: d_1 is not closed, other stores are at d_8; waits until nothing has come of it "
      "for 30 s";
  EXPECT_THAT(warnings_, Contains(waits).Times(1));
  EXPECT_THAT(warnings_, Contains("store CA_2: no event before the first day was over; it is in no "
                                  "forecast"));
  CheckForecasts(3);
}

TEST_F(LiveForecastTest, WithoutADayThereIsNothingAndNoError) {
  ASSERT_TRUE(Run(OptionsOf(2)).has_value());
  EXPECT_EQ(live_->state(), nullptr);
  EXPECT_EQ(live_->progress().origins_written, 0);
}

TEST_F(LiveForecastTest, ALateCorrectionRewritesNothing) {
  for (int32_t day = 1; day <= 35; ++day) WriteDay(0, day, {{"A_1_1", day % 5}, {"A_1_2", 4}});
  ASSERT_TRUE(Run(OptionsOf(1)).has_value());
  const size_t before = RecordsOf("sales-forecasts", 2).size();
  WriteSales(0, 35, {{"A_1_1", 500}});
  WriteTotal(0, 35, {{"A_1_1", 500}, {"A_1_2", 4}});
  ASSERT_TRUE(Run(OptionsOf(1)).has_value());
  EXPECT_EQ(RecordsOf("sales-forecasts", 2).size(), before);
  EXPECT_EQ(live_->progress().counts.late, 2);
}

}  // namespace
}  // namespace tillstream
