#include "consume/verifier.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/text.h"
#include "dataset/day_total.h"
#include "dataset/row_dealing.h"
#include "model/names.h"

namespace tillstream {
namespace {

class StoreVerifier {
 public:
  StoreVerifier(EventLog& log, SchemaRegistry& registry, const StoreTable& table,
                const Calendar& calendar, const VerifyOptions& options)
      : log_(log), table_(table), calendar_(calendar), options_(options), decoder_(registry) {
    result_.store_id = table.store_id();
    result_.partition = options.partition;
    result_.events_expected =
        static_cast<int64_t>(table.series().size()) * (options.to.value() - options.from.value());
    result_.totals_expected = options.to.value() - options.from.value();
  }

  Result<StoreVerification> Run(const std::stop_token& stop) {
    Day events_day = options_.to;
    const std::vector<TopicPartition> partitions = EventPartitions();
    size_t i = 0;
    for (std::vector<int32_t>& rows : DealRows(table_, static_cast<int32_t>(partitions.size()))) {
      rows_ = std::move(rows);
      TILLSTREAM_TRY(CompareEvents(partitions[i++], stop));
      if (!rows_.empty()) events_day = std::min(events_day, DayOf(next_event_));
    }
    TILLSTREAM_TRY(CompareTotals(stop));
    result_.next_day = std::min(events_day, next_total_);
    result_.complete = result_.next_day >= options_.to;
    return result_;
  }

 private:
  std::vector<TopicPartition> EventPartitions() const {
    if (!options_.events.empty()) return options_.events;
    return {{options_.topic, options_.partition}};
  }

  /// A reader that stands at the first record of the days to compare.
  Result<std::unique_ptr<LogReader>> OpenAt(const TopicPartition& partition) {
    TILLSTREAM_ASSIGN(std::unique_ptr<LogReader> reader, log_.OpenReader(partition));
    reader->OmitHeaders();
    if (options_.from > options_.stream_from) {
      TILLSTREAM_ASSIGN(const Offset offset,
                        reader->OffsetAt(StartOf(calendar_.at(options_.from).date)));
      TILLSTREAM_TRY(reader->Seek(offset));
    }
    return reader;
  }

  /// Whether a record lies behind the days to compare: both its time and its day, as far as it has
  /// one, since either may be what is wrong with it. Nothing does when the days go to the end of
  /// the data: then the log must not hold more.
  bool IsBehind(const RecordView& record, std::optional<Day> day) const {
    return options_.to.value() <= table_.day_count() &&
           record.timestamp >= StartOf(calendar_.at(options_.to).date) &&
           (!day || *day >= options_.to);
  }

  /// Whether another store, or none, has to do with a record whose key ends with `id` behind
  /// `separator`.
  bool IsOfOthers(std::string_view key, std::string_view separator) const {
    if (options_.beside.empty()) return false;
    const auto is_of = [&](std::string_view id) {
      return key.ends_with(id) && key.substr(0, key.size() - id.size()).ends_with(separator);
    };
    // The end of one id may be another.
    size_t longest = 0;
    for (const std::string& id : options_.beside) {
      if (is_of(id)) longest = std::max(longest, id.size());
    }
    if (is_of(table_.store_id()) && table_.store_id().size() > longest) return false;
    return longest > 0 || !options_.counts_strangers;
  }

  /// Gives each record of the store to `compare` until that returns false.
  template <typename Compare>
  Status Walk(const TopicPartition& partition, std::string_view separator,
              const std::stop_token& stop, Compare compare) {
    TILLSTREAM_ASSIGN(const std::unique_ptr<LogReader> reader, OpenAt(partition));
    partition_ = partition;
    while (!stop.stop_requested()) {
      TILLSTREAM_ASSIGN(const std::span<const RecordView> records,
                        reader->Read(std::chrono::milliseconds(0)));
      if (records.empty()) return Ok();
      for (const RecordView& record : records) {
        if (IsOfOthers(record.key, separator)) continue;
        TILLSTREAM_ASSIGN(const bool go_on, compare(record));
        if (!go_on) return Ok();
      }
    }
    return Ok();
  }

  void Differ(const RecordView& record, const std::string& text) {
    if (result_.differences.size() >= kDifferencesKept) return;
    result_.differences.push_back(
        fmt::format("{} offset {}: {}", partition_.ToString(), record.offset.value(), text));
  }

  // Events.

  /// Those of one partition, which has `rows_`.
  Status CompareEvents(const TopicPartition& partition, const std::stop_token& stop) {
    next_event_ = 0;
    place_of_.clear();
    return Walk(partition, "_", stop,
                [this](const RecordView& record) { return CompareEvent(record); });
  }

  Result<bool> CompareEvent(const RecordView& record) {
    const Status decoded = decoder_.Decode(record, &event_);
    if (!decoded && decoded.error().code != ErrorCode::kCorrupt) return decoded.error();
    const SalesRecord* sale = decoded ? std::get_if<SalesRecord>(&event_) : nullptr;
    if (IsBehind(record, sale == nullptr ? std::nullopt : std::optional(sale->day))) {
      MissEvents(record, ExpectedEvents(), "events before it are missing");
      return false;
    }
    if (sale == nullptr) {
      ++result_.events_foreign;
      Differ(record, decoded ? "not a SalesRecord" : decoded.error().message);
      return true;
    }
    const int64_t index = IndexOf(*sale);
    if (index < 0) {
      ++result_.events_foreign;
      Differ(record, fmt::format("{} of store {} is none of the events to compare", NameOf(*sale),
                                 sale->store_id));
    } else if (index < next_event_) {
      ++result_.events_repeated;
      Differ(record, NameOf(*sale) + ": repeated or out of order");
    } else {
      if (index > next_event_) {
        MissEvents(record, index, fmt::format("events before {} are missing", NameOf(*sale)));
      }
      next_event_ = index + 1;
      CompareFields(record, *sale, index);
    }
    return true;
  }

  /// Counts the events from the next expected one to `end` as missing before `record`.
  void MissEvents(const RecordView& record, int64_t end, std::string_view text) {
    if (end <= next_event_) return;
    const int64_t missing = end - next_event_;
    result_.events_missing += missing;
    Differ(record, fmt::format("{} {}", WithThousands(missing), text));
  }

  void CompareFields(const RecordView& record, const SalesRecord& sale, int64_t index) {
    const std::string difference = DifferenceOf(record, sale, index);
    if (difference.empty()) {
      ++result_.events_equal;
      return;
    }
    ++result_.events_different;
    Differ(record, fmt::format("{}: {}", NameOf(sale), difference));
  }

  static std::string NameOf(const SalesRecord& sale) {
    return fmt::format("{} d_{}", sale.item_id, sale.day.value());
  }

  int64_t row_count() const { return static_cast<int64_t>(rows_.size()); }
  int64_t ExpectedEvents() const { return row_count() * (options_.to - options_.from); }
  Day DayOf(int64_t index) const {
    return options_.from + static_cast<int32_t>(index / row_count());
  }
  size_t RowOf(int64_t index) const {
    return static_cast<size_t>(rows_[static_cast<size_t>(index % row_count())]);
  }

  /// Index of an event among those to compare in the partition, by its item and day; -1 when it is
  /// none of them.
  int64_t IndexOf(const SalesRecord& sale) {
    if (sale.day < options_.from || sale.day >= options_.to) return -1;
    if (rows_.empty()) return -1;
    if (sale.day == DayOf(next_event_) &&
        sale.item_id == table_.series()[RowOf(next_event_)].item_id) {
      return next_event_;
    }
    if (place_of_.empty()) {
      for (int64_t place = 0; place < row_count(); ++place) {
        place_of_[table_.series()[RowOf(place)].item_id] = place;
      }
    }
    const auto place = place_of_.find(sale.item_id);
    if (place == place_of_.end() || sale.store_id != table_.store_id()) return -1;
    return int64_t{sale.day - options_.from} * row_count() + place->second;
  }

  void LoadDay(Day day) {
    if (day == loaded_day_) return;
    table_.CopyDay(day, &slice_);
    loaded_day_ = day;
    timestamp_ = StartOf(calendar_.at(day).date);
  }

  /// What is wrong with the event at `index`, empty if nothing.
  std::string DifferenceOf(const RecordView& record, const SalesRecord& sale, int64_t index) {
    LoadDay(DayOf(index));
    const size_t row = RowOf(index);
    const Series& series = table_.series()[row];
    const int32_t units = slice_.units[row];
    std::optional<float> price;
    if (slice_.price_cents[row] != kNoPrice) price = PriceOf(slice_.price_cents[row]);
    if (sale.sold != units) return fmt::format("sold is {}, needed {}", sale.sold, units);
    if (sale.sell_price != price) {
      const auto text = [](std::optional<float> p) { return p ? fmt::format("{}", *p) : "null"; };
      return fmt::format("sell_price is {}, needed {}", text(sale.sell_price), text(price));
    }
    if (sale.store_id != table_.store_id() || sale.state_id != table_.state_id()) {
      return fmt::format("store is {} in {}, needed {} in {}", sale.store_id, sale.state_id,
                         table_.store_id(), table_.state_id());
    }
    if (sale.dept_id != series.dept_id || sale.cat_id != series.cat_id) {
      return fmt::format("department is {} of {}, needed {} of {}", sale.dept_id, sale.cat_id,
                         series.dept_id, series.cat_id);
    }
    if (record.timestamp != timestamp_) {
      return fmt::format("timestamp is {}, needed {}", record.timestamp.value(),
                         timestamp_.value());
    }
    const std::string_view key = record.key;
    const bool key_right = key.size() == series.item_id.size() + 1 + table_.store_id().size() &&
                           key.starts_with(series.item_id) && key.ends_with(table_.store_id()) &&
                           key[series.item_id.size()] == '_';
    if (!key_right) {
      return fmt::format("key is {}, needed {}", Quote(key),
                         Quote(series.item_id + "_" + table_.store_id()));
    }
    return "";
  }

  // End-of-day totals.

  Status CompareTotals(const std::stop_token& stop) {
    next_total_ = options_.from;
    return Walk({TotalsTopic(options_.topic), options_.partition}, "", stop,
                [this](const RecordView& record) { return CompareTotal(record); });
  }

  Result<bool> CompareTotal(const RecordView& record) {
    const Status decoded = decoder_.Decode(record, &event_);
    if (!decoded && decoded.error().code != ErrorCode::kCorrupt) return decoded.error();
    const StoreDay* total = decoded ? std::get_if<StoreDay>(&event_) : nullptr;
    if (IsBehind(record, total == nullptr ? std::nullopt : std::optional(total->day))) {
      MissTotals(record, options_.to);
      return false;
    }
    if (total == nullptr || total->day < next_total_ || total->day >= options_.to) {
      ++result_.totals_wrong;
      Differ(record, !decoded ? decoded.error().message
                     : total == nullptr
                         ? "not a StoreDay"
                         : fmt::format("total of d_{}: repeated, out of order or none of "
                                       "the days to compare",
                                       total->day.value()));
      return true;
    }
    MissTotals(record, total->day);
    next_total_ = total->day + 1;
    const std::string difference = DifferenceOf(record, *total);
    if (difference.empty()) {
      ++result_.totals_equal;
    } else {
      ++result_.totals_wrong;
      Differ(record, fmt::format("total of d_{}: {}", total->day.value(), difference));
    }
    return true;
  }

  void MissTotals(const RecordView& record, Day end) {
    if (end <= next_total_) return;
    result_.totals_wrong += end - next_total_;
    Differ(record, fmt::format("{} totals from d_{} on are missing before it", end - next_total_,
                               next_total_.value()));
  }

  /// What is wrong with a total of one of the days to compare, empty if nothing.
  std::string DifferenceOf(const RecordView& record, const StoreDay& total) {
    LoadDay(total.day);
    const StoreDay expected = TotalOf(table_, calendar_, total.day, slice_);
    if (total.store_id != expected.store_id || total.state_id != expected.state_id) {
      return fmt::format("store is {} in {}, needed {} in {}", total.store_id, total.state_id,
                         expected.store_id, expected.state_id);
    }
    const auto differ = [](const char* name, int64_t found, int64_t needed) {
      return found == needed ? "" : fmt::format("{} is {}, needed {}", name, found, needed);
    };
    for (const std::string& difference :
         {differ("events", total.events, expected.events),
          differ("units", total.units, expected.units),
          differ("revenue_cents", total.revenue_cents, expected.revenue_cents),
          differ("unpriced_units", total.unpriced_units, expected.unpriced_units),
          differ("revision", total.revision, expected.revision),
          differ("timestamp", record.timestamp.value(), timestamp_.value())}) {
      if (!difference.empty()) return difference;
    }
    if (total.date != expected.date) {
      return fmt::format("date is {}, needed {}", FormatDate(total.date),
                         FormatDate(expected.date));
    }
    if (record.key != table_.store_id()) {
      return fmt::format("key is {}, needed {}", Quote(record.key), Quote(table_.store_id()));
    }
    return "";
  }

  EventLog& log_;
  const StoreTable& table_;
  const Calendar& calendar_;
  const VerifyOptions& options_;
  EventDecoder decoder_;
  StoreVerification result_;
  TopicPartition partition_;   ///< That is compared.
  std::vector<int32_t> rows_;  ///< That it has, in order.
  Event event_;
  DaySlice slice_;
  Day loaded_day_{0};
  Timestamp timestamp_;
  int64_t next_event_ = 0;  ///< Index of the next event among those to compare there.
  Day next_total_{1};
  std::unordered_map<std::string_view, int64_t> place_of_;
};

}  // namespace

Result<StoreVerification> VerifyStore(EventLog& log, SchemaRegistry& registry,
                                      const StoreTable& table, const Calendar& calendar,
                                      const VerifyOptions& options, const std::stop_token& stop) {
  return StoreVerifier(log, registry, table, calendar, options).Run(stop);
}

}  // namespace tillstream
