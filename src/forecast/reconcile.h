#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "forecast/hierarchy.h"

namespace tillstream {

/// What one day's forecast says of a node of levels 1 to 9.
struct NodeForecast {
  double units = 0;     ///< 0 or less: the node does not take part.
  double variance = 0;  ///< Of the log of `units`.
};

/// The units of each group that agree best with the forecasts of all nodes: minimises
///
///   sum over nodes n of (F_n - sum of the groups in n)^2 / (F_n^2 S_n)
///
/// Nodes whose forecast does not take part are left out; a group of that kind is held at
/// `fallback[group]` loosely. `nodes` is [aggregate]; the result, [group], is finite and >= 0.
std::vector<double> Reconcile(const Hierarchy& hierarchy, std::span<const NodeForecast> nodes,
                              std::span<const double> fallback);

}  // namespace tillstream
