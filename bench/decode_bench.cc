// Workload: every fortieth day of all stores, encoded into batches in memory (M5: 1.5 M records,
// 110 MB uncompressed); decoded with CRC, decompression, framing and Avro, all eight fields read
// and added up.
//
// DecodeGeneral reads by schema resolution, as it does for a writer's schema that is not version 1.
// DecompressOnly/zstd is the part of DecodeBatches/zstd that is libzstd's.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "avro/framing.h"
#include "avro/sales_codec.h"
#include "input.h"
#include "log/batch_decoder.h"
#include "log/batch_encoder.h"
#include "replay/day_encoder.h"

namespace tillstream::bench {
namespace {

constexpr int32_t kDayStep = 40;

struct EncodedBatch {
  Offset offset;
  std::string bytes;
};

std::vector<EncodedBatch> EncodeBatches(Codec codec) {
  const Dataset& dataset = LoadedDataset();
  std::vector<EncodedBatch> batches;
  BatchEncoder batch_encoder(codec);
  RecordBlock block;
  ByteBuffer batch;
  for (const auto& table : dataset.stores) {
    DayEncoder encoder(*table, *dataset.calendar, SchemaId(1), SchemaId(2));
    const auto rows = static_cast<int32_t>(table->series().size());
    for (int32_t day = 1; day <= dataset.day_count; day += kDayStep) {
      encoder.SelectDay(Day(day));
      for (int32_t row = 0; row < rows;) {
        const Offset offset(int64_t{day - 1} * rows + row);
        row = encoder.EncodeRows(row, &block);
        batch.Clear();
        batch_encoder.Encode(FramedRecords::Of(block), offset, &batch);
        batches.push_back({offset, std::string(batch.view())});
      }
    }
  }
  return batches;
}

/// All eight fields of all records, added up.
struct Sums {
  int64_t records = 0;
  int64_t text_bytes = 0;
  int64_t last_letters = 0;
  int64_t days = 0;
  int64_t units = 0;
  double prices = 0;

  void Add(const SalesRecord& record) {
    ++records;
    for (const std::string_view text :
         {record.item_id, record.dept_id, record.cat_id, record.store_id, record.state_id}) {
      text_bytes += static_cast<int64_t>(text.size());
      last_letters += text.back();
    }
    days += record.day.value();
    units += record.sold;
    prices += static_cast<double>(record.sell_price.value_or(0));
  }
};

void Decode(benchmark::State& state, Codec codec, SalesDecoder decoder) {
  const std::vector<EncodedBatch> batches = EncodeBatches(codec);
  BatchDecoder batch_decoder;
  SalesRecord record;
  Sums sums;
  for (auto _ : state) {
    for (const EncodedBatch& batch : batches) {
      for (const RecordView& view : Need(batch_decoder.Decode(batch.bytes, batch.offset))) {
        Need(decoder.Decode(Need(ParseFrame(view.value)).payload, &record));
        sums.Add(record);
      }
    }
  }
  benchmark::DoNotOptimize(sums);
  state.SetItemsProcessed(sums.records);
  state.counters["units"] =
      benchmark::Counter(static_cast<double>(sums.units), benchmark::Counter::kAvgIterations);
}

void DecodeBatches(benchmark::State& state, Codec codec) {
  Decode(state, codec, Need(SalesDecoder::Make(SalesRecordSchema())));
}
BENCHMARK_CAPTURE(DecodeBatches, none, Codec::kNone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(DecodeBatches, lz4, Codec::kLz4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(DecodeBatches, zstd, Codec::kZstd)->Unit(benchmark::kMillisecond);

void DecodeGeneral(benchmark::State& state) {
  Decode(state, Codec::kNone, Need(SalesDecoder::MakeGeneral(SalesRecordSchema())));
}
BENCHMARK(DecodeGeneral)->Unit(benchmark::kMillisecond);

void DecompressOnly(benchmark::State& state, Codec codec) {
  const std::vector<EncodedBatch> batches = EncodeBatches(codec);
  Decompressor decompressor;
  ByteBuffer records;
  int64_t count = 0;
  for (auto _ : state) {
    for (const EncodedBatch& batch : batches) {
      const auto compressed = std::string_view(batch.bytes).substr(kBatchHeaderBytes);
      Need(decompressor.Decompress(codec, compressed, kBatchReadBytesMax, &records));
      benchmark::DoNotOptimize(records.data());
      count += LoadBatchHeader(batch.bytes.data()).record_count;
    }
  }
  state.SetItemsProcessed(count);
}
BENCHMARK_CAPTURE(DecompressOnly, lz4, Codec::kLz4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(DecompressOnly, zstd, Codec::kZstd)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tillstream::bench
