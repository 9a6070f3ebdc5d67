#include "live/live_forecast.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/hash.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// How long one look at the end of the log takes at most, so that a stop is seen.
constexpr std::chrono::milliseconds kWait{500};

/// Places of the items, sorted by their ids.
std::vector<size_t> ById(const std::vector<StoreItem>& items) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return items[a].item_id < items[b].item_id; });
  return order;
}

bool IsSunday(Date date) { return std::chrono::weekday(date) == std::chrono::Sunday; }

}  // namespace

LiveForecast::LiveForecast(EventLog& log, SchemaRegistry& registry, FileSystem& files, Clock& clock,
                           const KnownDays& known, LiveOptions options, LiveObserver observer)
    : log_(log),
      registry_(registry),
      files_(files),
      clock_(clock),
      known_(known),
      options_(std::move(options)),
      observer_(std::move(observer)) {}

Status LiveForecast::Run(std::stop_token stop) {
  TILLSTREAM_TRY(Begin());
  std::chrono::milliseconds wait{0};
  while (!stop.stop_requested()) {
    const auto day = follower_->Next(wait, stop);
    if (!day) return day.error();
    wait = std::chrono::milliseconds(0);
    if (*day) {
      TILLSTREAM_TRY(Take(**day));
      continue;
    }
    if (stop.stop_requested()) break;
    const auto stragglers = follower_->Stragglers();
    TellOf(stragglers);
    if (stragglers.empty()) {
      TILLSTREAM_TRY(Decide(/*is_last=*/true));
      if (options_.stop_at_end) break;
    }
    if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->failure());
    TILLSTREAM_TRY(SaveWhenDue());
    wait = kWait;
  }
  if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->Drain());
  TILLSTREAM_TRY(Save());
  if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->Drain());
  return Ok();
}

void LiveForecast::TellOf(const std::vector<DayFollower::Straggler>& stragglers) {
  // Whoever is behind for one look only is not worth a line.
  const bool is_same = stragglers == stragglers_;
  if (is_same && !is_told_) {
    for (const auto& [store, waits_for, furthest] : stragglers) {
      observer_.on_warning(fmt::format(
          "store {}: d_{} is not closed, other stores are at d_{}; waits until nothing has come of "
          "it for {} s",
          options_.sources[store].store_id, waits_for.value(), furthest.value(),
          std::chrono::duration_cast<std::chrono::seconds>(options_.follow.patience).count()));
    }
  }
  is_told_ = is_same;
  stragglers_ = stragglers;
}

Status LiveForecast::Begin() {
  TILLSTREAM_ASSIGN(follower_,
                    DayFollower::Open(log_, registry_, clock_, options_.sources, options_.follow));
  last_save_ = clock_.Monotonic();
  return options_.snapshot_path.empty() ? Ok() : GoOn();
}

Status LiveForecast::GoOn() {
  auto snapshot = ReadSnapshot(files_, options_.snapshot_path);
  if (!snapshot && snapshot.error().code != ErrorCode::kCorrupt) return snapshot.error();
  std::string why_not;
  if (!snapshot) {
    why_not = snapshot.error().message;
  } else if (!*snapshot) {
    return Ok();
  } else if ((*snapshot)->identity != SnapshotIdentity((*snapshot)->next) ||
             (*snapshot)->items.size() != options_.sources.size()) {
    why_not = options_.snapshot_path + ": of another run, calendar or model";
  } else {
    const Status used = UseSnapshot(**snapshot);
    if (used) return Ok();
    if (used.error().code != ErrorCode::kCorrupt) return used;
    why_not = used.error().message;
  }
  observer_.on_warning(why_not + "; follows the stream from its beginning, to the same result");
  publisher_.reset();
  encoder_.reset();
  state_.reset();
  TILLSTREAM_ASSIGN(follower_,
                    DayFollower::Open(log_, registry_, clock_, options_.sources, options_.follow));
  return Ok();
}

Status LiveForecast::UseSnapshot(const ForecastSnapshot& snapshot) {
  TILLSTREAM_TRY(MakeState(snapshot.items, snapshot.states));
  if (!state_->Load(snapshot.state) || state_->next_day() != snapshot.next) {
    return MakeError(ErrorCode::kCorrupt, "{}: not the state of this model",
                     options_.snapshot_path);
  }
  if (publisher_ != nullptr &&
      publisher_->whole_count() < static_cast<int64_t>(publisher_->origins().size()) &&
      publisher_->origins()[static_cast<size_t>(publisher_->whole_count())] < snapshot.next - 1) {
    return MakeError(ErrorCode::kCorrupt, "{}: later than a forecast that has to be finished",
                     options_.snapshot_path);
  }
  TILLSTREAM_TRY(CheckPublished(snapshot));
  TILLSTREAM_TRY(follower_->GoOnFrom(snapshot.next, snapshot.items, snapshot.positions));
  saved_to_ = snapshot.next;
  observer_.on_info(
      fmt::format("goes on from d_{}: snapshot {}", snapshot.next.value(), options_.snapshot_path));
  return Decide(/*is_last=*/false);
}

Status LiveForecast::CheckPublished(const ForecastSnapshot& snapshot) const {
  if (publisher_ == nullptr) return Ok();
  if (snapshot.origins < 0 || snapshot.origins > publisher_->whole_count()) {
    return MakeError(ErrorCode::kCorrupt, "{}: {} forecasts were published before it, {} are there",
                     options_.snapshot_path, std::max<int64_t>(0, snapshot.origins),
                     publisher_->whole_count());
  }
  const std::vector<Day>& origins = publisher_->origins();
  for (auto i = static_cast<size_t>(publisher_->scored_count()); i < origins.size(); ++i) {
    if (origins[i] >= snapshot.next - 1 || state_->IsKept(origins[i])) continue;
    return MakeError(ErrorCode::kCorrupt, "{}: without the forecast from d_{}, which has no scores",
                     options_.snapshot_path, origins[i].value());
  }
  return Ok();
}

Status LiveForecast::MakeState(const std::vector<std::vector<StoreItem>>& items,
                               const std::vector<std::string>& states) {
  items_ = items;
  states_ = states;
  order_.assign(items.size(), {});
  stores_.clear();
  std::vector<SeriesKey> series;
  std::vector<int32_t> partitions;
  for (size_t store = 0; store < items.size(); ++store) {
    const std::string& id = options_.sources[store].store_id;
    if (items[store].empty()) {
      observer_.on_warning(fmt::format(
          "store {}: no event before the first day was over; it is in no forecast", id));
      continue;
    }
    stores_.push_back(store);
    if (options_.publish) partitions.push_back(options_.publish->partitions[store]);
    order_[store] = ById(items[store]);
    for (const size_t at : order_[store]) {
      const StoreItem& item = items[store][at];
      series.push_back({item.item_id, item.dept_id, item.cat_id, id, states[store]});
    }
  }
  state_ = std::make_unique<ForecastState>(std::move(series), known_, options_.threads,
                                           options_.follow.from);
  if (!options_.publish) return Ok();
  ForecastLabels labels = options_.publish->labels;
  labels.model = state_->model();
  labels.model_version = state_->model_version();
  encoder_ = std::make_unique<ForecastEncoder>(state_->hierarchy(), std::move(labels), partitions,
                                               options_.publish->target.partition_count);
  PublishTarget target = options_.publish->target;
  target.identity =
      fmt::format("{}d_{} of {} series {:016x}", target.identity, options_.follow.from.value(),
                  state_->hierarchy().series_count(), state_->hierarchy().Fingerprint());
  TILLSTREAM_ASSIGN(publisher_, ForecastPublisher::Open(log_, clock_, *encoder_, target));
  if (!publisher_->origins().empty()) {
    observer_.on_info(fmt::format("published already: {} forecasts, the last from d_{}",
                                  publisher_->whole_count(), publisher_->origins().back().value()));
  }
  return Ok();
}

Status LiveForecast::Take(const PanelDay& day) {
  if (state_ == nullptr) {
    const auto items = follower_->items();
    if (std::all_of(items.begin(), items.end(), [](const auto& of) { return of.empty(); })) {
      return Ok();  // No store has begun.
    }
    std::vector<std::string> states;
    for (size_t i = 0; i < items.size(); ++i) states.push_back(follower_->state_of(i));
    TILLSTREAM_TRY(MakeState(items, states));
    while (state_->next_day() < day.day) {
      const std::vector<float> nothing(static_cast<size_t>(state_->hierarchy().series_count()));
      state_->Advance(nothing, nothing, std::vector<uint8_t>(stores_.size(), 0));
    }
  }
  units_.clear();
  revenue_.clear();
  std::vector<uint8_t> is_complete;
  for (const size_t store : stores_) {
    const ClosedDay& closed = day.stores[store];
    for (const size_t at : order_[store]) {
      const bool is_there = at < closed.units.size();
      // Returns: what is forecast is what is sold.
      if (is_there && closed.units[at] < 0) ++negative_;
      units_.push_back(is_there ? static_cast<float>(std::max(0, closed.units[at])) : 0);
      revenue_.push_back(is_there ? static_cast<float>(std::max<Cents>(0, closed.revenue_cents[at]))
                                  : 0);
    }
    // What was there when it was given up may be another the next time.
    must_save_ = must_save_ || closed.close == DayClose::kIncomplete;
    is_complete.push_back(closed.close == DayClose::kComplete ? 1 : 0);
  }
  std::optional<MaturedScore> score = state_->Advance(units_, revenue_, is_complete);
  if (score) {
    last_score_ = score;
    if (publisher_ != nullptr) TILLSTREAM_TRY(publisher_->PublishScore(*std::move(score)));
  }
  TILLSTREAM_TRY(SaveWhenDue());
  TILLSTREAM_TRY(Decide(/*is_last=*/false));
  if (observer_.progress) observer_.progress(progress());
  return Ok();
}

bool LiveForecast::IsOrigin(Day day, bool is_last) const {
  if (day - options_.follow.from + 1 < kDaysBeforeFirst) return false;
  switch (options_.every) {
    case PublishEvery::kDay:
      return true;
    case PublishEvery::kWeek:
      break;
    case PublishEvery::kAuto:
      if (is_last) return true;
      break;
  }
  return IsSunday(encoder_->DateOf(day));
}

Status LiveForecast::Decide(bool is_last) {
  if (state_ == nullptr || publisher_ == nullptr) return Ok();
  const Day day = state_->next_day() - 1;
  const std::vector<Day>& origins = publisher_->origins();
  const auto found = std::lower_bound(origins.begin(), origins.end(), day);
  if (found == origins.end()) {
    if (!IsOrigin(day, is_last)) return Ok();
    return Publish();
  }
  if (*found != day) return Ok();
  if (found - origins.begin() >= publisher_->whole_count()) return Publish();
  if (found - origins.begin() >= publisher_->scored_count() && !state_->IsKept(day)) {
    state_->Forecast(/*keep=*/true);
  }
  return Ok();
}

Status LiveForecast::Publish() {
  if (must_save_) TILLSTREAM_TRY(Save());
  return publisher_->Publish(state_->Forecast(/*keep=*/true));
}

Status LiveForecast::SaveWhenDue() {
  if (clock_.Monotonic() - last_save_ < options_.snapshot_every) return Ok();
  return Save();
}

Status LiveForecast::Save() {
  if (state_ == nullptr || options_.snapshot_path.empty() || !options_.saves_snapshot) return Ok();
  if (state_->next_day() == saved_to_) return Ok();
  ForecastSnapshot snapshot;
  snapshot.next = state_->next_day();
  snapshot.identity = SnapshotIdentity(snapshot.next);
  snapshot.origins = publisher_ != nullptr ? publisher_->whole_count() : -1;
  snapshot.items = items_;
  snapshot.states = states_;
  snapshot.positions = follower_->positions();
  auto bytes = std::make_shared<const std::string>(
      EncodeSnapshot(snapshot, [this](std::string* out) { state_->AppendTo(out); }));
  const auto write = [this, bytes = std::move(bytes)] {
    return WriteFileAtomically(files_, options_.snapshot_path, *bytes);
  };
  saved_to_ = snapshot.next;
  last_save_ = clock_.Monotonic();
  must_save_ = false;
  return publisher_ != nullptr ? publisher_->AfterDurable(write) : write();
}

std::string LiveForecast::SnapshotIdentity(Day next) const {
  std::string known = FormatDate(known_.first_date);
  for (const std::string& state : known_.snap_states) known.append(" ").append(state);
  // Forecasts have looked a horizon ahead.
  for (Day day(1); day < next + kHorizon; ++day) {
    const KnownDay* const of_day = known_.At(day);
    if (of_day == nullptr) break;
    known += fmt::format(";{}", of_day->snap);
    for (const KnownDay::Event& event : of_day->events) {
      known.append(",").append(event.name).append(",").append(event.type);
    }
  }
  return fmt::format("{}; from d_{}, wait {} d; calendar {:016x}", options_.identity,
                     options_.follow.from.value(), options_.follow.wait_days, Hash64(known));
}

LiveProgress LiveForecast::progress() const {
  LiveProgress progress;
  progress.day = state_ != nullptr ? state_->next_day() - 1 : options_.follow.from - 1;
  progress.counts = follower_->counts();
  progress.last_score = last_score_;
  progress.negative = negative_;
  if (publisher_ != nullptr) {
    progress.origins_written = publisher_->origins_written();
    progress.forecasts_written = publisher_->forecasts_written();
    progress.scores_written = publisher_->scores_written();
  }
  return progress;
}

}  // namespace tillstream
