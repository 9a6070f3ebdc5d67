#include "dataset/tiled_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/endian.h"
#include "base/hash.h"

namespace tillstream {
namespace {

constexpr size_t kCacheLineBytes = 64;
static_assert(kTileRows * sizeof(uint16_t) == kCacheLineBytes);

/// Eight cells of one row or one day.
using Cells8 = uint16_t __attribute__((vector_size(16)));

Cells8 Load8(const uint16_t* in) {
  Cells8 cells;
  std::memcpy(&cells, in, sizeof(cells));
  return cells;
}
void Store8(Cells8 cells, uint16_t* out) { std::memcpy(out, &cells, sizeof(cells)); }

Cells8 ZipLow(Cells8 a, Cells8 b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
Cells8 ZipHigh(Cells8 a, Cells8 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// Writes eight days of eight rows: `tile` is where the first row of the first day goes.
void Transpose8x8(const uint16_t* rows, size_t stride, uint16_t* tile) {
  // Three rounds of zipping the lower half with the upper half turn rows into columns.
  Cells8 a[8];
  Cells8 b[8];
  for (size_t i = 0; i < 8; ++i) a[i] = Load8(rows + i * stride);
  const auto round = [](const Cells8* in, Cells8* out) {
    for (size_t i = 0; i < 4; ++i) {
      out[2 * i] = ZipLow(in[i], in[i + 4]);
      out[2 * i + 1] = ZipHigh(in[i], in[i + 4]);
    }
  };
  round(a, b);
  round(b, a);
  round(a, b);
  for (size_t i = 0; i < 8; ++i) Store8(b[i], tile + i * kTileRows);
}

/// Writes `count` rows into a tile from its row `first` on.
void Transpose(const uint16_t* rows, size_t stride, size_t count, size_t day_count, size_t first,
               uint16_t* tile) {
  size_t days_done = 0;
  if (count == kTileRows) {
    for (; days_done + 8 <= day_count; days_done += 8) {
      for (size_t row = 0; row < kTileRows; row += 8) {
        Transpose8x8(rows + row * stride + days_done, stride, tile + days_done * kTileRows + row);
      }
    }
  }
  for (size_t row = 0; row < count; ++row) {
    for (size_t day = days_done; day < day_count; ++day) {
      tile[day * kTileRows + first + row] = rows[row * stride + day];
    }
  }
}

std::string_view LittleEndianBytes(std::vector<int32_t>* values) {
  if constexpr (std::endian::native == std::endian::big) {
    for (int32_t& value : *values) StoreLittleEndian(value, reinterpret_cast<char*>(&value));
  }
  return {reinterpret_cast<const char*>(values->data()), values->size() * sizeof(int32_t)};
}

void AppendWithLength(std::string_view text, std::string* out) {
  char length[4];
  StoreLittleEndian(static_cast<uint32_t>(text.size()), length);
  out->append(length, sizeof(length)).append(text);
}

}  // namespace

WeekIndex::WeekIndex(const Calendar& calendar) {
  for (Day day(1); day.value() <= calendar.day_count(); ++day) {
    const int32_t code = calendar.at(day).week;
    const auto [entry, is_new] = index_of_code_.try_emplace(code, week_count());
    if (is_new) codes_.push_back(code);
    index_of_day_.push_back(entry->second);
  }
}

TiledTable::TiledTable(std::string store_id, std::string state_id, int32_t day_count,
                       bool keep_units, std::shared_ptr<Arena> arena)
    : store_id_(std::move(store_id)),
      state_id_(std::move(state_id)),
      day_count_(day_count),
      keep_units_(keep_units),
      arena_(std::move(arena)) {}

int32_t TiledTable::AddSeries(Series series) {
  series_.push_back(std::move(series));
  return static_cast<int32_t>(series_.size() - 1);
}

void TiledTable::AppendRows(const uint16_t* rows, size_t stride, size_t count) {
  if (!keep_units_) return;
  const auto day_count = static_cast<size_t>(day_count_);
  while (count > 0) {
    const size_t first = appended_rows_ % kTileRows;
    if (first == 0) {
      unit_tiles_.push_back(static_cast<uint16_t*>(arena_->Allocate(day_count * kCacheLineBytes)));
    }
    const size_t fitting = std::min(count, kTileRows - first);
    Transpose(rows, stride, fitting, day_count, first, unit_tiles_.back());
    appended_rows_ += fitting;
    rows += fitting * stride;
    count -= fitting;
  }
}

void TiledTable::BeginPrices(std::shared_ptr<const Calendar> calendar,
                             std::shared_ptr<const WeekIndex> weeks) {
  calendar_ = std::move(calendar);
  weeks_ = std::move(weeks);
  const size_t size = static_cast<size_t>(weeks_->week_count()) * kTileRows;
  price_tiles_.resize((series_.size() + kTileRows - 1) / kTileRows);
  for (int32_t*& tile : price_tiles_) {
    tile = static_cast<int32_t*>(arena_->Allocate(size * sizeof(int32_t)));
    std::fill_n(tile, size, kNoPrice);
  }
  row_of_item_.reserve(series_.size());
  for (size_t row = 0; row < series_.size(); ++row) {
    row_of_item_.emplace(series_[row].item_id, static_cast<int32_t>(row));
  }
}

int32_t TiledTable::FindItem(std::string_view item_id) const {
  const auto found = row_of_item_.find(item_id);
  return found == row_of_item_.end() ? -1 : found->second;
}

void TiledTable::Finish() {
  TILLSTREAM_CHECK(!keep_units_ || appended_rows_ == series_.size());
  std::sort(large_.begin(), large_.end(), [](const LargeCell& a, const LargeCell& b) {
    return a.day != b.day ? a.day < b.day : a.row < b.row;
  });
  large_.shrink_to_fit();
  series_.shrink_to_fit();
  row_of_item_ = {};
}

void TiledTable::CopyDay(Day day, DaySlice* slice) const {
  TILLSTREAM_CHECK(day.value() >= 1 && day.value() <= day_count_);
  const size_t rows = series_.size();
  slice->units.resize(rows);
  slice->price_cents.resize(rows);
  const size_t units_begin = static_cast<size_t>(day.value() - 1) * kTileRows;
  const size_t price_begin = static_cast<size_t>(weeks_->OfDay(day)) * kTileRows;
  for (size_t tile = 0; tile * kTileRows < rows; ++tile) {
    const size_t first = tile * kTileRows;
    const size_t count = std::min(kTileRows, rows - first);
    std::copy_n(unit_tiles_[tile] + units_begin, count, slice->units.data() + first);
    std::copy_n(price_tiles_[tile] + price_begin, count, slice->price_cents.data() + first);
  }
  const auto of_day =
      std::equal_range(large_.begin(), large_.end(), LargeCell{day.value(), 0, 0},
                       [](const LargeCell& a, const LargeCell& b) { return a.day < b.day; });
  for (auto cell = of_day.first; cell != of_day.second; ++cell) {
    slice->units[static_cast<size_t>(cell->row)] = cell->units;
  }
}

uint64_t TiledTable::DayHash(Day day) const {
  DaySlice slice;
  CopyDay(day, &slice);
  char date[8];
  StoreLittleEndian(int64_t{calendar_->at(day).date.time_since_epoch().count()}, date);
  uint64_t hash = Hash64({date, sizeof(date)});
  hash = Hash64(LittleEndianBytes(&slice.units), hash);
  return Hash64(LittleEndianBytes(&slice.price_cents), hash);
}

uint64_t TiledTable::SeriesHash() const {
  std::string text;
  AppendWithLength(store_id_, &text);
  AppendWithLength(state_id_, &text);
  for (const Series& series : series_) {
    AppendWithLength(series.item_id, &text);
    AppendWithLength(series.dept_id, &text);
    AppendWithLength(series.cat_id, &text);
  }
  return Hash64(text);
}

}  // namespace tillstream
