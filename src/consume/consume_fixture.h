#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "avro/framing.h"
#include "avro/sales_codec.h"
#include "base/check.h"
#include "dataset/dataset.h"
#include "dataset/day_total.h"
#include "log/memory_log.h"
#include "model/names.h"
#include "registry/log_registry.h"
#include "testing/memory_files.h"
#include "testing/sim_clock.h"
#include "testing/small_dataset.h"

namespace tillstream {

/// Loads a small dataset without touching a disk.
inline Dataset LoadSmall(const SmallDataset& small) {
  MemoryFiles files;
  files.contents["calendar.csv"] = small.CalendarCsv();
  files.contents["sell_prices.csv"] = small.PricesCsv();
  files.contents[small.SalesFile()] = small.SalesCsv();
  FaultList faults;
  Result<Dataset> dataset = LoadDataset(files, "data", LoadOptions(), &faults);
  TILLSTREAM_CHECK_MSG(dataset.has_value(), dataset ? "" : dataset.error().message);
  return *std::move(dataset);
}

/// A record to be written, which a test may change or spoil first.
struct MadeRecord {
  std::string key;
  std::string value;
  Timestamp timestamp;
  bool has_value = true;
};

/// A log in memory with a registry, into which a test writes what it likes: a dataset's stream, or
/// records that no generator would write.
class StreamTest : public testing::Test {
 protected:
  StreamTest() { BeginLog(); }

  /// An empty log with the topics and the two schemas.
  void BeginLog() {
    registry_.reset();
    log_ = std::make_unique<MemoryLog>(clock_);
    TILLSTREAM_CHECK(log_->CreateTopic({"sales", 2}).has_value());
    TILLSTREAM_CHECK(log_->CreateTopic({"sales-days", 2}).has_value());
    registry_ = *LogRegistry::Open(*log_, clock_, "test");
    sales_ = *registry_->Register("sales-value", SalesRecordSchema(), Timestamp(0));
    totals_ = *registry_->Register("sales-days-value", StoreDaySchema(), Timestamp(0));
  }

  std::string Framed(const SalesRecord& sale) const {
    std::string value;
    EncodeSalesRecord(sales_, sale, &value);
    return value;
  }
  std::string Framed(const StoreDay& total) const {
    std::string value;
    EncodeStoreDay(totals_, total, &value);
    return value;
  }

  /// A store's events of the days [from, to), as its generator writes them.
  std::vector<MadeRecord> EventsOf(const Dataset& dataset, size_t store, Day from, Day to) const {
    const StoreTable& table = *dataset.stores[store];
    std::vector<MadeRecord> records;
    DaySlice slice;
    for (Day day = from; day < to; ++day) {
      table.CopyDay(day, &slice);
      for (size_t row = 0; row < table.series().size(); ++row) {
        const Series& series = table.series()[row];
        SalesRecord sale{series.item_id,   series.dept_id,   series.cat_id,
                         table.store_id(), table.state_id(), day,
                         slice.units[row], std::nullopt};
        if (slice.price_cents[row] != kNoPrice) sale.sell_price = PriceOf(slice.price_cents[row]);
        records.push_back({series.item_id + "_" + table.store_id(), Framed(sale),
                           StartOf(dataset.calendar->at(day).date)});
      }
    }
    return records;
  }

  std::vector<MadeRecord> TotalsOf(const Dataset& dataset, size_t store, Day from, Day to) const {
    const StoreTable& table = *dataset.stores[store];
    std::vector<MadeRecord> records;
    DaySlice slice;
    for (Day day = from; day < to; ++day) {
      table.CopyDay(day, &slice);
      records.push_back({table.store_id(), Framed(TotalOf(table, *dataset.calendar, day, slice)),
                         StartOf(dataset.calendar->at(day).date)});
    }
    return records;
  }

  /// Appends the records behind what is there, a batch for those that follow each other with one
  /// timestamp, and makes them durable.
  void Write(const std::string& topic, int32_t partition, const std::vector<MadeRecord>& records) {
    WriterSpec spec;
    spec.events = {{topic, PartitionId(partition)}};
    spec.holder = "test";
    const auto writer = log_->OpenWriter(spec);
    TILLSTREAM_CHECK(writer.has_value());
    RecordBlock block;
    for (size_t i = 0; i < records.size(); ++i) {
      if (block.empty()) block.Clear(records[i].timestamp);
      block.Append(records[i].key, records[i].value, records[i].has_value);
      if (i + 1 < records.size() && records[i + 1].timestamp == block.timestamp()) continue;
      TILLSTREAM_CHECK((*writer)->Append(block).has_value());
      block.Clear(Timestamp(0));
    }
    TILLSTREAM_CHECK((*writer)->Sync(std::chrono::seconds(1)).has_value());
  }

  SimClock clock_;
  std::unique_ptr<MemoryLog> log_;
  std::unique_ptr<LogRegistry> registry_;
  SchemaId sales_;
  SchemaId totals_;
};

}  // namespace tillstream
