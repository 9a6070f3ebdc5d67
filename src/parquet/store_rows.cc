#include "parquet/store_rows.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "consume/row_text.h"

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
  const auto index = static_cast<uint32_t>(known_.texts.size());
  const auto place = text_index_.emplace(std::string(text), index).first;
  known_.texts.emplace_back(place->first);
  return index;
}

bool SeriesTable::IsAt(const SalesRecord& sale, uint32_t index) const {
  const SeriesTexts::Series& series = known_.series[index];
  return SameText(known_.texts[series.item], sale.item_id) &&
         SameText(known_.texts[series.dept], sale.dept_id) &&
         SameText(known_.texts[series.cat], sale.cat_id) &&
         SameText(known_.texts[series.state], sale.state_id);
}

Result<uint32_t> SeriesTable::IndexOf(const SalesRecord& sale, uint32_t last) {
  if (!known_.series.empty()) [[likely]] {
    const uint32_t next = last + 1 < known_.series.size() ? last + 1 : 0;
    if (IsAt(sale, next)) [[likely]]
      return next;
  }
  std::string key;
  for (const std::string_view text : {sale.item_id, sale.dept_id, sale.cat_id, sale.state_id}) {
    key += std::to_string(text.size()) + ':';
    key += text;
  }
  const auto known = series_index_.find(key);
  if (known != series_index_.end()) return known->second;
  TILLSTREAM_TRY(CheckTexts(sale));
  const auto index = static_cast<uint32_t>(known_.series.size());
  series_index_.emplace(std::move(key), index);
  known_.series.push_back(
      {TextOf(sale.item_id), TextOf(sale.dept_id), TextOf(sale.cat_id), TextOf(sale.state_id)});
  return index;
}

DayRows* StoreRows::DayOf(Day day, Date date, size_t partition, Offset offset) {
  if (last_rows_ == nullptr || day != last_day_) {
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

Result<bool> StoreRows::AddSale(const SalesRecord& sale, Date date, size_t partition,
                                Offset offset) {
  if (sale.day <= published_) [[unlikely]] {
    TILLSTREAM_TRY(CheckTexts(sale));
    return false;
  }
  TILLSTREAM_ASSIGN(last_series_, table_.IndexOf(sale, last_series_));
  DayRows* const rows = DayOf(sale.day, date, partition, offset);
  if (rows->sold.empty()) {
    // The total may be there already, with a date of its own.
    rows->date = date;
    const size_t expected = table_.known().series.size();
    rows->series.reserve(expected);
    rows->sold.reserve(expected);
    rows->cents.reserve(expected);
  }
  const Cents cents = CentsOrNone(sale);
  rows->series.push_back(last_series_);
  rows->sold.push_back(sale.sold);
  rows->cents.push_back(static_cast<int32_t>(cents));
  rows->sums.Add(sale.sold, cents != DayRows::kNoCents, cents);
  ++row_count_;
  return true;
}

bool StoreRows::SetTotal(const StoreDay& total, size_t partition, Offset offset) {
  if (total.day <= published_) return false;
  DayRows* const rows = DayOf(total.day, total.date, partition, offset);
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

std::map<Day, DayRows> StoreRows::Take(const DayRange& range) {
  std::map<Day, DayRows> taken;
  while (!days_.empty() && days_.begin()->first <= range.last) {
    row_count_ -= days_.begin()->second.row_count();
    taken.insert(taken.end(), days_.extract(days_.begin()));
  }
  published_ = range.last;
  last_rows_ = nullptr;
  return taken;
}

}  // namespace tillstream
