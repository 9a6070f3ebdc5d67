#include "live/forecast_state.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace tillstream {
namespace {

/// Days that are handed to the model together, at most, and days that wait for that.
constexpr size_t kBlockDays = 28;
constexpr size_t kWaitingDaysMax = 2 * kBlockDays;

constexpr auto kDays = static_cast<size_t>(kHorizon);

}  // namespace

ForecastState::ForecastState(std::vector<SeriesKey> series, const KnownDays& known, int32_t threads,
                             Day from)
    : hierarchy_(std::move(series)),
      forecaster_(std::make_unique<Forecaster>(hierarchy_, known, threads)),
      scales_(hierarchy_),
      panel_index_(static_cast<size_t>(hierarchy_.series_count())),
      from_(from),
      recent_(panel_index_.size() * kRecentDays),
      recent_complete_(static_cast<size_t>(store_count()) * kRecentDays, 1) {
  for (int32_t i = 0; i < hierarchy_.series_count(); ++i) {
    panel_index_[static_cast<size_t>(hierarchy_.input_index(i))] = i;
  }
  const std::vector<float> nothing(panel_index_.size());
  const std::vector<uint8_t> unknown(static_cast<size_t>(store_count()), 0);
  for (; next_ < from; ++next_) {
    const DaySales day{next_, nothing, unknown};
    forecaster_->Advance({&day, 1});
  }
  worker_ = std::thread([this] { Work(); });
}

ForecastState::~ForecastState() {
  {
    MutexLock lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
  }
  worker_.join();
}

void ForecastState::Work() {
  while (true) {
    std::vector<WaitingDay> days;
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && !is_ending_) changed_.wait(mutex_);
      if (is_ending_) return;
      while (!waiting_.empty() && days.size() < kBlockDays) {
        days.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      is_busy_ = true;
      changed_.notify_all();
    }
    Give(days);
    MutexLock lock(mutex_);
    is_busy_ = false;
    changed_.notify_all();
  }
}

void ForecastState::Give(std::span<const WaitingDay> days) {
  std::vector<DaySales> sales;
  for (const WaitingDay& day : days) {
    scales_.Advance(day.units, day.revenue);
    const auto& complete = day.is_complete;
    const bool is_all = std::all_of(complete.begin(), complete.end(), [](uint8_t c) { return c; });
    sales.push_back({forecaster_->next_day() + static_cast<int32_t>(sales.size()), day.units,
                     is_all ? std::span<const uint8_t>() : complete});
  }
  forecaster_->Advance(sales);
}

void ForecastState::Settle() {
  MutexLock lock(mutex_);
  while (!waiting_.empty() || is_busy_) changed_.wait(mutex_);
}

const Forecaster& ForecastState::forecaster() {
  Settle();
  return *forecaster_;
}

std::optional<MaturedScore> ForecastState::Advance(std::span<const float> units,
                                                   std::span<const float> revenue,
                                                   std::span<const uint8_t> is_complete) {
  const size_t series = panel_index_.size();
  std::vector<float> of_day(series);
  std::vector<float> revenue_of_day(series);
  for (size_t i = 0; i < series; ++i) {
    const auto at = static_cast<size_t>(panel_index_[i]);
    of_day[at] = units[i];
    revenue_of_day[at] = revenue[i];
  }
  const size_t ring = RingOf(next_);
  std::copy(of_day.begin(), of_day.end(),
            recent_.begin() + static_cast<std::ptrdiff_t>(ring * series));
  std::copy(is_complete.begin(), is_complete.end(),
            recent_complete_.begin() + static_cast<std::ptrdiff_t>(ring * is_complete.size()));
  {
    MutexLock lock(mutex_);
    while (waiting_.size() >= kWaitingDaysMax) changed_.wait(mutex_);
    waiting_.push_back(
        {std::move(of_day), std::move(revenue_of_day), {is_complete.begin(), is_complete.end()}});
    changed_.notify_all();
  }
  const Day day = next_;
  ++next_;
  if (kept_.empty() || kept_.front().origin + kHorizon > day) return std::nullopt;
  MaturedScore score = Score(kept_.front());
  kept_.pop_front();
  return score;
}

std::shared_ptr<const MadeForecast> ForecastState::Forecast(bool keep) {
  Settle();
  std::vector<float> means(panel_index_.size() * kDays);
  forecaster_->Forecast(means);
  std::vector<float> node_means = forecaster_->NodesOf(means);
  QuantileTables tables = forecaster_->Tables(node_means);
  const auto stores = static_cast<size_t>(store_count());
  std::vector<int32_t> incomplete(stores);
  for (size_t store = 0; store < stores; ++store) incomplete[store] = IncompleteDaysOf(store);
  if (keep && !IsKept(next_ - 1))
    kept_.push_back({next_ - 1, std::move(means), tables, scales_.Now()});
  return std::make_shared<const MadeForecast>(
      MadeForecast{next_ - 1, std::move(node_means), std::move(tables), std::move(incomplete)});
}

bool ForecastState::IsKept(Day origin) const {
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const Kept& kept) { return kept.origin == origin; });
}

MaturedScore ForecastState::Score(const Kept& kept) const {
  const size_t series = panel_index_.size();
  std::vector<float> units(series * kDays);
  for (size_t h = 0; h < kDays; ++h) {
    const size_t ring = RingOf(kept.origin + 1 + static_cast<int32_t>(h));
    std::copy_n(recent_.begin() + static_cast<std::ptrdiff_t>(ring * series), series,
                units.begin() + static_cast<std::ptrdiff_t>(h * series));
  }
  const std::vector<double> actual = AggregateDays(hierarchy_, units);
  MaturedScore score{kept.origin, {}, 0};
  score.accuracy =
      ScoreMeans(hierarchy_, kept.scales, actual, AggregateDays(hierarchy_, kept.means));
  ScoreQuantiles(hierarchy_, kept.scales, actual, forecaster_->NodesOf(kept.means), kept.tables,
                 &score.accuracy);
  for (int32_t store = 0; store < store_count(); ++store) {
    score.incomplete_days += IncompleteDaysOf(static_cast<size_t>(store));
  }
  return score;
}

int32_t ForecastState::IncompleteDaysOf(size_t store) const {
  int32_t days = 0;
  const auto stores = static_cast<size_t>(store_count());
  for (Day day = std::max(from_, next_ - kHorizon); day < next_; ++day) {
    if (recent_complete_[RingOf(day) * stores + store] == 0) ++days;
  }
  return days;
}

std::vector<std::vector<float>> ForecastState::Recent() const {
  std::vector<std::vector<float>> days;
  const size_t series = panel_index_.size();
  const auto stores = static_cast<size_t>(store_count());
  for (Day day = std::max(from_, next_ - kRecentDays); day < next_; ++day) {
    const auto begin = recent_.begin() + static_cast<std::ptrdiff_t>(RingOf(day) * series);
    auto& units = days.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(series));
    for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
      const auto store = static_cast<size_t>(hierarchy_.group_store(group));
      if (recent_complete_[RingOf(day) * stores + store] != 0) continue;
      std::fill(units.begin() + hierarchy_.group_begin(group),
                units.begin() + hierarchy_.group_end(group),
                std::numeric_limits<float>::quiet_NaN());
    }
  }
  return days;
}

void ForecastState::AppendTo(std::string* all) {
  Settle();
  StateWriter out(all);
  {
    const std::string model = forecaster_->Save();
    // Grown step by step it would take twice its size.
    const size_t kept_bytes = panel_index_.size() * (kDays + 32) * sizeof(float);
    all->reserve(all->size() + model.size() + recent_.size() * 2 * sizeof(float) +
                 kept_.size() * kept_bytes * 5 / 4);
    out.Put(static_cast<uint64_t>(model.size()));
    all->append(model);
  }
  out.Put(next_.value());
  scales_.Save(&out);
  out.PutAll(recent_);
  out.PutAll(recent_complete_);
  out.Put(static_cast<uint32_t>(kept_.size()));
  for (const Kept& kept : kept_) {
    out.Put(kept.origin.value());
    out.PutAll(kept.means);
    kept.tables.Save(&out);
    kept.scales.Save(&out);
  }
}

bool ForecastState::Load(std::string_view state) {
  StateReader header(state);
  uint64_t size = 0;
  if (!header.Get(&size)) return false;
  state.remove_prefix(sizeof(size));
  Settle();
  if (size > state.size() || !forecaster_->Load(state.substr(0, size))) return false;
  StateReader in(state.substr(size));
  int32_t next = 0;
  uint32_t count = 0;
  if (!in.Get(&next) || next != forecaster_->next_day().value() || !scales_.Load(&in) ||
      !in.GetAll(&recent_) || !in.GetAll(&recent_complete_) || !in.Get(&count) ||
      count > kDays + 1) {
    return false;
  }
  next_ = Day(next);
  kept_.clear();
  for (uint32_t k = 0; k < count; ++k) {
    int32_t origin = 0;
    Kept kept{Day(1), std::vector<float>(panel_index_.size() * kDays), QuantileTables(hierarchy_),
              scales_.Now()};
    if (!in.Get(&origin) || !in.GetAll(&kept.means) || !kept.tables.Load(&in) ||
        !kept.scales.Load(&in)) {
      return false;
    }
    kept.origin = Day(origin);
    kept_.push_back(std::move(kept));
  }
  return in.at_end();
}

}  // namespace tillstream
