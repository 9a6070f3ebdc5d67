#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "avro/framing.h"
#include "avro/sales_codec.h"
#include "base/check.h"
#include "dataset/dataset.h"
#include "dataset/day_total.h"
#include "log/event_log.h"
#include "log/record_batch.h"
#include "model/names.h"
#include "registry/log_registry.h"
#include "registry/subject_name.h"
#include "replay/partition_plan.h"
#include "replay/replayer.h"
#include "testing/memory_files.h"
#include "testing/sim_clock.h"
#include "testing/small_dataset.h"

namespace tillstream {

/// Loads a small dataset without touching a disk.
inline Dataset LoadSmall(const SmallDataset& small, std::vector<std::string> stores = {}) {
  MemoryFiles files;
  files.contents["calendar.csv"] = small.CalendarCsv();
  files.contents["sell_prices.csv"] = small.PricesCsv();
  files.contents[small.SalesFile()] = small.SalesCsv();
  LoadOptions options;
  options.stores = std::move(stores);
  FaultList faults;
  Result<Dataset> dataset = LoadDataset(files, "data", options, &faults);
  TILLSTREAM_CHECK_MSG(dataset.has_value(), dataset ? "" : dataset.error().message);
  return *std::move(dataset);
}

/// An event or a total as a reader gets it: key, time, and the value in words.
struct ReadRecord {
  std::string key;
  int64_t timestamp = 0;
  std::string value;
  friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
  friend void PrintTo(const ReadRecord& record, std::ostream* out) {
    *out << record.timestamp << " " << record.key << " " << record.value;
  }
};

inline std::string InWords(const SalesRecord& sale) {
  return fmt::format("{} {} {} {} {} d_{} sold {} price {}", sale.item_id, sale.dept_id,
                     sale.cat_id, sale.store_id, sale.state_id, sale.day.value(), sale.sold,
                     sale.sell_price ? fmt::format("{}", *sale.sell_price) : "null");
}
inline std::string InWords(const StoreDay& total) {
  return fmt::format("{} {} d_{} {} events {} units {} cents {} unpriced {} revision {}",
                     total.store_id, total.state_id, total.day.value(), FormatDate(total.date),
                     total.events, total.units, total.revenue_cents, total.unpriced_units,
                     total.revision);
}

/// The store's events of [from, to) as its table has them.
inline std::vector<ReadRecord> ExpectedEvents(const StoreTable& table, const Calendar& calendar,
                                              Day from, Day to) {
  std::vector<ReadRecord> events;
  DaySlice slice;
  for (Day day = from; day < to; ++day) {
    table.CopyDay(day, &slice);
    for (size_t row = 0; row < table.series().size(); ++row) {
      const Series& series = table.series()[row];
      SalesRecord sale{series.item_id,   series.dept_id,   series.cat_id,
                       table.store_id(), table.state_id(), day,
                       slice.units[row], std::nullopt};
      if (slice.price_cents[row] != kNoPrice) sale.sell_price = PriceOf(slice.price_cents[row]);
      events.push_back({series.item_id + "_" + table.store_id(),
                        StartOf(calendar.at(day).date).value(), InWords(sale)});
    }
  }
  return events;
}

/// The store's totals of [from, to).
inline std::vector<ReadRecord> ExpectedTotals(const StoreTable& table, const Calendar& calendar,
                                              Day from, Day to) {
  std::vector<ReadRecord> totals;
  DaySlice slice;
  for (Day day = from; day < to; ++day) {
    table.CopyDay(day, &slice);
    totals.push_back({table.store_id(), StartOf(calendar.at(day).date).value(),
                      InWords(TotalOf(table, calendar, day, slice))});
  }
  return totals;
}

/// Everything in a partition, decoded by schema resolution: not by the code made for version 1.
inline std::vector<ReadRecord> ReadPartition(EventLog& log, const TopicPartition& partition) {
  SalesDecoder sales = *SalesDecoder::MakeGeneral(SalesRecordSchema());
  StoreDayDecoder totals = *StoreDayDecoder::MakeGeneral(StoreDaySchema());
  const bool is_totals = partition.topic.ends_with("-days");
  std::vector<ReadRecord> records;
  auto reader = log.OpenReader(partition);
  TILLSTREAM_CHECK(reader.has_value());
  while (true) {
    const auto batch = (*reader)->Read(std::chrono::milliseconds(0));
    TILLSTREAM_CHECK_MSG(batch.has_value(), batch ? "" : batch.error().message);
    if (batch->empty()) return records;
    for (const RecordView& record : *batch) {
      const std::string_view payload = ParseFrame(record.value)->payload;
      std::string words;
      if (is_totals) {
        StoreDay total;
        TILLSTREAM_CHECK(totals.Decode(payload, &total).has_value());
        words = InWords(total);
      } else {
        SalesRecord sale;
        TILLSTREAM_CHECK(sales.Decode(payload, &sale).has_value());
        words = InWords(sale);
      }
      records.push_back({std::string(record.key), record.timestamp.value(), words});
    }
  }
}

/// What a command wires together before it streams: identity, schemas, manifest, topics.
inline Result<RunIdentity> BeginSmallRun(EventLog& log, Clock& clock, RunManifest& manifest,
                                         const Dataset& dataset, const std::string& topic = "sales",
                                         Day from = Day(1), const PlanRequest& plan = {}) {
  RunIdentity identity = IdentityOf(dataset, from, "none", kSegmentBytesDefault);
  TILLSTREAM_TRY(ApplyPlan(plan, dataset, &identity));
  TILLSTREAM_ASSIGN(const auto registry, LogRegistry::Open(log, clock, "test"));
  const Timestamp timestamp = StartOf(dataset.calendar->at(from).date);
  TILLSTREAM_ASSIGN(identity.sales_schema,
                    registry->Register(ValueSubject(topic), SalesRecordSchema(), timestamp));
  TILLSTREAM_ASSIGN(identity.totals_schema, registry->Register(ValueSubject(TotalsTopic(topic)),
                                                               StoreDaySchema(), timestamp));
  TILLSTREAM_ASSIGN(identity, manifest.Update(identity, "test"));
  for (const TopicInfo& info : TopicsOf(identity, topic)) TILLSTREAM_TRY(log.CreateTopic(info));
  return identity;
}

}  // namespace tillstream
