#include "consume/day_assembler.h"

#include <algorithm>
#include <utility>

namespace tillstream {

DayAssembler::DayAssembler(Day from, int32_t wait_days)
    : wait_days_(wait_days), next_(from), latest_event_(from - 1), latest_total_(from - 1) {}

void DayAssembler::GoOnFrom(Day next, std::vector<StoreItem> items) {
  next_ = next;
  latest_event_ = latest_total_ = next - 1;
  open_.clear();
  items_ = std::move(items);
  is_fixed_ = !items_.empty();
  slots_.clear();
  for (size_t slot = 0; slot < items_.size(); ++slot) slots_[items_[slot].item_id] = slot;
  successor_.resize(items_.size());
  for (size_t slot = 0; slot < items_.size(); ++slot) successor_[slot] = slot + 1;
}

DayPut DayAssembler::PlaceOf(Day day) const {
  if (day < next_) return DayPut::kLate;
  return day - next_ < kOpenDaysMax ? DayPut::kTaken : DayPut::kAhead;
}

DayAssembler::OpenDay& DayAssembler::Open(Day day, int32_t partition, Offset at) {
  const auto index = static_cast<size_t>(day - next_);
  if (open_.size() <= index) open_.resize(index + 1);
  OpenDay& open = open_[index];
  if (open.first_at.empty() || !open.first_at.contains(partition)) open.first_at[partition] = at;
  return open;
}

std::optional<size_t> DayAssembler::FindSlot(const SalesRecord& sale) {
  if (!items_.empty()) {
    const size_t likely = successor_[last_slot_];
    if (likely < items_.size() && items_[likely].item_id == sale.item_id) {
      last_slot_ = likely;
      return likely;
    }
  }
  const std::string item(sale.item_id);
  const auto found = slots_.find(item);
  if (found == slots_.end() && is_fixed_) return std::nullopt;
  size_t slot = items_.size();
  if (found != slots_.end()) {
    slot = found->second;
  } else {
    slots_[item] = slot;
    items_.push_back({item, std::string(sale.dept_id), std::string(sale.cat_id)});
    successor_.push_back(0);
  }
  successor_[last_slot_] = slot;
  last_slot_ = slot;
  return slot;
}

DayPut DayAssembler::Put(const SalesRecord& sale, int32_t partition, Offset at) {
  if (const DayPut place = PlaceOf(sale.day); place != DayPut::kTaken) return place;
  latest_event_ = std::max(latest_event_, sale.day);
  OpenDay& day = Open(sale.day, partition, at);
  Sale* of_item = nullptr;
  if (const auto slot = FindSlot(sale)) {
    if (day.sales.size() <= *slot) day.sales.resize(items_.size());
    of_item = &day.sales[*slot];
  } else {
    ++strangers_[std::string(sale.item_id)];
    of_item = &day.strangers[std::string(sale.item_id)];
  }
  const auto add = [&day](const Sale& event, int32_t sign) {
    day.sums.Add(event.units, event.price.has_value(), event.price.value_or(0), sign);
  };
  if (of_item->has_event) add(*of_item, -1);
  *of_item = {sale.sold, sale.sell_price ? CentsOf(*sale.sell_price) : std::nullopt, true};
  add(*of_item, 1);
  return DayPut::kTaken;
}

DayPut DayAssembler::PutTotal(const StoreDay& total, int32_t partition, Offset at) {
  if (const DayPut place = PlaceOf(total.day); place != DayPut::kTaken) return place;
  latest_total_ = std::max(latest_total_, total.day);
  OpenDay& day = Open(total.day, partition, at);
  if (!day.total || day.total->revision <= total.revision) {
    day.total = total;
    day.total->store_id = day.total->state_id = {};
  }
  return DayPut::kTaken;
}

std::optional<ClosedDay> DayAssembler::Close(std::optional<Day> now) {
  if (!open_.empty()) {
    const OpenDay& day = open_.front();
    if (day.total && DaySums::Of(*day.total) == day.sums) return Take(DayClose::kComplete);
  }
  if (std::min(latest_event_, latest_total_) - next_ > wait_days_ ||
      (now && *now - next_ > wait_days_)) {
    return Take(DayClose::kIncomplete);
  }
  return std::nullopt;
}

ClosedDay DayAssembler::Take(DayClose close) {
  ClosedDay closed{next_, close, {}, {}, {}};
  closed.units.resize(items_.size());
  closed.revenue_cents.resize(items_.size());
  if (!open_.empty()) {
    OpenDay& day = open_.front();
    for (size_t slot = 0; slot < day.sales.size(); ++slot) {
      const Sale& sale = day.sales[slot];
      closed.units[slot] = sale.units;
      closed.revenue_cents[slot] = sale.price.value_or(0) * sale.units;
    }
    closed.first_at = std::move(day.first_at);
    is_fixed_ = is_fixed_ || day.sums.events > 0;
    open_.pop_front();
  }
  ++next_;
  return closed;
}

std::optional<Offset> DayAssembler::OldestOpen(int32_t partition) const {
  std::optional<Offset> oldest;
  for (const OpenDay& day : open_) {
    const auto first = day.first_at.find(partition);
    if (first != day.first_at.end() && (!oldest || first->second < *oldest)) {
      oldest = first->second;
    }
  }
  return oldest;
}

}  // namespace tillstream
