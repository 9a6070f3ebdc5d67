#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tillstream {

/// Labels of one time series. Few values each, and never from a request's text: every combination
/// stays in memory and in every scrape.
using MetricLabels = std::map<std::string, std::string>;

/// A number that only grows. A handle: copies mean the same series. Thread safe, without locks.
class MetricCounter {
 public:
  void Add(double amount = 1);
  /// Adds what is missing to `total`, for counts that are kept elsewhere; never goes back. Not
  /// thread safe against itself.
  void AdvanceTo(double total);
  double value() const;

 private:
  friend class Metrics;
  explicit MetricCounter(prometheus::Counter* counter) : counter_(counter) {}
  prometheus::Counter* counter_;
};

/// A number that is set. Otherwise as MetricCounter.
class MetricGauge {
 public:
  void Set(double value);
  void Add(double amount);
  double value() const;

 private:
  friend class Metrics;
  explicit MetricGauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  prometheus::Gauge* gauge_;
};

/// How often values fell below each of some bounds, with their sum and count. Otherwise as
/// MetricCounter; takes a lock.
class MetricHistogram {
 public:
  void Observe(double value);

 private:
  friend class Metrics;
  explicit MetricHistogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  prometheus::Histogram* histogram_;
};

/// The metrics of a process in the text format of Prometheus. Thread safe. Handles live as long as
/// their Metrics.
///
/// Names are tillstream_<what>_<unit>, with _total behind counters. The same name and labels give
/// the same series again; `help` counts the first time. A name of two kinds, or one that Prometheus
/// does not take, is a bug and aborts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  MetricCounter Counter(const std::string& name, const std::string& help,
                        const MetricLabels& labels = {});
  MetricGauge Gauge(const std::string& name, const std::string& help,
                    const MetricLabels& labels = {});
  /// `bounds` are the upper ends of the buckets, ascending; one without an end is added.
  MetricHistogram Histogram(const std::string& name, const std::string& help,
                            const std::vector<double>& bounds, const MetricLabels& labels = {});

  /// All of them in the exposition format, and the content type that goes with it.
  std::string Text() const;
  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
