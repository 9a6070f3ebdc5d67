#include "live/day_follower.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

/// How often the end of the log is looked at while nothing comes.
constexpr std::chrono::milliseconds kPoll{20};

/// Incomplete days that get a line each; the rest is counted.
constexpr int64_t kWarningsMax = 20;

}  // namespace

DayFollower::DayFollower(SchemaRegistry& registry, Clock& clock, std::vector<StoreSource> sources,
                         FollowOptions options)
    : clock_(clock),
      sources_(std::move(sources)),
      options_(std::move(options)),
      decoder_(registry),
      next_(options_.from) {
  for (size_t i = 0; i < sources_.size(); ++i) {
    stores_.push_back({DayAssembler(options_.from, options_.wait_days), {}, {}});
  }
}

Result<std::unique_ptr<DayFollower>> DayFollower::Open(EventLog& log, SchemaRegistry& registry,
                                                       Clock& clock,
                                                       std::vector<StoreSource> sources,
                                                       FollowOptions options) {
  std::unique_ptr<DayFollower> follower(
      new DayFollower(registry, clock, std::move(sources), std::move(options)));
  for (size_t store = 0; store < follower->sources_.size(); ++store) {
    const StoreSource& source = follower->sources_[store];
    for (const TopicPartition& id : source.events) {
      TILLSTREAM_TRY(follower->AddPartition(log, id, store));
    }
    TILLSTREAM_TRY(follower->AddPartition(log, source.totals, store));
  }
  return follower;
}

Status DayFollower::AddPartition(EventLog& log, const TopicPartition& id, size_t store) {
  for (Partition& partition : partitions_) {
    if (partition.id != id) continue;
    partition.stores.push_back(store);
    return Ok();
  }
  TILLSTREAM_ASSIGN(std::unique_ptr<LogReader> reader, log.OpenReader(id));
  reader->OmitHeaders();
  TILLSTREAM_ASSIGN(const Offset begin, reader->Begin());
  partitions_.push_back({id, std::move(reader), {store}, store, begin, begin, options_.from - 1});
  return Ok();
}

Status DayFollower::GoOnFrom(Day next, std::vector<std::vector<StoreItem>> items,
                             const std::vector<FollowPosition>& positions) {
  for (size_t store = 0; store < stores_.size(); ++store) {
    stores_[store].days.GoOnFrom(next, std::move(items[store]));
    stores_[store].closed.clear();
  }
  next_ = next;
  for (Partition& partition : partitions_) {
    for (const FollowPosition& position : positions) {
      if (position.partition != partition.id) continue;
      TILLSTREAM_TRY(partition.reader->Seek(position.resume));
      partition.next = position.resume;
      partition.known_to = position.read;
      partition.latest = next - 1;
    }
  }
  return Ok();
}

Result<std::optional<PanelDay>> DayFollower::Next(std::chrono::milliseconds wait,
                                                  const std::stop_token& stop) {
  const auto deadline = clock_.Monotonic() + wait;
  std::vector<size_t> candidates;
  while (!stop.stop_requested()) {
    if (auto day = TakeDay()) return day;
    // Whatever brings the stores that are behind forward, else whatever there is.
    candidates.resize(partitions_.size());
    std::iota(candidates.begin(), candidates.end(), size_t{0});
    bool has_read = false;
    while (!has_read && !candidates.empty()) {
      const size_t index = Behind(candidates);
      TILLSTREAM_ASSIGN(has_read, Read(index));
      std::erase(candidates, index);
    }
    CloseDays(/*at_end=*/!has_read);
    if (has_read) continue;
    if (auto day = TakeDay()) return day;
    const auto now = clock_.Monotonic();
    if (now >= deadline) break;
    clock_.SleepUntil(std::min(deadline, now + kPoll), stop);
  }
  return std::optional<PanelDay>();
}

size_t DayFollower::Behind(const std::vector<size_t>& candidates) const {
  return *std::min_element(candidates.begin(), candidates.end(), [this](size_t a, size_t b) {
    return partitions_[a].latest < partitions_[b].latest;
  });
}

Result<bool> DayFollower::Read(size_t index) {
  TILLSTREAM_ASSIGN(const std::span<const RecordView> records,
                    partitions_[index].reader->Read(std::chrono::milliseconds(0)));
  for (const RecordView& record : records) {
    TILLSTREAM_TRY(Take(index, record));
    partitions_[index].next = record.offset + 1;
  }
  return !records.empty();
}

std::optional<size_t> DayFollower::StoreIn(Partition& partition, std::string_view store_id) const {
  if (sources_[partition.last_store].store_id == store_id) return partition.last_store;
  for (const size_t store : partition.stores) {
    if (sources_[store].store_id != store_id) continue;
    partition.last_store = store;
    return store;
  }
  return std::nullopt;
}

Status DayFollower::Take(size_t index, const RecordView& record) {
  Partition& partition = partitions_[index];
  const Status decoded = decoder_.Decode(record, &event_);
  if (!decoded) {
    return decoded.error().At(
        fmt::format("{} offset {}", partition.id.ToString(), record.offset.value()));
  }
  const auto number = static_cast<int32_t>(index);
  if (const auto* sale = std::get_if<SalesRecord>(&event_)) {
    const auto store = StoreIn(partition, sale->store_id);
    if (!store) return Ok();
    if (stores_[*store].state_id.empty()) stores_[*store].state_id = sale->state_id;
    const DayPut put = stores_[*store].days.Put(*sale, number, record.offset);
    ++counts_.events;
    Count(partition, record.offset, put);
    if (put == DayPut::kTaken) partition.latest = std::max(partition.latest, sale->day);
  } else if (const auto* total = std::get_if<StoreDay>(&event_)) {
    const auto store = StoreIn(partition, total->store_id);
    if (!store) return Ok();
    const DayPut put = stores_[*store].days.PutTotal(*total, number, record.offset);
    Count(partition, record.offset, put);
    if (put == DayPut::kTaken) partition.latest = std::max(partition.latest, total->day);
  }
  return Ok();
}

void DayFollower::Count(const Partition& partition, Offset at, DayPut put) {
  if (put == DayPut::kAhead) ++counts_.ahead;
  // Read again, after a snapshot, it is not late for that.
  if (put == DayPut::kLate && at >= partition.known_to) ++counts_.late;
}

void DayFollower::CloseDays(bool at_end) {
  Day furthest = next_ - 1;
  for (const Store& store : stores_) furthest = std::max(furthest, store.days.next_day() - 1);
  for (size_t i = 0; i < stores_.size(); ++i) {
    Store& store = stores_[i];
    while (true) {
      std::optional<ClosedDay> day = store.days.Close();
      if (!day && at_end) {
        day = store.days.Close(furthest);
        hung_on_time_ = hung_on_time_ || day.has_value();
      }
      if (!day) break;
      if (day->close == DayClose::kIncomplete) {
        ++counts_.incomplete_days;
        Warn(
            fmt::format("store {}: d_{} never came to its end-of-day total; closed as incomplete, "
                        "forecasts do without it",
                        sources_[i].store_id, day->day.value()));
      }
      store.closed.push_back(*std::move(day));
    }
  }
}

std::optional<PanelDay> DayFollower::TakeDay() {
  for (const Store& store : stores_) {
    if (store.closed.empty()) return std::nullopt;
  }
  PanelDay day{next_, {}};
  for (Store& store : stores_) {
    day.stores.push_back(std::move(store.closed.front()));
    store.closed.pop_front();
  }
  ++next_;
  return day;
}

void DayFollower::Warn(const std::string& line) {
  if (options_.on_warning && warnings_++ < kWarningsMax) options_.on_warning(line);
}

std::vector<std::vector<StoreItem>> DayFollower::items() const {
  std::vector<std::vector<StoreItem>> items;
  for (const Store& store : stores_) items.push_back(store.days.items());
  return items;
}

std::vector<FollowPosition> DayFollower::positions() const {
  std::vector<FollowPosition> positions;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const Partition& partition = partitions_[i];
    Offset resume = partition.next;
    const auto number = static_cast<int32_t>(i);
    for (const size_t store : partition.stores) {
      if (const auto open = stores_[store].days.OldestOpen(number)) {
        resume = std::min(resume, *open);
      }
      // Closed, but not given yet.
      for (const ClosedDay& day : stores_[store].closed) {
        const auto first = day.first_at.find(number);
        if (first != day.first_at.end()) resume = std::min(resume, first->second);
      }
    }
    positions.push_back({partition.id, resume, partition.next});
  }
  return positions;
}

FollowCounts DayFollower::counts() const {
  FollowCounts counts = counts_;
  for (const Store& store : stores_) {
    for (const auto& [item, events] : store.days.strangers()) counts.strangers += events;
  }
  return counts;
}

}  // namespace tillstream
