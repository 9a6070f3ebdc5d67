#include "consume/verifier.h"

#include <algorithm>

#include "dataset/day_total.h"
#include "model/names.h"

namespace tillstream {
namespace {

class StoreVerifier {
 public:
  StoreVerifier(EventLog& log, SchemaRegistry& registry, const StoreTable& table,
                const Calendar& calendar, const VerifyOptions& options)
      : log_(log),
        table_(table),
        calendar_(calendar),
        options_(options),
        decoder_(registry),
        rows_(static_cast<int64_t>(table.series().size())) {
    result_.store_id = table.store_id();
    result_.partition = options.partition;
    result_.events_expected = rows_ * (options.to.value() - options.from.value());
    result_.totals_expected = options.to.value() - options.from.value();
  }

  Result<StoreVerification> Run(const std::stop_token& stop) {
    TILLSTREAM_TRY(CompareEvents(stop));
    TILLSTREAM_TRY(CompareTotals(stop));
    const Day events_day = options_.from + static_cast<int32_t>(next_event_ / rows_);
    result_.next_day = std::min(events_day, next_total_);
    result_.complete = result_.next_day >= options_.to;
    return result_;
  }

 private:
  /// A reader that stands at the first record of the days to compare.
  Result<std::unique_ptr<LogReader>> OpenAt(const std::string& topic) {
    TILLSTREAM_ASSIGN(std::unique_ptr<LogReader> reader,
                      log_.OpenReader({topic, options_.partition}));
    if (options_.from > options_.stream_from) {
      TILLSTREAM_ASSIGN(const Offset offset, reader->OffsetAt(StartOf(calendar_.at(options_.from).date)));
      TILLSTREAM_TRY(reader->Seek(offset));
    }
    return reader;
  }

  /// Whether the record lies behind the days to compare.
  bool Behind(const RecordView& record) const {
    return options_.to.value() <= calendar_.day_count() &&
           record.timestamp >= StartOf(calendar_.at(options_.to).date);
  }

  template <typename Compare>
  Status Walk(const std::string& topic, const std::stop_token& stop, Compare compare) {
    TILLSTREAM_ASSIGN(const std::unique_ptr<LogReader> reader, OpenAt(topic));
    while (!stop.stop_requested()) {
      TILLSTREAM_ASSIGN(const std::span<const RecordView> records,
                        reader->Read(std::chrono::milliseconds(0)));
      if (records.empty()) return Ok();
      for (const RecordView& record : records) {
        if (Behind(record)) return Ok();
        TILLSTREAM_TRY(compare(record));
      }
    }
    return Ok();
  }

  void Differ(const std::string& topic, const RecordView& record, const std::string& text) {
    if (result_.differences.size() >= kDifferencesKept) return;
    result_.differences.push_back(
        fmt::format("{} offset {}: {}", TopicPartition{topic, options_.partition}.ToString(),
                    record.offset.value(), text));
  }

  // Events.

  Status CompareEvents(const std::stop_token& stop) {
    return Walk(options_.topic, stop, [this](const RecordView& record) { return CompareEvent(record); });
  }

  Status CompareEvent(const RecordView& record) {
    const Status decoded = decoder_.Decode(record, &event_);
    if (!decoded && decoded.error().code != ErrorCode::kCorrupt) return decoded;
    const SalesRecord* sale = decoded ? std::get_if<SalesRecord>(&event_) : nullptr;
    if (sale == nullptr) {
      ++result_.events_foreign;
      Differ(options_.topic, record, decoded ? "not a SalesRecord" : decoded.error().message);
      return Ok();
    }
    int64_t index = next_event_;
    if (!IsSeries(*sale, index % rows_) || sale->day != DayOf(index)) index = IndexOf(*sale);
    if (index < 0) {
      ++result_.events_foreign;
      Differ(options_.topic, record,
             fmt::format("{} in {} on d_{} is not in the data", sale->item_id, sale->store_id,
                         sale->day.value()));
      return Ok();
    }
    if (index < next_event_) {
      ++result_.events_repeated;
      Differ(options_.topic, record,
             fmt::format("{} d_{}: repeated or out of order", sale->item_id, sale->day.value()));
      return Ok();
    }
    if (index > next_event_) {
      result_.events_missing += index - next_event_;
      Differ(options_.topic, record,
             fmt::format("{} d_{} follows, {} events before it are missing", sale->item_id,
                         sale->day.value(), index - next_event_));
    }
    next_event_ = index + 1;
    if (const std::string difference = DifferenceOf(record, *sale, index); !difference.empty()) {
      ++result_.events_different;
      Differ(options_.topic, record, fmt::format("{} d_{}: {}", sale->item_id, sale->day.value(), difference));
    } else {
      ++result_.events_equal;
    }
    return Ok();
  }

  Day DayOf(int64_t index) const { return options_.from + static_cast<int32_t>(index / rows_); }

  bool IsSeries(const SalesRecord& sale, int64_t row) const {
    return sale.item_id == table_.series()[static_cast<size_t>(row)].item_id;
  }

  /// Index of an event among those to compare, by its names; -1 when it is none of them.
  int64_t IndexOf(const SalesRecord& sale) {
    if (row_of_.empty()) {
      for (size_t row = 0; row < table_.series().size(); ++row) {
        row_of_[table_.series()[row].item_id] = static_cast<int64_t>(row);
      }
    }
    const auto row = row_of_.find(sale.item_id);
    if (row == row_of_.end() || sale.store_id != table_.store_id() || sale.day < options_.from ||
        sale.day >= options_.to) {
      return -1;
    }
    return int64_t{sale.day - options_.from} * rows_ + row->second;
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
    const auto row = static_cast<size_t>(index % rows_);
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
    if (!key_right) return fmt::format("key is {}", key);
    return "";
  }

  // End-of-day totals.

  Status CompareTotals(const std::stop_token& stop) {
    next_total_ = options_.from;
    return Walk(TotalsTopic(options_.topic), stop,
                [this](const RecordView& record) { return CompareTotal(record); });
  }

  Status CompareTotal(const RecordView& record) {
    const std::string topic = TotalsTopic(options_.topic);
    const Status decoded = decoder_.Decode(record, &event_);
    if (!decoded && decoded.error().code != ErrorCode::kCorrupt) return decoded;
    const StoreDay* total = decoded ? std::get_if<StoreDay>(&event_) : nullptr;
    if (total == nullptr || total->day < next_total_ || total->day >= options_.to) {
      ++result_.totals_wrong;
      Differ(topic, record,
             !decoded           ? decoded.error().message
             : total == nullptr ? "not a StoreDay"
                                : fmt::format("total of d_{}: repeated, out of order or not in "
                                              "the data",
                                              total->day.value()));
      return Ok();
    }
    if (total->day > next_total_) {
      result_.totals_wrong += total->day - next_total_;
      Differ(topic, record, fmt::format("total of d_{} follows, {} before it are missing",
                                        total->day.value(), total->day - next_total_));
    }
    LoadDay(total->day);
    const StoreDay expected = TotalOf(table_, calendar_, total->day, slice_);
    next_total_ = total->day + 1;
    if (*total == expected && record.timestamp == timestamp_ && record.key == table_.store_id()) {
      ++result_.totals_equal;
    } else {
      ++result_.totals_wrong;
      Differ(topic, record,
             fmt::format("total of d_{}: {} events, {} units, {} cents; needed {}, {}, {}",
                         total->day.value(), total->events, total->units, total->revenue_cents,
                         expected.events, expected.units, expected.revenue_cents));
    }
    return Ok();
  }

  EventLog& log_;
  const StoreTable& table_;
  const Calendar& calendar_;
  const VerifyOptions& options_;
  EventDecoder decoder_;
  const int64_t rows_;
  StoreVerification result_;
  Event event_;
  DaySlice slice_;
  Day loaded_day_{0};
  Timestamp timestamp_;
  int64_t next_event_ = 0;  ///< Index of the next event among those to compare.
  Day next_total_{1};
  std::unordered_map<std::string_view, int64_t> row_of_;
};

}  // namespace

Result<StoreVerification> VerifyStore(EventLog& log, SchemaRegistry& registry,
                                      const StoreTable& table, const Calendar& calendar,
                                      const VerifyOptions& options, const std::stop_token& stop) {
  return StoreVerifier(log, registry, table, calendar, options).Run(stop);
}

}  // namespace tillstream
