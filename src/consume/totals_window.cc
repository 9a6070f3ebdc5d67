#include "consume/totals_window.h"

#include <algorithm>
#include <cstdlib>

#include "consume/price_index.h"

namespace tillstream {
namespace {

struct ItemUnits {
  int64_t now = 0;
  int64_t before = 0;
};

PricedQuantity QuantityOf(const SeriesCell& cell) {
  return {cell.price_sum, cell.listed_events, cell.units};
}

void AddCell(const SeriesCell& cell, GroupTotals* group) {
  group->units += cell.units;
  group->revenue_cents += cell.revenue_cents;
  group->unpriced_units += cell.unpriced_units;
  group->events += cell.events;
  group->listed_events += cell.listed_events;
  group->zero_events += cell.zero_events;
}

bool ChangedMore(const Mover& a, const Mover& b) {
  const int64_t of_a = std::abs(a.units - a.units_before);
  const int64_t of_b = std::abs(b.units - b.units_before);
  return of_a != of_b ? of_a > of_b : a.item_id < b.item_id;
}

/// Keeps the `top` that changed most, in order.
void KeepMover(const Mover& mover, size_t top, std::vector<Mover>* movers) {
  if (movers->size() == top && !ChangedMore(mover, movers->back())) return;
  if (movers->size() == top) movers->pop_back();
  movers->insert(std::upper_bound(movers->begin(), movers->end(), mover, ChangedMore), mover);
}

/// The sums of one call, by number of group and of item.
class Sums {
 public:
  Sums(const SeriesDirectory& directory, bool has_before, int32_t top)
      : directory_(directory),
        has_before_(has_before),
        top_(has_before ? static_cast<size_t>(top) : 0),
        groups_(directory.groups().size()),
        units_before_(has_before ? groups_.size() : 0),
        indexes_(has_before ? groups_.size() : 0),
        items_(top_ > 0 ? directory.items().size() : 0) {}

  void AddSeries(SeriesPlace place, const SeriesCell& now, const SeriesCell& before) {
    const auto group = static_cast<size_t>(place.group);
    AddCell(now, &groups_[group]);
    if (!has_before_) return;
    units_before_[group] += before.units;
    indexes_[group].Add(QuantityOf(before), QuantityOf(now));
    if (top_ == 0) return;
    ItemUnits& item = items_[static_cast<size_t>(place.item)];
    item.now += now.units;
    item.before += before.units;
  }

  void FindMovers() {
    for (size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].now == items_[i].before) continue;
      const GroupItem& item = directory_.items()[i];
      KeepMover({item.item_id, items_[i].now, items_[i].before}, top_,
                &groups_[static_cast<size_t>(item.group)].movers);
    }
  }

  /// Gives the sums of one group away.
  GroupTotals Take(size_t group) {
    GroupTotals totals = std::move(groups_[group]);
    totals.key = directory_.groups()[group];
    if (has_before_) {
      totals.units_before = units_before_[group];
      totals.price_index = indexes_[group].Value();
    }
    return totals;
  }

  bool HasEvents(size_t group) const { return groups_[group].events != 0; }

 private:
  const SeriesDirectory& directory_;
  const bool has_before_;
  const size_t top_;
  std::vector<GroupTotals> groups_;
  std::vector<int64_t> units_before_;
  std::vector<PriceIndex> indexes_;
  std::vector<ItemUnits> items_;
};

}  // namespace

std::vector<GroupTotals> SumGroups(const TotalsWindow& now, const TotalsWindow* before, int32_t top,
                                   SeriesDirectory& directory) {
  static constexpr SeriesCell kNothing{};
  Sums sums(directory, before != nullptr, top);
  for (size_t store = 0; store < now.stores.size(); ++store) {
    const std::vector<SeriesCell>& cells = now.stores[store];
    static const std::vector<SeriesCell> kNone;
    const std::vector<SeriesCell>& cells_before = before ? before->stores[store] : kNone;
    const std::vector<SeriesPlace>& places = directory.places(store);
    for (size_t i = 0; i < places.size(); ++i) {
      sums.AddSeries(places[i], cells.empty() ? kNothing : cells[i],
                     cells_before.empty() ? kNothing : cells_before[i]);
    }
  }
  sums.FindMovers();
  std::vector<GroupTotals> totals;
  for (const int32_t group : directory.SortedGroups()) {
    if (sums.HasEvents(static_cast<size_t>(group))) {
      totals.push_back(sums.Take(static_cast<size_t>(group)));
    }
  }
  return totals;
}

}  // namespace tillstream
