#include "parquet/sales_file.h"

namespace tillstream {
namespace {

constexpr uint32_t kNoIndex = UINT32_MAX;
constexpr int32_t kSmallNumbers = 1 << 14;

std::vector<ParquetColumn> SalesColumns() {
  return {{"store", ParquetType::kText},       {"item", ParquetType::kText},
          {"dept", ParquetType::kText},        {"cat", ParquetType::kText},
          {"state", ParquetType::kText},       {"day", ParquetType::kInteger},
          {"date", ParquetType::kDate},        {"sold", ParquetType::kInteger},
          {"price", ParquetType::kPrice, true}};
}

}  // namespace

SalesFile::SalesFile() : writer_(SalesColumns()) {}

const std::string& SalesFile::Make(const std::string& store_id, const SeriesTexts& known,
                                   const std::map<Day, DayRows>& days) {
  writer_.BeginFile();
  const auto last = days.end();
  for (auto begin = days.begin(); begin != last;) {
    int64_t row_count = begin->second.row_count();
    auto end = std::next(begin);
    for (; end != last && row_count + end->second.row_count() <= kRowGroupRowsMax; ++end) {
      row_count += end->second.row_count();
    }
    if (row_count > 0) AddRowGroup(store_id, known, begin, end, row_count);
    begin = end;
  }
  writer_.EndFile();
  return writer_.buffer();
}

void SalesFile::AddRowGroup(const std::string& store_id, const SeriesTexts& known,
                            DayIterator begin, DayIterator end, int64_t row_count) {
  writer_.BeginRowGroup(row_count);
  values_.Clear();
  values_.texts.push_back(store_id);
  values_.rows.assign(static_cast<size_t>(row_count), 0);
  writer_.AddColumn(values_);
  AddText(known, &SeriesTexts::Series::item, begin, end);
  AddText(known, &SeriesTexts::Series::dept, begin, end);
  AddText(known, &SeriesTexts::Series::cat, begin, end);
  AddText(known, &SeriesTexts::Series::state, begin, end);
  AddPerDay(begin, end, [](Day day, const DayRows&) { return int64_t{day.value()}; });
  AddPerDay(begin, end, [](Day, const DayRows& rows) {
    return static_cast<int64_t>(rows.date.time_since_epoch().count());
  });
  AddNumbers(&DayRows::sold, false, begin, end);
  AddNumbers(&DayRows::cents, true, begin, end);
  writer_.EndRowGroup();
}

void SalesFile::AddText(const SeriesTexts& known, uint32_t SeriesTexts::Series::* text,
                        DayIterator begin, DayIterator end) {
  values_.Clear();
  std::vector<uint32_t> of_text(known.texts.size(), kNoIndex);
  std::vector<uint32_t> of_series(known.series.size(), kNoIndex);
  for (auto day = begin; day != end; ++day) {
    for (const uint32_t series : day->second.series) {
      uint32_t& index = of_series[series];
      if (index == kNoIndex) [[unlikely]] {
        const uint32_t number = known.series[series].*text;
        if (of_text[number] == kNoIndex) {
          of_text[number] = static_cast<uint32_t>(values_.texts.size());
          values_.texts.push_back(known.texts[number]);
        }
        index = of_text[number];
      }
      values_.rows.push_back(index);
    }
  }
  writer_.AddColumn(values_);
}

template <typename Number>
void SalesFile::AddPerDay(DayIterator begin, DayIterator end, Number number) {
  values_.Clear();
  for (auto day = begin; day != end; ++day) {
    if (day->second.row_count() == 0) continue;
    const int64_t value = number(day->first, day->second);
    if (values_.numbers.empty() || values_.numbers.back() != value) {
      values_.numbers.push_back(value);
    }
    values_.rows.insert(values_.rows.end(), static_cast<size_t>(day->second.row_count()),
                        static_cast<uint32_t>(values_.numbers.size() - 1));
  }
  writer_.AddColumn(values_);
}

uint32_t SalesFile::IndexOf(int32_t number) {
  const bool is_small = number >= 0 && number < kSmallNumbers;
  uint32_t& index = is_small ? small_index_[static_cast<size_t>(number)]
                             : large_index_.try_emplace(number, kNoIndex).first->second;
  if (index == kNoIndex) [[unlikely]] {
    index = static_cast<uint32_t>(values_.numbers.size());
    values_.numbers.push_back(number);
  }
  return index;
}

void SalesFile::AddNumbers(std::vector<int32_t> DayRows::* column, bool negative_is_null,
                           DayIterator begin, DayIterator end) {
  values_.Clear();
  small_index_.assign(kSmallNumbers, kNoIndex);
  large_index_.clear();
  for (auto day = begin; day != end; ++day) {
    for (const int32_t number : day->second.*column) {
      values_.rows.push_back(number < 0 && negative_is_null ? ParquetValues::kNull
                                                            : IndexOf(number));
    }
  }
  writer_.AddColumn(values_);
}

}  // namespace tillstream
