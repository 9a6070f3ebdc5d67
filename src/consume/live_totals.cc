#include "consume/live_totals.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/text.h"
#include "model/day_sums.h"

namespace tillstream {
namespace {

/// Days from the first one that a stream can have: 270 years. Bounds what a wrong date can cost.
constexpr int64_t kDaysMax = 100'000;

struct Listing {
  bool is_listed = false;
  Cents cents = 0;
};

/// What cannot be an amount of money is no price.
Listing ListingOf(const SalesRecord& sale) {
  if (!sale.sell_price) return {};
  const std::optional<Cents> cents = CentsOf(*sale.sell_price);
  return {cents.has_value(), cents.value_or(0)};
}

}  // namespace

/// What is known of a series. A store's are in the order of their first events, which is that of
/// every day.
struct LiveTotals::Series {
  std::string_view item_id;
  Date date;  ///< Of its last event.
  int32_t sold = 0;
  uint32_t price_bits = 0;  ///< Of the last price that it had, whose cents are these.
  Cents price_cents = 0;
  bool is_listed = false;  ///< Whether the last event had that price.

  void SetPrice(const SalesRecord& sale, const Listing& listing) {
    is_listed = listing.is_listed;
    price_bits = is_listed ? std::bit_cast<uint32_t>(*sale.sell_price) : 0;
    price_cents = listing.cents;
  }
};

/// A store's day that is not closed.
struct LiveTotals::DayState {
  DaySums sums;                   ///< Of the series that have had an event.
  std::optional<StoreDay> total;  ///< Without its texts.

  bool Agrees() const { return total && DaySums::Of(*total) == sums; }
};

/// A store's events in one partition.
struct LiveTotals::Stream {
  Store* store = nullptr;
  TopicPartition partition;
  Timestamp timestamp{INT64_MIN};  ///< Of the last event that was counted.
  Day day{INT32_MIN};
  Date date;                     ///< The days before it are over here.
  std::vector<int32_t> order{};  ///< The numbers of its series, as they come every day.
  size_t next = 0;               ///< The place in `order` that is expected next.
  // Of `date`; null when that day is closed already.
  DayState* day_state = nullptr;
  std::vector<SeriesCell>* cells = nullptr;
};

struct LiveTotals::Store {
  size_t number = 0;
  std::string id;
  int64_t series_count = 0;
  std::vector<Series> series{};
  std::vector<int32_t> places{};  ///< Of each series in the order of its stream.
  std::vector<std::unique_ptr<Stream>> streams{};
  std::map<Date, DayState> days{};
  Date closed_until;  ///< Days before it are closed.
  Date totals_until;  ///< Totals of days before it are there, or will not come.

  Date over_until() const {
    Date over = streams.front()->date;
    for (const auto& stream : streams) over = std::min(over, stream->date);
    return over;
  }
};

LiveTotals::LiveTotals(LiveTotalsOptions options, OnPeriod on_period)
    : options_(std::move(options)),
      calendar_(options_.shape.period, options_.week_anchor),
      on_period_(std::move(on_period)),
      directory_(options_.shape.dimensions, options_.stores.size()),
      oldest_(calendar_.BeginOf(options_.first_date)) {
  TILLSTREAM_CHECK(!options_.stores.empty());
  for (const TotalsStore& wanted : options_.stores) {
    auto store = std::make_unique<Store>();
    store->number = stores_.size();
    store->id = wanted.id;
    store->series_count = wanted.series_count;
    store->closed_until = store->totals_until = options_.first_date;
    for (const TopicPartition& partition : wanted.events) {
      auto stream = std::make_unique<Stream>();
      stream->store = store.get();
      stream->partition = partition;
      stream->date = options_.first_date - std::chrono::days(1);
      streams_[partition].push_back(stream.get());
      store->streams.push_back(std::move(stream));
    }
    TILLSTREAM_CHECK(!store->streams.empty());
    totals_[wanted.totals].push_back(store.get());
    stores_by_id_.emplace(store->id, store.get());
    stores_.push_back(std::move(store));
  }
}

LiveTotals::~LiveTotals() = default;

LiveTotals::Stream* LiveTotals::StreamOf(const TopicPartition& partition,
                                         std::string_view store_id) {
  const auto at = streams_.find(partition);
  if (at == streams_.end()) return nullptr;
  for (Stream* const stream : at->second) {
    if (stream->store->id == store_id) return stream;
  }
  return nullptr;
}

std::optional<int64_t> LiveTotals::DateIndex(Date date, Day day) const {
  const int64_t index = (date - options_.first_date).count();
  if (index < 0 || index > kDaysMax) return std::nullopt;
  if (int64_t{day.value()} - options_.first_day.value() != index) return std::nullopt;
  return index;
}

TotalsWindow& LiveTotals::WindowOf(Date date) {
  TotalsWindow& window = windows_[calendar_.BeginOf(date)];
  window.stores.resize(stores_.size());
  return window;
}

Result<bool> LiveTotals::Turn(Stream& stream, Timestamp timestamp, Day day) {
  const Date date = DateOf(timestamp);
  if (!DateIndex(date, day)) {
    ++counts_.misdated;
    return false;
  }
  if (date < stream.date || date < stream.store->closed_until) {
    ++counts_.late;
    return false;
  }
  if (date > stream.date) {
    Store& store = *stream.store;
    stream.date = date;
    stream.next = 0;
    stream.day_state = &store.days[date];
    stream.cells = &WindowOf(date).stores[store.number];
    stream.cells->resize(static_cast<size_t>(store.series_count));
    TILLSTREAM_TRY(CloseDays(store));
  }
  stream.timestamp = timestamp;
  stream.day = day;
  return true;
}

int32_t LiveTotals::FindSeries(Stream& stream, const SalesRecord& sale) {
  Store& store = *stream.store;
  int32_t number = directory_.Find(store.number, sale.item_id);
  if (number < 0) {
    if (static_cast<int64_t>(store.series.size()) == store.series_count) return -1;
    number = directory_.Add(store.number, sale);
    store.series.push_back({.item_id = directory_.ItemOf(store.number, number),
                            .date = options_.first_date - std::chrono::days(1)});
    store.places.push_back(static_cast<int32_t>(stream.order.size()));
    stream.order.push_back(number);
  }
  stream.next = static_cast<size_t>(store.places[static_cast<size_t>(number)]) + 1;
  return number;
}

Status LiveTotals::AddSale(const TopicPartition& partition, Timestamp timestamp,
                           const SalesRecord& sale) {
  if (stream_ == nullptr || !SameText(stream_->store->id, sale.store_id) ||
      stream_->partition != partition) [[unlikely]] {
    stream_ = StreamOf(partition, sale.store_id);
  }
  if (stream_ == nullptr) {
    ++counts_.foreign;
    return Ok();
  }
  Stream& stream = *stream_;
  if (timestamp != stream.timestamp || sale.day != stream.day) [[unlikely]] {
    TILLSTREAM_ASSIGN(const bool counts, Turn(stream, timestamp, sale.day));
    if (!counts) return Ok();
  }
  Store& store = *stream.store;
  int32_t number = -1;
  if (stream.next < stream.order.size() &&
      SameText(store.series[static_cast<size_t>(stream.order[stream.next])].item_id, sale.item_id))
      [[likely]] {
    number = stream.order[stream.next++];
  } else {
    number = FindSeries(stream, sale);
    if (number < 0) {
      ++counts_.foreign;
      return Ok();
    }
  }
  Series& series = store.series[static_cast<size_t>(number)];
  if (series.date == stream.date) [[unlikely]] {
    AddAgain(stream, number, sale);
    return Ok();
  }
  if (stream.day_state == nullptr) [[unlikely]] {
    ++counts_.late;
    return Ok();
  }
  series.date = stream.date;
  series.sold = sale.sold;
  series.is_listed = sale.sell_price.has_value();
  if (series.is_listed && std::bit_cast<uint32_t>(*sale.sell_price) != series.price_bits) {
    series.SetPrice(sale, ListingOf(sale));
  }
  (*stream.cells)[static_cast<size_t>(number)].Add(series.sold, series.is_listed,
                                                   series.price_cents);
  stream.day_state->sums.Add(series.sold, series.is_listed, series.price_cents);
  ++counts_.events;
  if (stream.day_state->sums.events == store.series_count) return CloseDays(store);
  return Ok();
}

void LiveTotals::AddAgain(Stream& stream, int32_t number, const SalesRecord& sale) {
  Store& store = *stream.store;
  Series& series = store.series[static_cast<size_t>(number)];
  const Listing listing = ListingOf(sale);
  if (sale.sold == series.sold && listing.is_listed == series.is_listed &&
      (!listing.is_listed || listing.cents == series.price_cents)) {
    ++counts_.repeated;
    return;
  }
  if (stream.day_state == nullptr || stream.day_state->sums.events == store.series_count) {
    ++counts_.late;
    return;
  }
  SeriesCell& cell = (*stream.cells)[static_cast<size_t>(number)];
  cell.Add(series.sold, series.is_listed, series.price_cents, -1);
  stream.day_state->sums.Add(series.sold, series.is_listed, series.price_cents, -1);
  series.sold = sale.sold;
  series.SetPrice(sale, listing);
  cell.Add(series.sold, series.is_listed, series.price_cents);
  stream.day_state->sums.Add(series.sold, series.is_listed, series.price_cents);
  ++counts_.corrected;
}

Status LiveTotals::AddTotal(Timestamp timestamp, const StoreDay& total) {
  const auto at = stores_by_id_.find(total.store_id);
  if (at == stores_by_id_.end()) {
    ++counts_.foreign;
    return Ok();
  }
  Store& store = *at->second;
  const Date date = DateOf(timestamp);
  if (!DateIndex(date, total.day)) {
    ++counts_.misdated;
    return Ok();
  }
  if (date < store.totals_until) {
    ++counts_.revised_totals;
    return Ok();
  }
  StoreDay& kept = store.days[date].total.emplace(total);
  kept.store_id = kept.state_id = {};
  store.totals_until = date + std::chrono::days(1);
  return CloseDays(store);
}

Status LiveTotals::CloseDays(Store& store) {
  const Date over_until = store.over_until();
  const Date before = store.closed_until;
  while (store.closed_until < store.totals_until) {
    const Date date = store.closed_until;
    const auto day = store.days.find(date);
    const bool is_whole = day != store.days.end() && day->second.sums.events == store.series_count;
    if (!is_whole && date >= over_until) break;
    const bool agrees = day != store.days.end() && day->second.Agrees();
    if (agrees) ++WindowOf(date).agreeing_days;
    ++counts_.closed_days;
    counts_.disagreeing_days += agrees ? 0 : 1;
    for (const auto& stream : store.streams) {
      if (stream->date == date) stream->day_state = nullptr;
    }
    if (day != store.days.end()) store.days.erase(day);
    store.closed_until += std::chrono::days(1);
  }
  return store.closed_until == before ? Ok() : ClosePeriods();
}

Date LiveTotals::closed_until() const {
  Date closed = stores_.front()->closed_until;
  for (const auto& store : stores_) closed = std::min(closed, store->closed_until);
  return closed;
}

std::string_view LiveTotals::slowest_store() const {
  const Store* slowest = stores_.front().get();
  for (const auto& store : stores_) {
    if (store->closed_until < slowest->closed_until) slowest = store.get();
  }
  return slowest->id;
}

PeriodTotals LiveTotals::Describe(Date begin) const {
  PeriodTotals totals;
  totals.number = closed_count_;
  totals.period = options_.shape.period;
  totals.begin = begin;
  totals.end = calendar_.EndOf(begin);
  const Date first = std::max(begin, options_.first_date);
  const Date closed = std::clamp(closed_until(), first, totals.end);
  totals.days = static_cast<int32_t>((closed - first).count());
  return totals;
}

Status LiveTotals::ClosePeriods() {
  const bool has_movers =
      std::find(options_.shape.dimensions.begin(), options_.shape.dimensions.end(),
                TotalsDimension::kItem) == options_.shape.dimensions.end();
  const Date closed = closed_until();
  while (calendar_.EndOf(oldest_) <= closed) {
    PeriodTotals totals = Describe(oldest_);
    auto window = windows_.extract(oldest_);
    TotalsWindow now = window.empty() ? TotalsWindow() : std::move(window.mapped());
    now.stores.resize(stores_.size());
    const TotalsWindow* const before = before_ ? &*before_ : nullptr;
    totals.groups = SumGroups(now, before, has_movers ? options_.shape.top : 0, directory_);
    totals.complete =
        now.agreeing_days == int64_t{totals.days} * static_cast<int64_t>(stores_.size());
    before_ = std::move(now);
    oldest_ = totals.end;
    ++closed_count_;
    TILLSTREAM_TRY(on_period_(totals));
  }
  return Ok();
}

PeriodTotals LiveTotals::Running() {
  PeriodTotals totals = Describe(oldest_);
  const auto window = windows_.find(oldest_);
  if (window == windows_.end()) return totals;
  totals.groups = SumGroups(window->second, before_ ? &*before_ : nullptr, 0, directory_);
  return totals;
}

bool LiveTotals::IsAhead(const TopicPartition& partition) const {
  const Date horizon = calendar_.EndOf(oldest_) + std::chrono::days(kAheadDays);
  if (const auto at = streams_.find(partition); at != streams_.end()) {
    return std::all_of(at->second.begin(), at->second.end(),
                       [&](const Stream* stream) { return stream->date >= horizon; });
  }
  if (const auto at = totals_.find(partition); at != totals_.end()) {
    return std::all_of(at->second.begin(), at->second.end(),
                       [&](const Store* store) { return store->totals_until > horizon; });
  }
  return false;
}

}  // namespace tillstream
