#include "parquet/store_rows.h"

#include <algorithm>
#include <chrono>

namespace tillstream {
namespace {

using std::chrono::year_month;
using std::chrono::year_month_day;

year_month MonthOf(Date date) {
  const year_month_day day(date);
  return day.year() / day.month();
}

bool IsLastOfMonth(Date date) { return MonthOf(date + std::chrono::days(1)) != MonthOf(date); }

Cents CentsOrNone(const SalesRecord& sale) {
  if (!sale.sell_price) return DayRows::kNoCents;
  return CentsOf(*sale.sell_price).value_or(DayRows::kNoCents);
}

}  // namespace

uint32_t SeriesTable::TextOf(std::string_view text) {
  const auto found = text_index_.find(text);
  if (found != text_index_.end()) return found->second;
  const auto index = static_cast<uint32_t>(texts_.size());
  const auto place = text_index_.emplace(std::string(text), index).first;
  texts_.emplace_back(place->first);
  return index;
}

bool SeriesTable::IsAt(const SalesRecord& sale, uint32_t index) const {
  const Series& series = series_[index];
  return texts_[series.item] == sale.item_id && texts_[series.dept] == sale.dept_id &&
         texts_[series.cat] == sale.cat_id && texts_[series.state] == sale.state_id;
}

uint32_t SeriesTable::IndexOf(const SalesRecord& sale, uint32_t last) {
  if (!series_.empty()) [[likely]] {
    const uint32_t next = last + 1 < series_.size() ? last + 1 : 0;
    if (IsAt(sale, next)) [[likely]]
      return next;
  }
  std::string key;
  for (const std::string_view text : {sale.item_id, sale.dept_id, sale.cat_id, sale.state_id}) {
    key += std::to_string(text.size()) + ':';
    key += text;
  }
  const auto [place, is_new] =
      series_index_.try_emplace(std::move(key), static_cast<uint32_t>(series_.size()));
  if (is_new) {
    series_.push_back(
        {TextOf(sale.item_id), TextOf(sale.dept_id), TextOf(sale.cat_id), TextOf(sale.state_id)});
  }
  return place->second;
}

DayRows* StoreRows::DayOf(Day day, Date date, size_t partition, Offset offset) {
  if (last_rows_ == nullptr || day != last_day_) {
    if (day <= published_) return nullptr;
    const auto [place, is_new] = days_.try_emplace(day);
    if (is_new) place->second.date = date;
    last_day_ = day;
    last_rows_ = &place->second;
  }
  auto& offsets = last_rows_->first_offsets;
  const auto is_it = [&](const auto& first) { return first.first == partition; };
  if (offsets.empty() || (offsets.front().first != partition &&
                          std::find_if(offsets.begin(), offsets.end(), is_it) == offsets.end())) {
    offsets.emplace_back(partition, offset);
  }
  return last_rows_;
}

bool StoreRows::AddSale(const SalesRecord& sale, Date date, size_t partition, Offset offset) {
  DayRows* const rows = DayOf(sale.day, date, partition, offset);
  if (rows == nullptr) return false;
  if (rows->sold.empty()) {
    // The total may be there already, with a date of its own.
    rows->date = date;
    const size_t expected = table_.series().size();
    rows->series.reserve(expected);
    rows->sold.reserve(expected);
    rows->cents.reserve(expected);
  }
  last_series_ = table_.IndexOf(sale, last_series_);
  const Cents cents = CentsOrNone(sale);
  rows->series.push_back(last_series_);
  rows->sold.push_back(sale.sold);
  rows->cents.push_back(static_cast<int32_t>(cents));
  rows->sums.Add(sale.sold, cents != DayRows::kNoCents, cents);
  ++row_count_;
  return true;
}

bool StoreRows::SetTotal(const StoreDay& total, size_t partition, Offset offset) {
  DayRows* const rows = DayOf(total.day, total.date, partition, offset);
  if (rows == nullptr) return false;
  if (!rows->total || rows->total->revision < total.revision) {
    rows->total = {DaySums::Of(total), total.revision};
  }
  return true;
}

Result<bool> StoreRows::LastDayIsClosed() const {
  const DayRows& rows = *last_rows_;
  if (!rows.total || rows.row_count() < rows.total->sums.events) return false;
  const DaySums& sums = rows.sums;
  const DaySums& total = rows.total->sums;
  if (sums == total) return true;
  return MakeError(ErrorCode::kCorrupt,
                   "d_{}: {} events with {} units and {} cents, its end-of-day total has {}, {} "
                   "and {}; tillstream verify says more",
                   last_day_.value(), sums.events, sums.units, sums.revenue_cents, total.events,
                   total.units, total.revenue_cents);
}

std::optional<DayRange> StoreRows::NextClosed(bool also_open_months) const {
  if (days_.empty() || !days_.begin()->second.is_closed()) return std::nullopt;
  const year_month month = MonthOf(days_.begin()->second.date);
  DayRange range{days_.begin()->first, days_.begin()->first};
  bool is_over = false;
  for (const auto& [day, rows] : days_) {
    if (!rows.is_closed()) break;
    if (MonthOf(rows.date) != month) {
      is_over = true;
      break;
    }
    range.last = day;
    is_over = IsLastOfMonth(rows.date);
  }
  if (!is_over && !also_open_months) return std::nullopt;
  return range;
}

void StoreRows::Forget(const DayRange& range) {
  for (auto day = days_.begin(); day != days_.end() && day->first <= range.last;) {
    row_count_ -= day->second.row_count();
    day = days_.erase(day);
  }
  published_ = range.last;
  last_rows_ = nullptr;
}

}  // namespace tillstream
