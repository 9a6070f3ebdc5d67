#include "web/metrics.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tillstream {
namespace {

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsTest, TextHasNameHelpKindAndLabels) {
  Metrics metrics;
  metrics.Counter("tillstream_events_total", "Events \\ written", {{"store", "CA_1"}}).Add(2);
  metrics.Gauge("tillstream_lag_records", "Behind").Set(-1.5);
  const std::string text = metrics.Text();
  EXPECT_TRUE(HasLine(text, "# HELP tillstream_events_total Events \\ written")) << text;
  EXPECT_TRUE(HasLine(text, "# TYPE tillstream_events_total counter")) << text;
  EXPECT_TRUE(HasLine(text, "tillstream_events_total{store=\"CA_1\"} 2")) << text;
  EXPECT_TRUE(HasLine(text, "# TYPE tillstream_lag_records gauge")) << text;
  EXPECT_TRUE(HasLine(text, "tillstream_lag_records -1.5")) << text;
}

TEST(MetricsTest, HistogramCountsBelowEachBound) {
  Metrics metrics;
  MetricHistogram histogram = metrics.Histogram("tillstream_wait_seconds", "Wait", {0.1, 1});
  for (const double value : {0.05, 0.5, 0.5, 5.0}) histogram.Observe(value);
  const std::string text = metrics.Text();
  EXPECT_TRUE(HasLine(text, "tillstream_wait_seconds_count 4")) << text;
  EXPECT_TRUE(HasLine(text, "tillstream_wait_seconds_bucket{le=\"0.1\"} 1")) << text;
  EXPECT_TRUE(HasLine(text, "tillstream_wait_seconds_bucket{le=\"1\"} 3")) << text;
  EXPECT_TRUE(HasLine(text, "tillstream_wait_seconds_bucket{le=\"+Inf\"} 4")) << text;
}

TEST(MetricsTest, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.Gauge("a", "A", {{"path", "a\"b\\c\nd"}}).Set(1);
  EXPECT_TRUE(HasLine(metrics.Text(), "a{path=\"a\\\"b\\\\c\\nd\"} 1")) << metrics.Text();
}

TEST(MetricsTest, SameNameAndLabelsAreOneSeries) {
  Metrics metrics;
  metrics.Counter("a_total", "A", {{"k", "1"}}).Add();
  metrics.Counter("a_total", "A", {{"k", "1"}}).Add();
  metrics.Counter("a_total", "A", {{"k", "2"}}).Add();
  EXPECT_EQ(metrics.Counter("a_total", "A", {{"k", "1"}}).value(), 2);
  EXPECT_EQ(metrics.Counter("a_total", "A", {{"k", "2"}}).value(), 1);
}

TEST(MetricsTest, TotalsFromElsewhereNeverGoBack) {
  Metrics metrics;
  MetricCounter counter = metrics.Counter("a_total", "A");
  counter.AdvanceTo(5);
  counter.AdvanceTo(3);
  EXPECT_EQ(counter.value(), 5);
  counter.AdvanceTo(8);
  EXPECT_EQ(counter.value(), 8);
}

TEST(MetricsTest, CountsFromSeveralThreadsAddUp) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 1000; ++k) metrics.Counter("a_total", "A").Add();
        EXPECT_FALSE(metrics.Text().empty());
      });
    }
  }
  EXPECT_EQ(metrics.Counter("a_total", "A").value(), 4000);
}

TEST(MetricsDeathTest, NameOfTwoKindsIsABug) {
  EXPECT_DEATH(
      {
        Metrics metrics;
        metrics.Counter("a", "A");
        metrics.Gauge("a", "A");
      },
      "a: ");
  EXPECT_DEATH({ Metrics().Counter("no good name", "A"); }, "no good name: ");
}

}  // namespace
}  // namespace tillstream
