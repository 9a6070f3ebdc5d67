#include "replay/day_encoder.h"

#include <gtest/gtest.h>

#include "log/memory_log.h"
#include "log/record_batch.h"
#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

/// A store of any size, made up.
class MadeUpTable final : public StoreTable {
 public:
  MadeUpTable(int32_t rows, size_t id_bytes) : store_id_("CA_1"), state_id_("CA") {
    for (int32_t row = 0; row < rows; ++row) {
      Series series;
      series.item_id = std::to_string(row);
      series.item_id.insert(
          0, id_bytes > series.item_id.size() ? id_bytes - series.item_id.size() : 0, 'i');
      series.dept_id = std::string(id_bytes, 'd');
      series.cat_id = std::string(id_bytes, 'c');
      series_.push_back(series);
    }
  }
  const std::string& store_id() const override { return store_id_; }
  const std::string& state_id() const override { return state_id_; }
  std::span<const Series> series() const override { return series_; }
  int32_t day_count() const override { return 3; }
  void CopyDay(Day day, DaySlice* slice) const override {
    slice->units.resize(series_.size());
    slice->price_cents.resize(series_.size());
    for (size_t row = 0; row < series_.size(); ++row) {
      slice->units[row] = static_cast<int32_t>(row * 31 % 1000) * day.value();
      slice->price_cents[row] = row % 5 == 0 ? kNoPrice : static_cast<int32_t>(row % 2000);
    }
  }
  uint64_t DayHash(Day) const override { return 0; }
  uint64_t SeriesHash() const override { return 0; }

 private:
  const std::string store_id_;
  const std::string state_id_;
  std::vector<Series> series_;
};

Calendar ThreeDays() {
  const Date first = *ParseDate("2011-01-29");
  return Calendar(
      {{first, 1}, {first + std::chrono::days(1), 1}, {first + std::chrono::days(2), 1}});
}

struct Block {
  int32_t first_row;
  int32_t end_row;
  std::string bytes;
  int64_t timestamp;
  friend bool operator==(const Block&, const Block&) = default;
};

std::vector<Block> BlocksFrom(const DayEncoder& encoder, int32_t first_row, int32_t rows) {
  std::vector<Block> blocks;
  RecordBlock block;
  for (int32_t row = first_row; row < rows;) {
    const int32_t end = encoder.EncodeRows(row, &block);
    TILLSTREAM_CHECK(end > row);
    EXPECT_EQ(block.record_count(), end - row);
    blocks.push_back({row, end, std::string(block.bytes()), block.timestamp().value()});
    row = end;
  }
  return blocks;
}

/// Writes the store's days through `encoder` into a log and reads them back.
std::vector<ReadRecord> ThroughALog(const StoreTable& table, const Calendar& calendar, Day from,
                                    Day to) {
  SimClock clock;
  MemoryLog log(clock);
  EXPECT_TRUE(log.CreateTopic({"sales", 1}));
  WriterSpec spec;
  spec.events = {{"sales", PartitionId(0)}};
  const auto writer = log.OpenWriter(spec);
  DayEncoder encoder(table, calendar, SchemaId(7), SchemaId(8));
  RecordBlock block;
  for (Day day = from; day < to; ++day) {
    encoder.SelectDay(day);
    for (int32_t row = 0; row < static_cast<int32_t>(table.series().size());) {
      row = encoder.EncodeRows(row, &block);
      EXPECT_TRUE((*writer)->Append(block));
    }
  }
  EXPECT_TRUE((*writer)->Sync(std::chrono::seconds(1)));
  return ReadPartition(log, spec.events.front());
}

TEST(DayEncoderTest, EventsReadByTheGeneralDecoderAreTheTable) {
  SmallDataset small;
  small.days = 9;
  small.cells[{"CA_1", "FOODS_1_001", 2}] = 70'000;
  small.cells[{"CA_1", "FOODS_1_002", 2}] = 0;
  small.prices[{"CA_1", "FOODS_1_001", 11101}] = std::nullopt;
  small.prices[{"CA_1", "HOBBIES_1_001", 11102}] = 100'000'001;
  const Dataset dataset = LoadSmall(small);
  for (const auto& table : dataset.stores) {
    EXPECT_EQ(ThroughALog(*table, *dataset.calendar, Day(1), Day(10)),
              ExpectedEvents(*table, *dataset.calendar, Day(1), Day(10)));
  }
}

TEST(DayEncoderTest, IdsOfEveryLengthAreCopiedWhole) {
  // Constant bytes are copied in chunks; every remainder of a chunk is tried.
  const Calendar calendar = ThreeDays();
  for (size_t id_bytes = 1; id_bytes <= 70; ++id_bytes) {
    const MadeUpTable table(3, id_bytes);
    ASSERT_EQ(ThroughALog(table, calendar, Day(1), Day(2)),
              ExpectedEvents(table, calendar, Day(1), Day(2)))
        << id_bytes << " bytes";
  }
}

TEST(DayEncoderTest, ATotalIsWhatTheDayAddsUpTo) {
  const Dataset dataset = LoadSmall(SmallDataset());
  const StoreTable& table = *dataset.stores[0];
  DayEncoder encoder(table, *dataset.calendar, SchemaId(7), SchemaId(8));
  RecordBlock block;
  encoder.SelectDay(Day(3));
  encoder.EncodeTotal(&block);
  ASSERT_EQ(block.record_count(), 1);
  EXPECT_EQ(block.timestamp(), StartOf(dataset.calendar->at(Day(3)).date));
  DaySlice slice;
  table.CopyDay(Day(3), &slice);
  std::string value;
  EncodeStoreDay(SchemaId(8), TotalOf(table, *dataset.calendar, Day(3), slice), &value);
  RecordBlock expected;
  expected.Clear(block.timestamp());
  expected.Append("CA_1", value);
  EXPECT_EQ(block.bytes(), expected.bytes());
}

TEST(DayEncoderTest, ADayOfAFewRowsIsOneBlock) {
  const Dataset dataset = LoadSmall(SmallDataset());
  DayEncoder encoder(*dataset.stores[0], *dataset.calendar, SchemaId(1), SchemaId(2));
  encoder.SelectDay(Day(1));
  EXPECT_EQ(BlocksFrom(encoder, 0, 3).size(), 1U);
}

TEST(DayEncoderTest, ABlockEndsAtTheLimitOfRecords) {
  const MadeUpTable table(kBatchRecordsMax * 2 + 1, 1);
  const Calendar calendar = ThreeDays();
  DayEncoder encoder(table, calendar, SchemaId(1), SchemaId(2));
  encoder.SelectDay(Day(1));
  const std::vector<Block> blocks = BlocksFrom(encoder, 0, kBatchRecordsMax * 2 + 1);
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].end_row, kBatchRecordsMax);
  EXPECT_EQ(blocks[1].end_row, 2 * kBatchRecordsMax);
}

TEST(DayEncoderTest, ABlockOfLongIdsEndsAtTheLimitOfBytes) {
  const int32_t rows = 5'000;
  const MadeUpTable table(rows, 250);
  const Calendar calendar = ThreeDays();
  DayEncoder encoder(table, calendar, SchemaId(1), SchemaId(2));
  encoder.SelectDay(Day(2));
  const std::vector<Block> blocks = BlocksFrom(encoder, 0, rows);
  ASSERT_GT(blocks.size(), 3U);
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_LE(blocks[i].bytes.size(), kBatchPayloadBytesMax);
    EXPECT_LE(blocks[i].bytes.size() + kBatchHeaderBytes, kBatchBytesMax);
    if (i + 1 == blocks.size()) continue;
    EXPECT_GT(blocks[i].bytes.size(), kBatchPayloadBytesMax * 99 / 100);
  }
  EXPECT_EQ(ThroughALog(table, calendar, Day(2), Day(3)),
            ExpectedEvents(table, calendar, Day(2), Day(3)));
}

TEST(DayEncoderTest, GoingOnAtAnyBoundaryGivesTheSameBlocks) {
  const int32_t rows = 3'000;
  const MadeUpTable table(rows, 255);
  const Calendar calendar = ThreeDays();
  for (int32_t day = 1; day <= 3; ++day) {
    DayEncoder encoder(table, calendar, SchemaId(1), SchemaId(2));
    encoder.SelectDay(Day(day));
    const std::vector<Block> blocks = BlocksFrom(encoder, 0, rows);
    ASSERT_GT(blocks.size(), 2U);
    for (size_t i = 0; i < blocks.size(); ++i) {
      DayEncoder other(table, calendar, SchemaId(1), SchemaId(2));
      other.SelectDay(Day(day));
      EXPECT_EQ(BlocksFrom(other, blocks[i].first_row, rows),
                std::vector<Block>(blocks.begin() + static_cast<std::ptrdiff_t>(i), blocks.end()));
    }
  }
}

}  // namespace
}  // namespace tillstream
