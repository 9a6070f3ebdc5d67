#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "avro/forecast_codec.h"
#include "consume/consume_fixture.h"
#include "forecast/known_days.h"
#include "live/live_forecast.h"
#include "model/money.h"

namespace tillstream {

/// Two stores, a partition each, whose days a test makes up: any item, any units, and totals that
/// are right or not.
class LiveTest : public StreamTest {
 protected:
  LiveTest() {
    known_.first_date = Date(std::chrono::year(2011) / 1 / 29);
    forecast_schema_ = *registry_->Register("f", SalesForecastSchema(), Timestamp(0));
    score_schema_ = *registry_->Register("s", ForecastScoreSchema(), Timestamp(0));
  }

  struct Sale {
    std::string item;
    int32_t units = 0;
    std::optional<float> price = 1.5F;
  };

  static std::string StoreId(int32_t store) { return "CA_" + std::to_string(store + 1); }
  Timestamp TimeOf(int32_t day) const { return StartOf(known_.DateOf(Day(day))); }

  /// Writes a store's events of a day; `partition` is the store's own by default.
  void WriteSales(int32_t store, int32_t day, const std::vector<Sale>& sales,
                  int32_t partition = -1) {
    const std::string id = StoreId(store);
    std::vector<MadeRecord> records;
    for (const Sale& sale : sales) {
      SalesRecord record;
      record.item_id = sale.item;
      record.dept_id = std::string_view(sale.item).substr(0, sale.item.rfind('_'));
      record.cat_id = std::string_view(sale.item).substr(0, sale.item.find('_'));
      record.store_id = id;
      record.state_id = "CA";
      record.day = Day(day);
      record.sold = sale.units;
      record.sell_price = sale.price;
      records.push_back({sale.item + "_" + id, Framed(record), TimeOf(day)});
    }
    Write("sales", partition < 0 ? store : partition, records);
  }

  /// Writes the total of those events; `more_units` makes it wrong.
  void WriteTotal(int32_t store, int32_t day, const std::vector<Sale>& sales,
                  int32_t more_units = 0) {
    const std::string id = StoreId(store);
    StoreDay total;
    total.store_id = id;
    total.state_id = "CA";
    total.day = Day(day);
    total.date = known_.DateOf(Day(day));
    total.events = static_cast<int32_t>(sales.size());
    for (const Sale& sale : sales) {
      total.units += sale.units;
      if (sale.price) {
        total.revenue_cents += *CentsOf(*sale.price) * sale.units;
      } else {
        total.unpriced_units += sale.units;
      }
    }
    total.units += more_units;
    Write("sales-days", store, {{id, Framed(total), TimeOf(day)}});
  }

  void WriteDay(int32_t store, int32_t day, const std::vector<Sale>& sales) {
    WriteSales(store, day, sales);
    WriteTotal(store, day, sales);
  }

  LiveOptions OptionsOf(int32_t stores) {
    LiveOptions options;
    for (int32_t store = 0; store < stores; ++store) {
      options.sources.push_back(
          {StoreId(store), {{"sales", PartitionId(store)}}, {"sales-days", PartitionId(store)}});
    }
    options.follow.wait_days = 2;
    options.follow.on_warning = [this](const std::string& line) { warnings_.push_back(line); };
    options.stop_at_end = true;
    options.every = PublishEvery::kDay;
    PublishOptions publish;
    publish.target = {.forecasts = "sales-forecasts",
                      .scores = "sales-scores",
                      .partition_count = stores + 1,
                      .holder = "test",
                      .identity = ""};
    publish.labels.forecast_schema = forecast_schema_;
    publish.labels.score_schema = score_schema_;
    publish.labels.first_date = known_.first_date;
    for (int32_t store = 0; store < stores; ++store) publish.partitions.push_back(store + 1);
    options.publish = publish;
    return options;
  }

  /// All records of a topic, decoded, partition by partition.
  std::vector<std::map<std::string, Value>> RecordsOf(const std::string& topic,
                                                      int32_t partitions) {
    std::vector<std::map<std::string, Value>> records;
    EventDecoder decoder(*registry_);
    Event event;
    for (int32_t p = 0; p < partitions; ++p) {
      const auto reader = log_->OpenReader({topic, PartitionId(p)});
      while (true) {
        const auto batch = (*reader)->Read(std::chrono::milliseconds(0));
        if (batch->empty()) break;
        for (const RecordView& record : *batch) {
          EXPECT_TRUE(decoder.Decode(record, &event).has_value());
          const OtherEvent& other = std::get<OtherEvent>(event);
          const auto& fields = other.value.as<Value::Record>().fields;
          std::map<std::string, Value> named;
          for (size_t i = 0; i < fields.size(); ++i) {
            named[other.schema->fields[i].name] = fields[i];
          }
          records.push_back(std::move(named));
        }
      }
    }
    return records;
  }

  KnownDays known_;
  MemoryFiles files_;
  SchemaId forecast_schema_;
  SchemaId score_schema_;
  std::vector<std::string> warnings_;
};

}  // namespace tillstream
