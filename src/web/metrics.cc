#include "web/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>

#include "base/check.h"

namespace tillstream {
namespace {

/// The series of `labels` in the family of `name`, which is made when it is new. The library throws
/// on what the header calls a bug.
template <typename Metric, typename Builder, typename... Args>
Metric* Series(Builder builder, prometheus::Registry& registry, const std::string& name,
               const std::string& help, const MetricLabels& labels, Args&&... args) {
  try {
    auto& family = builder.Name(name).Help(help).Register(registry);
    return &family.Add(labels, std::forward<Args>(args)...);
  } catch (const std::exception& thrown) {
    TILLSTREAM_CHECK_MSG(false, name + ": " + thrown.what());
  }
  return nullptr;
}

}  // namespace

void MetricCounter::Add(double amount) { counter_->Increment(amount); }

void MetricCounter::AdvanceTo(double total) {
  const double missing = total - counter_->Value();
  if (missing > 0) counter_->Increment(missing);
}

double MetricCounter::value() const { return counter_->Value(); }

void MetricGauge::Set(double value) { gauge_->Set(value); }

void MetricGauge::Add(double amount) { gauge_->Increment(amount); }

double MetricGauge::value() const { return gauge_->Value(); }

void MetricHistogram::Observe(double value) { histogram_->Observe(value); }

class Metrics::Impl {
 public:
  prometheus::Registry registry;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

MetricCounter Metrics::Counter(const std::string& name, const std::string& help,
                               const MetricLabels& labels) {
  return MetricCounter(
      Series<prometheus::Counter>(prometheus::BuildCounter(), impl_->registry, name, help, labels));
}

MetricGauge Metrics::Gauge(const std::string& name, const std::string& help,
                           const MetricLabels& labels) {
  return MetricGauge(
      Series<prometheus::Gauge>(prometheus::BuildGauge(), impl_->registry, name, help, labels));
}

MetricHistogram Metrics::Histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& bounds, const MetricLabels& labels) {
  return MetricHistogram(Series<prometheus::Histogram>(
      prometheus::BuildHistogram(), impl_->registry, name, help, labels, bounds));
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace tillstream
