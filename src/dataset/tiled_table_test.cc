#include "dataset/tiled_table.h"

#include <gtest/gtest.h>

#include <random>

namespace tillstream {
namespace {

std::shared_ptr<const Calendar> MakeCalendar(int32_t days) {
  std::vector<CalendarDay> rows;
  for (int32_t day = 0; day < days; ++day) {
    rows.push_back({*ParseDate("2011-01-29") + std::chrono::days(day), 11101 + day / 7});
  }
  return std::make_shared<const Calendar>(std::move(rows));
}

TEST(TiledTableTest, CellsComeBackHoweverRowsArePutIn) {
  std::mt19937 random(11);
  for (const int32_t days : {1, 7, 8, 9, 45}) {
    for (const size_t rows : {1U, 31U, 32U, 33U, 70U, 128U}) {
      SCOPED_TRACE(fmt::format("{} days, {} rows", days, rows));
      const size_t stride = static_cast<size_t>(days) + random() % 9;
      std::vector<uint16_t> cells(rows * stride);
      for (uint16_t& cell : cells) cell = static_cast<uint16_t>(random());
      TiledTable table("CA_1", "CA", days, true, std::make_shared<Arena>());
      for (size_t row = 0; row < rows; ++row) {
        EXPECT_EQ(table.AddSeries({fmt::format("item {}", row), "D", "C"}),
                  static_cast<int32_t>(row));
      }
      for (size_t row = 0; row < rows;) {
        const size_t count = std::min(rows - row, random() % 2 == 0 ? 32U : 1 + random() % 32);
        table.AppendRows(cells.data() + row * stride, stride, count);
        row += count;
      }
      const auto calendar = MakeCalendar(days);
      table.BeginPrices(calendar, std::make_shared<const WeekIndex>(*calendar));
      table.Finish();
      DaySlice slice;
      for (Day day(1); day.value() <= days; ++day) {
        table.CopyDay(day, &slice);
        ASSERT_EQ(slice.units.size(), rows);
        for (size_t row = 0; row < rows; ++row) {
          ASSERT_EQ(slice.units[row], cells[row * stride + static_cast<size_t>(day.value()) - 1]);
          ASSERT_EQ(slice.price_cents[row], kNoPrice);
        }
      }
    }
  }
}

TEST(TiledTableTest, PriceHoldsForTheDaysOfItsWeek) {
  const auto calendar = MakeCalendar(20);
  TiledTable table("CA_1", "CA", 20, true, std::make_shared<Arena>());
  const std::vector<uint16_t> cells(20 * 40);
  for (int i = 0; i < 40; ++i) table.AddSeries({std::to_string(i), "D", "C"});
  table.AppendRows(cells.data(), 20, 32);
  table.AppendRows(cells.data(), 20, 8);
  const auto weeks = std::make_shared<const WeekIndex>(*calendar);
  EXPECT_EQ(weeks->week_count(), 3);
  EXPECT_EQ(weeks->Find(11102), 1);
  EXPECT_EQ(weeks->Find(11104), -1);
  table.BeginPrices(calendar, weeks);
  EXPECT_EQ(table.FindItem("35"), 35);
  EXPECT_EQ(table.FindItem("40"), -1);
  EXPECT_TRUE(table.SetPrice(35, 1, 499));
  EXPECT_FALSE(table.SetPrice(35, 1, 500));
  EXPECT_TRUE(table.SetPrice(35, 2, 0));
  table.Finish();
  DaySlice slice;
  for (Day day(1); day.value() <= 20; ++day) {
    table.CopyDay(day, &slice);
    EXPECT_EQ(slice.price_cents[35], day.value() <= 7 ? kNoPrice : day.value() <= 14 ? 499 : 0);
    EXPECT_EQ(slice.price_cents[34], kNoPrice);
  }
}

TEST(TiledTableTest, LargeCellsAreKeptBesideTheTiles) {
  const auto calendar = MakeCalendar(3);
  TiledTable table("CA_1", "CA", 3, true, std::make_shared<Arena>());
  table.AddSeries({"a", "D", "C"});
  table.AddSeries({"b", "D", "C"});
  const uint16_t cells[] = {1, TiledTable::kLargeCell, 3, 4, 5, TiledTable::kLargeCell};
  table.AppendRows(cells, 3, 2);
  table.AddLarge(1, 3, 2'147'483'647);
  table.AddLarge(0, 2, 65'535);
  table.BeginPrices(calendar, std::make_shared<const WeekIndex>(*calendar));
  table.Finish();
  DaySlice slice;
  table.CopyDay(Day(1), &slice);
  EXPECT_EQ(slice.units, (std::vector<int32_t>{1, 4}));
  table.CopyDay(Day(2), &slice);
  EXPECT_EQ(slice.units, (std::vector<int32_t>{65'535, 5}));
  table.CopyDay(Day(3), &slice);
  EXPECT_EQ(slice.units, (std::vector<int32_t>{3, 2'147'483'647}));
}

}  // namespace
}  // namespace tillstream
