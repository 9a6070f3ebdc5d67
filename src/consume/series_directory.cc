#include "consume/series_directory.h"

#include "base/check.h"

namespace tillstream {
namespace {

std::string_view ValueOf(TotalsDimension dimension, const SalesRecord& sale) {
  switch (dimension) {
    case TotalsDimension::kState:
      return sale.state_id;
    case TotalsDimension::kStore:
      return sale.store_id;
    case TotalsDimension::kCategory:
      return sale.cat_id;
    case TotalsDimension::kDepartment:
      return sale.dept_id;
    case TotalsDimension::kItem:
      return sale.item_id;
  }
  return {};
}

}  // namespace

SeriesDirectory::SeriesDirectory(std::vector<TotalsDimension> dimensions, size_t store_count)
    : dimensions_(std::move(dimensions)), places_(store_count), numbers_(store_count) {
  TILLSTREAM_CHECK(!dimensions_.empty() && dimensions_.size() <= kDimensionsMax);
}

int32_t SeriesDirectory::Find(size_t store, std::string_view item_id) const {
  const auto at = numbers_[store].find(item_id);
  return at == numbers_[store].end() ? -1 : at->second;
}

int32_t SeriesDirectory::Add(size_t store, const SalesRecord& sale) {
  SeriesPlace place;
  place.group = GroupOf(sale);
  place.item = ItemNumber(place.group, sale.item_id);
  const auto number = static_cast<int32_t>(places_[store].size());
  places_[store].push_back(place);
  numbers_[store].emplace(items_[static_cast<size_t>(place.item)].item_id, number);
  return number;
}

const std::vector<int32_t>& SeriesDirectory::SortedGroups() {
  if (sorted_groups_.size() == groups_.size()) return sorted_groups_;
  sorted_groups_.clear();
  for (const auto& [unused, group] : group_numbers_) sorted_groups_.push_back(group);
  return sorted_groups_;
}

int32_t SeriesDirectory::GroupOf(const SalesRecord& sale) {
  Key key;
  for (size_t i = 0; i < dimensions_.size(); ++i) key[i] = ValueOf(dimensions_[i], sale);
  const auto known = group_numbers_.find(key);
  if (known != group_numbers_.end()) return known->second;
  for (std::string_view& text : key) text = Keep(text);
  const auto number = static_cast<int32_t>(groups_.size());
  groups_.push_back(key);
  group_numbers_.emplace(key, number);
  return number;
}

int32_t SeriesDirectory::ItemNumber(int32_t group, std::string_view item_id) {
  const auto known = item_numbers_.find({group, item_id});
  if (known != item_numbers_.end()) return known->second;
  const auto number = static_cast<int32_t>(items_.size());
  items_.push_back({group, Keep(item_id)});
  item_numbers_.emplace(std::pair(group, items_.back().item_id), number);
  return number;
}

}  // namespace tillstream
