#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "consume/period_totals.h"
#include "model/sales_record.h"

namespace tillstream {

/// Where a series counts.
struct SeriesPlace {
  int32_t group = 0;  ///< Index of its group.
  int32_t item = 0;   ///< Index of its group's item, which several stores may share.
};

/// An item within a group.
struct GroupItem {
  int32_t group = 0;
  std::string_view item_id;
};

/// Numbers the series of stores, the groups that they count in and the items of those, in the order
/// in which they are seen. A series keeps the department and category of its first event. Not
/// thread safe; texts live as long as the directory.
class SeriesDirectory {
 public:
  SeriesDirectory(std::vector<TotalsDimension> dimensions, size_t store_count);

  /// The number of a store's series; -1 when it has none of that item.
  int32_t Find(size_t store, std::string_view item_id) const;
  /// Adds one that is not there, and returns its number.
  int32_t Add(size_t store, const SalesRecord& sale);

  size_t series_count(size_t store) const { return places_[store].size(); }
  /// Of a store's series, by number.
  const std::vector<SeriesPlace>& places(size_t store) const { return places_[store]; }
  /// By number; views of texts that stay.
  std::string_view ItemOf(size_t store, int32_t series) const {
    return items_[static_cast<size_t>(places_[store][static_cast<size_t>(series)].item)].item_id;
  }

  using Key = std::array<std::string_view, kDimensionsMax>;
  const std::vector<Key>& groups() const { return groups_; }
  const std::vector<GroupItem>& items() const { return items_; }
  /// The numbers of the groups by their keys.
  const std::vector<int32_t>& SortedGroups();

 private:
  std::string_view Keep(std::string_view text) { return *texts_.emplace(text).first; }
  int32_t GroupOf(const SalesRecord& sale);
  int32_t ItemNumber(int32_t group, std::string_view item_id);

  const std::vector<TotalsDimension> dimensions_;
  std::set<std::string, std::less<>> texts_;
  std::vector<std::vector<SeriesPlace>> places_;
  std::vector<std::unordered_map<std::string_view, int32_t>> numbers_;
  std::vector<Key> groups_;
  std::map<Key, int32_t> group_numbers_;
  std::vector<int32_t> sorted_groups_;
  std::vector<GroupItem> items_;
  std::map<std::pair<int32_t, std::string_view>, int32_t> item_numbers_;
};

}  // namespace tillstream
