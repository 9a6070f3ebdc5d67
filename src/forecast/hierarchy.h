#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tillstream {

/// What places a series in the hierarchy.
struct SeriesKey {
  std::string item;
  std::string dept;
  std::string cat;
  std::string store;
  std::string state;
};

/// The 12 groupings of the M5 competition, in its numbering.
enum class Level : int32_t {
  kTotal = 1,
  kState,
  kStore,
  kCategory,
  kDepartment,
  kStateCategory,
  kStateDepartment,
  kStoreCategory,
  kStoreDepartment,
  kItem,
  kItemState,
  kItemStore,
};
inline constexpr int32_t kLevelCount = 12;

/// "state x category".
const char* LevelName(int32_t level);

/// The series of a retailer and what they add up to. Immutable.
///
/// Series are kept in panel order: by group (store x department), groups in the order in which they
/// first come, so that the series of a group lie together. Every array "[series]" in this folder is
/// in this order; input_index() leads back. A node is a group of series at one level; nodes are
/// numbered over all levels, level 1 first, so that level 12's node of series i is
/// first_node(12) + i, and level 9's node of group g is first_node(9) + g. Within the other levels
/// nodes come in the order of their first series.
class Hierarchy {
 public:
  explicit Hierarchy(std::vector<SeriesKey> series);

  int32_t series_count() const { return static_cast<int32_t>(series_.size()); }
  const SeriesKey& series(int32_t i) const { return series_[static_cast<size_t>(i)]; }
  /// Where series `i` stood in the vector that the hierarchy was made from.
  int32_t input_index(int32_t i) const { return input_[static_cast<size_t>(i)]; }

  /// Nodes over all levels.
  int32_t node_count() const { return first_node_[kLevelCount]; }
  /// Half-open range of the nodes of `level` (1 to 12).
  int32_t first_node(int32_t level) const { return first_node_[static_cast<size_t>(level - 1)]; }
  int32_t end_node(int32_t level) const { return first_node_[static_cast<size_t>(level)]; }
  int32_t LevelOf(int32_t node) const;
  /// As Kaggle's M5 Uncertainty names it: "Total_X", "CA_1_FOODS", "FOODS_1_001_X".
  std::string NodeName(int32_t node) const;
  /// The ids that all series of a node share by its level, the others empty: of "CA_1_FOODS" the
  /// category, the store and its state.
  SeriesKey NodeKey(int32_t node) const;
  /// The nodes of `level`, one a series.
  std::span<const int32_t> NodesOfSeries(int32_t level) const {
    return node_of_series_[static_cast<size_t>(level - 1)];
  }

  /// Groups: store x department.
  int32_t group_count() const { return static_cast<int32_t>(groups_.size()); }
  /// Half-open range of the series of a group.
  int32_t group_begin(int32_t group) const { return groups_[static_cast<size_t>(group)].begin; }
  int32_t group_end(int32_t group) const { return groups_[static_cast<size_t>(group)].end; }
  int32_t group_state(int32_t group) const { return groups_[static_cast<size_t>(group)].state; }
  int32_t group_store(int32_t group) const { return groups_[static_cast<size_t>(group)].store; }

  /// Nodes of levels 1 to 9: those that sum whole groups.
  int32_t aggregate_count() const { return first_node_[9]; }
  std::span<const int32_t> GroupsOf(int32_t aggregate) const {
    return groups_of_[static_cast<size_t>(aggregate)];
  }
  /// The state that all of an aggregate lies in, -1 when there are several levels of it.
  int32_t StateOf(int32_t aggregate) const { return state_of_[static_cast<size_t>(aggregate)]; }

  const std::vector<std::string>& states() const { return states_; }
  const std::vector<std::string>& stores() const { return stores_; }
  /// Number of the item of series `i`, below item_count(), and the state of its store.
  int32_t item_of(int32_t i) const { return item_of_[static_cast<size_t>(i)]; }
  int32_t item_count() const { return end_node(10) - first_node(10); }
  int32_t state_of(int32_t i) const { return state_of_series_[static_cast<size_t>(i)]; }

  /// Sums one day: `series` is [series], `nodes` is [node_count()]. Sums of whole numbers are
  /// exact, of others in an order that is always the same.
  void Aggregate(std::span<const float> series, std::span<double> nodes) const;
  /// The same for levels 1 to 9 only: `nodes` is [aggregate_count()].
  void AggregateGroups(std::span<const float> series, std::span<double> nodes) const;
  /// Levels 1 to 9 from the sums of the groups.
  void SumGroups(std::span<const double> groups, std::span<double> nodes) const;

  /// Hash of all keys in panel order: states of one hierarchy do not fit another.
  uint64_t Fingerprint() const;

 private:
  struct Group {
    int32_t begin = 0;
    int32_t end = 0;
    int32_t store = 0;
    int32_t state = 0;
  };

  void Sort(std::vector<SeriesKey> series);
  void NumberNodes();

  std::vector<SeriesKey> series_;
  std::vector<int32_t> input_;
  std::vector<Group> groups_;
  std::vector<int32_t> first_node_;  ///< By level - 1; the last is the end.
  std::vector<std::vector<int32_t>> node_of_series_;
  std::vector<int32_t> series_of_node_;  ///< The first one.
  std::vector<std::vector<int32_t>> groups_of_;
  std::vector<int32_t> state_of_;
  std::vector<int32_t> item_of_;
  std::vector<int32_t> state_of_series_;
  std::vector<std::string> states_;
  std::vector<std::string> stores_;
};

}  // namespace tillstream
