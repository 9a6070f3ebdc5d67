#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "forecast/hierarchy.h"

namespace tillstream {

/// What a person asks to see, by ids; empty for all.
struct NodeChoice {
  std::string item;
  std::string store;
  std::string state;
  std::string dept;
  std::string cat;
};

/// A node of the hierarchy and what it sums.
struct ChosenNode {
  int32_t node = 0;
  std::string title;            ///< "FOODS_3_090 in CA_3", "department FOODS_3", "all items".
  std::vector<int32_t> series;  ///< In panel order, ascending.
};

/// kUsage for ids that leave one another nothing to say: a store has its state, an item its
/// department and category.
Status CheckChoice(const NodeChoice& choice);

/// The node of a choice that CheckChoice() took. kUsage for an id that is not there, with the one
/// nearest to it.
Result<ChosenNode> ChooseNode(const Hierarchy& hierarchy, const NodeChoice& choice);

}  // namespace tillstream
