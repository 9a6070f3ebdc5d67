// Workload: the events of the dataset, store after store inside each day as the generators write
// them, from the loaded tables into batches in memory that are thrown away: gathering the day from
// the table, Avro, record framing, batch header and CRC-32C, compression where the name says so.
//
// EncodeTable/none goes through the whole table; the others through a sample, every tenth day,
// since they cost more. EncodePlainly is EncodeTable/none without the row template: every field of
// every record is written anew.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "avro/sales_codec.h"
#include "base/endian.h"
#include "input.h"
#include "log/batch_encoder.h"
#include "model/names.h"
#include "replay/day_encoder.h"

namespace tillstream::bench {
namespace {

constexpr SchemaId kSalesSchema(1);
constexpr SchemaId kTotalsSchema(2);

constexpr int32_t kSampleStep = 10;

bool IsInSample(int32_t day) { return (day - 1) % kSampleStep == 0; }

/// What came out: the figures come from it, and run.py compares the CRCs of the two ways.
struct Output {
  int64_t records = 0;
  int64_t bytes = 0;
  uint32_t crcs = 0;  ///< Of the sample's batches of an iteration, added up.

  void Add(int32_t day, const ByteBuffer& batch, const FramedRecords& records_of_batch) {
    constexpr size_t kCrcAt = 17;
    records += records_of_batch.count;
    bytes += static_cast<int64_t>(batch.size());
    if (IsInSample(day)) crcs += LoadBigEndian<uint32_t>(batch.data() + kCrcAt);
  }

  static benchmark::Counter Average(int64_t count) {
    return {static_cast<double>(count), benchmark::Counter::kAvgIterations};
  }

  void State(benchmark::State& state) const {
    state.SetItemsProcessed(records);
    state.SetBytesProcessed(bytes);
    state.counters["records"] = Average(records);
    state.counters["bytes"] = Average(bytes);
    state.counters["crcs"] = static_cast<double>(crcs);
  }
};

void EncodeTable(benchmark::State& state, Codec codec, int32_t day_step) {
  const Dataset& dataset = LoadedDataset();
  std::vector<std::unique_ptr<DayEncoder>> encoders;
  for (const auto& table : dataset.stores) {
    encoders.push_back(
        std::make_unique<DayEncoder>(*table, *dataset.calendar, kSalesSchema, kTotalsSchema));
  }
  BatchEncoder batches(codec);
  RecordBlock block;
  ByteBuffer batch;
  Output output;
  for (auto _ : state) {
    output.crcs = 0;
    for (int32_t day = 1; day <= dataset.day_count; day += day_step) {
      for (size_t store = 0; store < encoders.size(); ++store) {
        const auto rows = static_cast<int32_t>(dataset.stores[store]->series().size());
        encoders[store]->SelectDay(Day(day));
        for (int32_t row = 0; row < rows;) {
          const Offset offset(int64_t{day - 1} * rows + row);
          row = encoders[store]->EncodeRows(row, &block);
          batch.Clear();
          batches.Encode(FramedRecords::Of(block), offset, &batch);
          output.Add(day, batch, FramedRecords::Of(block));
        }
      }
    }
    benchmark::ClobberMemory();
  }
  output.State(state);
}
BENCHMARK_CAPTURE(EncodeTable, none, Codec::kNone, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EncodeTable, lz4, Codec::kLz4, kSampleStep)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EncodeTable, zstd, Codec::kZstd, kSampleStep)->Unit(benchmark::kMillisecond);

void EncodePlainly(benchmark::State& state) {
  const Dataset& dataset = LoadedDataset();
  BatchEncoder batches(Codec::kNone);
  RecordBlock block;
  ByteBuffer batch;
  DaySlice slice;
  std::string key;
  std::string value;
  Output output;
  for (auto _ : state) {
    output.crcs = 0;
    for (int32_t day = 1; day <= dataset.day_count; day += kSampleStep) {
      for (const auto& table : dataset.stores) {
        table->CopyDay(Day(day), &slice);
        block.Clear(StartOf(dataset.calendar->at(Day(day)).date));
        const auto rows = static_cast<int64_t>(table->series().size());
        for (size_t row = 0; row < slice.units.size(); ++row) {
          const Series& series = table->series()[row];
          SalesRecord record{series.item_id,    series.dept_id, series.cat_id,    table->store_id(),
                             table->state_id(), Day(day),       slice.units[row], std::nullopt};
          if (slice.price_cents[row] != kNoPrice) {
            record.sell_price = static_cast<float>(slice.price_cents[row] / 100.0);
          }
          key.clear();
          AppendSeriesKey(series.item_id, table->store_id(), &key);
          value.clear();
          EncodeSalesRecord(kSalesSchema, record, &value);
          block.Append(key, value);
        }
        batch.Clear();
        batches.Encode(FramedRecords::Of(block), Offset((day - 1) * rows), &batch);
        output.Add(day, batch, FramedRecords::Of(block));
      }
    }
    benchmark::ClobberMemory();
  }
  output.State(state);
}
BENCHMARK(EncodePlainly)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tillstream::bench
