#include "app/processes_report.h"

#include <algorithm>

#include "app/table.h"
#include "base/clock.h"
#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::chrono::seconds kMeasureInterval{1};

std::string SecondsText(std::chrono::nanoseconds time) {
  return fmt::format("{:.3f}", static_cast<double>(time.count()) / 1e9);
}

}  // namespace

ProcessesReport::ProcessesReport(Context& context, ReplayShape shape, const LogOptions& log,
                                 Day from, Day to, bool paced)
    : context_(context),
      to_(to),
      paced_(paced),
      report_(context, std::move(shape), log, from, to, paced) {}

void ProcessesReport::Begin(const Snapshots& stores) {
  report_.Begin(stores);
  rates_.assign(stores.size(), 0);
  Measure(stores);
}

void ProcessesReport::Measure(const Snapshots& stores) {
  const auto now = context_.clock.Monotonic();
  if (!measured_.empty() && now - measured_at_ < kMeasureInterval) return;
  const double seconds = ToSeconds(now - measured_at_);
  for (size_t i = 0; i < measured_.size(); ++i) {
    const auto events = static_cast<double>(stores[i].position.value() - measured_[i]);
    rates_[i] = std::max(0.0, events / seconds);
  }
  measured_.clear();
  for (const StoreProgress& store : stores) measured_.push_back(store.position.value());
  measured_at_ = now;
}

std::string ProcessesReport::TableText(const Snapshots& stores,
                                       const std::vector<ProcessRow>& processes) const {
  std::vector<std::string> header = {"store", "process", "day", "position", "events/s"};
  if (paced_) header.emplace_back("lag s");
  header.emplace_back("restarts");
  Table table(header);
  for (size_t i = 0; i < stores.size(); ++i) {
    const StoreProgress& store = stores[i];
    const ProcessRow& process = processes[i];
    std::vector<std::string> row = {
        store.store_id, process.pid != 0 ? std::to_string(process.pid) : process.state,
        fmt::format("d_{}", std::min(store.next_day, to_ - 1).value()),
        WithThousands(store.position.value()), WithThousands(static_cast<int64_t>(rates_[i]))};
    if (paced_) row.push_back(SecondsText(store.lag));
    row.push_back(std::to_string(process.restarts));
    table.Add(std::move(row));
  }
  return table.ToString();
}

void ProcessesReport::Tick(const Snapshots& stores, const std::vector<ProcessRow>& processes) {
  Measure(stores);
  if (!context_.console.is_terminal()) {
    report_.Tick(stores);
    return;
  }
  context_.console.Progress(TableText(stores, processes) + report_.Line(stores));
}

Status ProcessesReport::End(const Snapshots& stores, bool succeeded,
                            const std::vector<ProcessRow>& processes) {
  context_.console.EndProgress();
  if (context_.common.json) return report_.End(stores, succeeded, processes);
  std::vector<std::string> header = {"store", "state", "day", "position", "restarts"};
  if (paced_) header.insert(header.end(), {"lag p50 s", "p99 s", "max s"});
  Table table(header);
  for (size_t i = 0; i < stores.size(); ++i) {
    const StoreProgress& store = stores[i];
    std::vector<std::string> row = {store.store_id, processes[i].state,
                                    fmt::format("d_{}", std::min(store.next_day, to_ - 1).value()),
                                    WithThousands(store.durable.value()),
                                    std::to_string(processes[i].restarts)};
    if (paced_) {
      for (const auto lag : {store.lag_p50, store.lag_p99, store.lag_max}) {
        row.push_back(SecondsText(lag));
      }
    }
    table.Add(std::move(row));
  }
  std::string text = table.ToString();
  text.pop_back();
  context_.console.Info(text);
  return report_.End(stores, succeeded, processes);
}

}  // namespace tillstream
