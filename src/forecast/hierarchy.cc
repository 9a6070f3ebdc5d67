#include "forecast/hierarchy.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/hash.h"

namespace tillstream {
namespace {

/// A level's key as Kaggle writes it; levels of one part get an "X" behind it.
std::string NameAt(int32_t level, const SeriesKey& key) {
  switch (static_cast<Level>(level)) {
    case Level::kTotal:
      return "Total_X";
    case Level::kState:
      return key.state + "_X";
    case Level::kStore:
      return key.store + "_X";
    case Level::kCategory:
      return key.cat + "_X";
    case Level::kDepartment:
      return key.dept + "_X";
    case Level::kStateCategory:
      return key.state + "_" + key.cat;
    case Level::kStateDepartment:
      return key.state + "_" + key.dept;
    case Level::kStoreCategory:
      return key.store + "_" + key.cat;
    case Level::kStoreDepartment:
      return key.store + "_" + key.dept;
    case Level::kItem:
      return key.item + "_X";
    case Level::kItemState:
      return key.item + "_" + key.state;
    case Level::kItemStore:
      return key.item + "_" + key.store;
  }
  return "";
}

/// What tells nodes of a level apart; a separator that no id has.
std::string KeyAt(int32_t level, const SeriesKey& key) {
  switch (static_cast<Level>(level)) {
    case Level::kStateCategory:
      return key.state + '\n' + key.cat;
    case Level::kStateDepartment:
      return key.state + '\n' + key.dept;
    case Level::kStoreCategory:
      return key.store + '\n' + key.cat;
    case Level::kStoreDepartment:
      return key.store + '\n' + key.dept;
    case Level::kItemState:
      return key.item + '\n' + key.state;
    case Level::kItemStore:
      return key.item + '\n' + key.store;
    default:
      return NameAt(level, key);
  }
}

/// Numbers texts in the order in which they first come.
class Numbering {
 public:
  int32_t Of(const std::string& text) {
    return numbers_.try_emplace(text, static_cast<int32_t>(numbers_.size())).first->second;
  }
  int32_t count() const { return static_cast<int32_t>(numbers_.size()); }

 private:
  std::map<std::string, int32_t> numbers_;
};

}  // namespace

const char* LevelName(int32_t level) {
  static constexpr const char* kNames[] = {
      "total",        "state",
      "store",        "category",
      "department",   "state x category",
      "state x dept", "store x category",
      "store x dept", "item",
      "item x state", "item x store",
  };
  TILLSTREAM_CHECK(level >= 1 && level <= kLevelCount);
  return kNames[level - 1];
}

Hierarchy::Hierarchy(std::vector<SeriesKey> series) {
  Sort(std::move(series));
  NumberNodes();
}

void Hierarchy::Sort(std::vector<SeriesKey> series) {
  Numbering numbering;
  std::vector<int32_t> group_of(series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    group_of[i] = numbering.Of(KeyAt(9, series[i]));
  }
  input_.resize(series.size());
  std::iota(input_.begin(), input_.end(), 0);
  std::sort(input_.begin(), input_.end(), [&](int32_t a, int32_t b) {
    return std::pair(group_of[static_cast<size_t>(a)], a) <
           std::pair(group_of[static_cast<size_t>(b)], b);
  });
  Numbering states;
  Numbering stores;
  for (const int32_t from : input_) {
    SeriesKey& key = series[static_cast<size_t>(from)];
    const int32_t group = group_of[static_cast<size_t>(from)];
    if (group == group_count()) {
      const int32_t here = static_cast<int32_t>(series_.size());
      groups_.push_back({here, here, stores.Of(key.store), states.Of(key.state)});
      if (stores.count() > static_cast<int32_t>(stores_.size())) stores_.push_back(key.store);
      if (states.count() > static_cast<int32_t>(states_.size())) states_.push_back(key.state);
    }
    ++groups_.back().end;
    state_of_series_.push_back(groups_.back().state);
    series_.push_back(std::move(key));
  }
}

void Hierarchy::NumberNodes() {
  int32_t next = 0;
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    first_node_.push_back(next);
    Numbering numbering;
    std::vector<int32_t>& nodes = node_of_series_.emplace_back();
    for (size_t i = 0; i < series_.size(); ++i) {
      const int32_t node = next + numbering.Of(KeyAt(level, series_[i]));
      if (node == static_cast<int32_t>(series_of_node_.size())) {
        series_of_node_.push_back(static_cast<int32_t>(i));
      }
      nodes.push_back(node);
    }
    next += numbering.count();
  }
  first_node_.push_back(next);
  groups_of_.resize(static_cast<size_t>(aggregate_count()));
  state_of_.assign(static_cast<size_t>(aggregate_count()), -2);
  for (int32_t group = 0; group < group_count(); ++group) {
    for (int32_t level = 1; level <= 9; ++level) {
      const auto node =
          static_cast<size_t>(NodesOfSeries(level)[static_cast<size_t>(group_begin(group))]);
      groups_of_[node].push_back(group);
      const int32_t state = group_state(group);
      state_of_[node] = state_of_[node] == -2 || state_of_[node] == state ? state : -1;
    }
  }
  for (const int32_t node : NodesOfSeries(10)) item_of_.push_back(node - first_node(10));
}

int32_t Hierarchy::LevelOf(int32_t node) const {
  const auto after = std::upper_bound(first_node_.begin(), first_node_.end(), node);
  return static_cast<int32_t>(after - first_node_.begin());
}

std::string Hierarchy::NodeName(int32_t node) const {
  return NameAt(LevelOf(node), series(series_of_node_[static_cast<size_t>(node)]));
}

SeriesKey Hierarchy::NodeKey(int32_t node) const {
  const auto level = static_cast<Level>(LevelOf(node));
  const auto is_one_of = [level](std::initializer_list<Level> levels) {
    return std::find(levels.begin(), levels.end(), level) != levels.end();
  };
  const bool has_item = level >= Level::kItem;
  const bool has_dept =
      has_item || is_one_of({Level::kDepartment, Level::kStateDepartment, Level::kStoreDepartment});
  const bool has_cat =
      has_dept || is_one_of({Level::kCategory, Level::kStateCategory, Level::kStoreCategory});
  const bool has_store =
      is_one_of({Level::kStore, Level::kStoreCategory, Level::kStoreDepartment, Level::kItemStore});
  const bool has_state = has_store || is_one_of({Level::kState, Level::kStateCategory,
                                                 Level::kStateDepartment, Level::kItemState});
  SeriesKey key = series(series_of_node_[static_cast<size_t>(node)]);
  if (!has_item) key.item.clear();
  if (!has_dept) key.dept.clear();
  if (!has_cat) key.cat.clear();
  if (!has_store) key.store.clear();
  if (!has_state) key.state.clear();
  return key;
}

void Hierarchy::SumGroups(std::span<const double> groups, std::span<double> nodes) const {
  for (int32_t node = 0; node < aggregate_count(); ++node) {
    double sum = 0;
    for (const int32_t group : GroupsOf(node)) sum += groups[static_cast<size_t>(group)];
    nodes[static_cast<size_t>(node)] = sum;
  }
}

void Hierarchy::AggregateGroups(std::span<const float> series, std::span<double> nodes) const {
  std::vector<double> groups(static_cast<size_t>(group_count()));
  for (int32_t group = 0; group < group_count(); ++group) {
    double sum = 0;
    for (int32_t i = group_begin(group); i < group_end(group); ++i) {
      sum += static_cast<double>(series[static_cast<size_t>(i)]);
    }
    groups[static_cast<size_t>(group)] = sum;
  }
  SumGroups(groups, nodes);
}

void Hierarchy::Aggregate(std::span<const float> series, std::span<double> nodes) const {
  AggregateGroups(series, nodes);
  std::fill(nodes.begin() + first_node(10), nodes.end(), 0.0);
  for (int32_t level = 10; level <= kLevelCount; ++level) {
    const std::span<const int32_t> node_of = NodesOfSeries(level);
    for (size_t i = 0; i < series.size(); ++i) {
      nodes[static_cast<size_t>(node_of[i])] += static_cast<double>(series[i]);
    }
  }
}

uint64_t Hierarchy::Fingerprint() const {
  std::string text;
  for (const SeriesKey& key : series_) {
    for (const std::string* part : {&key.item, &key.dept, &key.cat, &key.store, &key.state}) {
      text += *part;
      text += '\n';
    }
  }
  return Hash64(text);
}

}  // namespace tillstream
