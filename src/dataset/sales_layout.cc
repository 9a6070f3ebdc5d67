#include "dataset/sales_layout.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "dataset/csv.h"
#include "dataset/tiled_table.h"

namespace tillstream {
namespace {

constexpr uint16_t kLargeCell = TiledTable::kLargeCell;

/// Kaggle's own name of a series, made from the other columns.
constexpr std::string_view kIdColumn = "id";

bool IsDayName(std::string_view name) {
  return name.size() > 2 && name.starts_with("d_") &&
         std::all_of(name.begin() + 2, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// N of "d_N"; 0 when it is written in another way ("d_01") or out of range.
int32_t DayOfName(std::string_view name) {
  int32_t day = 0;
  const auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), day);
  if (error != std::errc() || name[2] == '0' || day > kDayCountMax) return 0;
  return day;
}

void PutUnits(uint32_t units, int32_t day, SalesRow* row) {
  if (units < kLargeCell) {
    row->cells[day - 1] = static_cast<uint16_t>(units);
  } else {
    row->cells[day - 1] = kLargeCell;
    row->large.push_back({day, static_cast<int32_t>(units)});
  }
}

/// Parses `count` cells from `in`, each ending in a comma, as the days from `day` on. Returns one
/// past the last comma, nullptr when a cell is not a plain whole number. `end` is one past the
/// comma that ends the line.
const char* ParseDays(const char* in, const char* end, int32_t day, int32_t count, SalesRow* row) {
  // Four cells of one digit are eight bytes. Taking "0,0,0,0," off by exclusive or leaves, when
  // they are that, four little-endian 16-bit numbers below 10: the very cells. Adding 6 to a lane
  // sets its bit 4 when it is 10 to 15, and the mask sees that and everything larger.
  constexpr uint64_t kZeros = 0x2C302C302C302C30;
  constexpr uint64_t kSixes = 0x0006000600060006;
  constexpr uint64_t kTooLarge = 0xFFF0FFF0FFF0FFF0;
  uint16_t* out = row->cells + day - 1;
  uint16_t* const out_end = out + count;
  while (out != out_end) {
    if constexpr (std::endian::native == std::endian::little) {
      if (out_end - out >= 4 && end - in >= 8) {
        uint64_t lanes;
        std::memcpy(&lanes, in, sizeof(lanes));
        lanes ^= kZeros;
        const uint64_t bad = (lanes | (lanes + kSixes)) & kTooLarge;
        // Written even when some are bad: those are parsed next and written over.
        std::memcpy(out, &lanes, sizeof(lanes));
        if (bad == 0) {
          in += 8;
          out += 4;
          continue;
        }
        const int good = std::countr_zero(bad) / 16;
        in += 2 * good;
        out += good;
      }
    }
    if (in == end) return nullptr;
    uint32_t digit = static_cast<uint8_t>(*in) - uint32_t{'0'};
    if (digit > 9) return nullptr;
    uint64_t units = digit;
    while ((digit = static_cast<uint8_t>(*++in) - uint32_t{'0'}) <= 9) {
      units = units * 10 + digit;
      if (units > uint64_t{kUnitsMax}) return nullptr;
    }
    if (*in++ != ',') return nullptr;
    if (units < kLargeCell) {
      *out = static_cast<uint16_t>(units);
    } else {
      *out = kLargeCell;
      row->large.push_back(
          {static_cast<int32_t>(out - row->cells) + 1, static_cast<int32_t>(units)});
    }
    ++out;
  }
  return in;
}

}  // namespace

bool SalesLayout::Compile(std::span<const std::string> names, FileFaults* faults,
                          std::vector<std::string>* ignored) {
  names_.assign(names.begin(), names.end());
  const auto is_known = [](std::string_view name) { return name == kIdColumn || IsDayName(name); };
  const bool texts_ok =
      FindColumns(names, kSalesTextNames, is_known, faults, &text_columns_, ignored);
  const bool days_ok = FindDays(faults);
  if (!texts_ok || !days_ok) return false;
  MakeSegments(text_columns_);
  return true;
}

bool SalesLayout::FindDays(FileFaults* faults) {
  const int64_t faults_before = faults->count();
  std::vector<size_t> column_of_day;  // By day - 1; 0 for none, else the column's number from 1.
  day_of_column_.assign(names_.size(), 0);
  for (size_t i = 0; i < names_.size(); ++i) {
    if (!IsDayName(names_[i])) continue;
    const int32_t day = DayOfName(names_[i]);
    if (day == 0) {
      faults->Add(1, names_[i], "expected day columns d_1, d_2, ... up to d_{}, found {}",
                  kDayCountMax, Quote(names_[i]));
      continue;
    }
    if (column_of_day.size() < static_cast<size_t>(day)) column_of_day.resize(day);
    size_t& column = column_of_day[static_cast<size_t>(day - 1)];
    if (column != 0) {
      faults->Add(1, names_[i], "expected this column once, found it as number {} and number {}",
                  column, i + 1);
    }
    column = i + 1;
    day_of_column_[i] = day;
  }
  day_count_ = static_cast<int32_t>(column_of_day.size());
  if (day_count_ == 0 && faults->count() == faults_before) {
    faults->Add(1, "d_1", "expected day columns d_1, d_2, ..., found none");
  }
  for (int32_t day = 1; day <= day_count_; ++day) {
    int32_t end = day;
    while (end <= day_count_ && column_of_day[static_cast<size_t>(end - 1)] == 0) ++end;
    if (end == day) continue;
    if (end == day + 1) {
      faults->Add(1, names_.empty() ? "" : fmt::format("d_{}", day),
                  "expected a column of this name before d_{}, found none", end);
    } else {
      faults->Add(1, fmt::format("d_{}", day), "expected columns d_{} to d_{}, found none", day,
                  end - 1);
    }
    day = end;
  }
  return faults->count() == faults_before;
}

void SalesLayout::MakeSegments(std::span<const size_t> text_columns) {
  segments_.clear();
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto text = std::find(text_columns.begin(), text_columns.end(), i);
    if (text != text_columns.end()) {
      segments_.push_back({Segment::kText, static_cast<size_t>(text - text_columns.begin()), 0, 0});
      continue;
    }
    const int32_t day = day_of_column_[i];
    if (day == 0) {
      segments_.push_back({Segment::kIgnored, 0, 0, 0});
    } else if (!segments_.empty() && segments_.back().kind == Segment::kDays &&
               segments_.back().first_day + segments_.back().count == day) {
      ++segments_.back().count;
    } else {
      segments_.push_back({Segment::kDays, 0, day, 1});
    }
  }
}

bool SalesLayout::ParseFast(const Line& line, SalesRow* row) const {
  row->large.clear();
  if (line.has_quote) return false;
  const char* in = line.begin;
  const char* const end = line.end + 1;
  for (const Segment& segment : segments_) {
    if (segment.kind == Segment::kDays) {
      in = ParseDays(in, end, segment.first_day, segment.count, row);
      if (in == nullptr) return false;
      continue;
    }
    if (in == end) return false;
    // The comma at the line's end makes sure that there is one.
    const auto* const comma =
        static_cast<const char*>(std::memchr(in, ',', static_cast<size_t>(end - in)));
    if (segment.kind == Segment::kText) {
      row->texts[segment.text] = {in, static_cast<size_t>(comma - in)};
    }
    in = comma + 1;
  }
  return in == end;
}

bool SalesLayout::ParseTexts(const Line& line, SalesRow* row) const {
  if (line.has_quote) return false;
  size_t found = 0;
  const char* in = line.begin;
  const char* const end = line.end + 1;
  for (const Segment& segment : segments_) {
    if (segment.kind == Segment::kDays || in == end) return false;
    const auto* const comma =
        static_cast<const char*>(std::memchr(in, ',', static_cast<size_t>(end - in)));
    if (segment.kind == Segment::kText) {
      row->texts[segment.text] = {in, static_cast<size_t>(comma - in)};
      if (++found == kSalesTextCount) return true;
    }
    in = comma + 1;
  }
  return false;
}

bool SalesLayout::ParseCarefully(const Line& line, FileFaults* faults, SalesRow* row) const {
  row->large.clear();
  std::fill(std::begin(row->texts), std::end(row->texts), std::string_view());
  std::vector<std::string_view> cells;
  if (!SplitRow(line, names_, faults, &cells)) return false;
  for (size_t k = 0; k < kSalesTextCount; ++k) row->texts[k] = cells[text_columns_[k]];
  const int64_t faults_before = faults->count();
  for (size_t i = 0; i < cells.size(); ++i) {
    const int32_t day = day_of_column_[i];
    if (day == 0) continue;
    const std::string_view cell = cells[i];
    uint64_t units = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), units);
    const bool is_number =
        !cell.empty() && end == cell.data() + cell.size() && error != std::errc::invalid_argument;
    if (!is_number) {
      faults->Add(line.number, names_[i], "expected a whole number of units, found {}",
                  Quote(cell));
    } else if (error == std::errc::result_out_of_range || units > uint64_t{kUnitsMax}) {
      faults->Add(line.number, names_[i], "expected at most {} units, found {}",
                  WithThousands(kUnitsMax), Quote(cell));
    } else {
      PutUnits(static_cast<uint32_t>(units), day, row);
    }
  }
  return faults->count() == faults_before;
}

}  // namespace tillstream
