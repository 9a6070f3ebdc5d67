#include "app/replay_report.h"

#include <algorithm>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kTick{200};

/// How often a line is printed where no line can be redrawn.
constexpr std::chrono::seconds kLineInterval{10};

std::string DurationText(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3'600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3'600, whole % 3'600 / 60);
}

}  // namespace

ReplayShape ShapeOf(const Dataset& dataset) { return {dataset.calendar, dataset.series_count}; }

std::string RateText(double events_a_second) {
  if (events_a_second >= 1e6) return fmt::format("{:.2f} M events/s", events_a_second / 1e6);
  return WithThousands(static_cast<int64_t>(events_a_second)) + " events/s";
}

int32_t ReplayThreads(const Context& context, bool only_cores) {
  constexpr int32_t kThreadsDefault = 16;
  const int32_t cores = ThreadCount(context);  // Or --threads.
  if (context.common.threads > 0 || only_cores) return cores;
  return std::max(kThreadsDefault, 2 * cores);
}

ReplayReport::Ticker::Ticker(ReplayReport& report, std::function<Snapshots()> snapshot)
    : thread_([this, &report, snapshot = std::move(snapshot)] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, kTick, [this] { return ending_; })) report.Tick(snapshot());
      }) {}

ReplayReport::Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

ReplayReport::ReplayReport(Context& context, ReplayShape shape, const LogOptions& log, Day from,
                           Day to, bool paced)
    : context_(context), shape_(std::move(shape)), log_(log), from_(from), to_(to), paced_(paced) {}

ReplayReport::Sum ReplayReport::SumOf(const Snapshots& stores) const {
  Sum sum;
  sum.slowest = to_;
  for (const StoreProgress& store : stores) {
    sum.durable += store.durable.value();
    sum.events += store.events_written;
    sum.bytes += store.bytes_written;
    sum.slowest = std::min(sum.slowest, store.next_day);
    sum.lag = std::max(sum.lag, store.lag);
    sum.lag_max = std::max(sum.lag_max, store.lag_max);
    sum.lag_p99 = std::max(sum.lag_p99, store.lag_p99);
    sum.done = sum.done && store.done;
  }
  return sum;
}

std::string ReplayReport::DateText(Day day) const {
  return FormatDate(shape_.calendar->first_date() + std::chrono::days(day.value() - 1));
}

double ReplayReport::Elapsed() const { return ToSeconds(context_.clock.Monotonic() - begin_); }

double ReplayReport::EventsASecond(const Sum& sum) const {
  return static_cast<double>(sum.events - events_before_) / std::max(Elapsed(), 1e-3);
}

double ReplayReport::BytesASecond(const Sum& sum) const {
  return static_cast<double>(sum.bytes - bytes_before_) / std::max(Elapsed(), 1e-3);
}

void ReplayReport::RestartTiming(const Snapshots& stores) {
  const Sum sum = SumOf(stores);
  events_before_ = sum.events;
  bytes_before_ = sum.bytes;
  begin_ = context_.clock.Monotonic();
}

void ReplayReport::Begin(const Snapshots& stores) {
  begin_ = context_.clock.Monotonic();
  last_line_ = begin_;
  const Sum sum = SumOf(stores);
  int64_t position = 0;
  int64_t store_count = 0;
  for (const StoreProgress& store : stores) {
    store_count += store.store_count;
    position += store.position.value();
    events_to_write_ +=
        std::max<int64_t>(0, store.events_a_day * (to_ - from_) - store.position.value());
  }
  if (sum.done) return;
  const std::string data = fmt::format("{} stores, {} series, d_{} to d_{} ({} to {})", store_count,
                                       WithThousands(shape_.series_count), from_.value(),
                                       to_.value() - 1, DateText(from_), DateText(to_ - 1));
  context_.console.Info(
      position == 0 ? fmt::format("streaming {}: {} events", data, WithThousands(events_to_write_))
                    : fmt::format("going on at d_{} with {}: {} of {} events to go",
                                  sum.slowest.value(), data, WithThousands(events_to_write_),
                                  WithThousands(events_to_write_ + position)));
}

std::string ReplayReport::Line(const Sum& sum) const {
  const double rate = EventsASecond(sum);
  const Day day = std::min(sum.slowest, to_ - 1);
  std::string line = fmt::format("d_{} {}  {}  {:.0f} MB/s", day.value(), DateText(day),
                                 RateText(rate), BytesASecond(sum) / 1e6);
  if (rate > 0) {
    line +=
        "  " + DurationText(static_cast<double>(events_to_write_ - sum.events) / rate) + " left";
  }
  if (paced_) line += fmt::format("  lag {:.3f} s", ToSeconds(sum.lag));
  return line;
}

void ReplayReport::Tick(const Snapshots& stores) {
  const Sum sum = SumOf(stores);
  if (context_.console.is_terminal()) {
    constexpr int kBarWidth = 30;
    const double share = events_to_write_ == 0 ? 1
                                               : static_cast<double>(sum.events) /
                                                     static_cast<double>(events_to_write_);
    const int filled = static_cast<int>(share * kBarWidth);
    context_.console.Progress(fmt::format("[{:#<{}}{:.<{}}] {:3.0f}%  {}", "", filled, "",
                                          kBarWidth - filled, share * 100, Line(sum)));
    return;
  }
  const auto now = context_.clock.Monotonic();
  if (now - last_line_ < kLineInterval) return;
  last_line_ = now;
  context_.console.Info(Line(sum));
}

Status ReplayReport::End(const Snapshots& stores, bool succeeded,
                         const std::vector<ProcessRow>& processes) {
  context_.console.EndProgress();
  const Sum sum = SumOf(stores);
  if (context_.common.json) return PrintJson(stores, sum, succeeded, processes);
  const std::string where =
      fmt::format("{}: {} events durable", log_.topic, WithThousands(sum.durable));
  if (!succeeded) {
    context_.console.Info(where + "; the same command goes on from there");
    return Ok();
  }
  if (sum.events == 0 && sum.done) {
    context_.console.Info(fmt::format("{}, d_{} to d_{}; everything was there already", where,
                                      from_.value(), to_.value() - 1));
    return Ok();
  }
  context_.console.Info(fmt::format(
      "{}, {}; wrote {} in {:.1f} s: {}, {:.0f} MB/s before compression", where,
      sum.done ? fmt::format("d_{} to d_{}", from_.value(), to_.value() - 1)
               : fmt::format("stopped at d_{}", sum.slowest.value()),
      WithThousands(sum.events), Elapsed(), RateText(EventsASecond(sum)), BytesASecond(sum) / 1e6));
  if (paced_) {
    context_.console.Info(fmt::format(
        "replay lag: {:.3f} s at the end, {:.3f} s at most, 99 % of days under {:.3f} s",
        ToSeconds(sum.lag), ToSeconds(sum.lag_max), ToSeconds(sum.lag_p99)));
  }
  if (!sum.done) context_.console.Info("the same command goes on from there");
  return Ok();
}

Status ReplayReport::PrintJson(const Snapshots& stores, const Sum& sum, bool succeeded,
                               const std::vector<ProcessRow>& processes) {
  Json list = Json::array();
  for (size_t i = 0; i < stores.size(); ++i) {
    const StoreProgress& store = stores[i];
    list.push_back({{"store", store.store_id},
                    {"partition", store.partition.value()},
                    {"next_day", store.next_day.value()},
                    {"position", store.position.value()},
                    {"durable", store.durable.value()},
                    {"events_written", store.events_written},
                    {"lag_seconds", ToSeconds(store.lag)},
                    {"lag_seconds_p50", ToSeconds(store.lag_p50)},
                    {"lag_seconds_p99", ToSeconds(store.lag_p99)},
                    {"lag_seconds_max", ToSeconds(store.lag_max)},
                    {"done", store.done}});
    if (processes.empty()) continue;
    list.back()["restarts"] = processes[i].restarts;
    list.back()["state"] = processes[i].state;
  }
  const Json json = {{"topic", log_.topic},
                     {log_.on_kafka ? "bootstrap_servers" : "log",
                      log_.on_kafka ? log_.kafka.bootstrap_servers : log_.directory},
                     {"succeeded", succeeded},
                     {"done", sum.done},
                     {"events_durable", sum.durable},
                     {"events_written", sum.events},
                     {"bytes_before_compression", sum.bytes},
                     {"seconds", Elapsed()},
                     {"events_a_second", EventsASecond(sum)},
                     {"stores", list}};
  return context_.out.Write(DumpJson(json) + "\n");
}

}  // namespace tillstream
