#include "forecast/reconcile.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace tillstream {
namespace {

/// No log of a sum is known better than this.
constexpr double kVarianceMin = 1e-6;
/// Of a group that has no forecast of its own: the log is known to a factor of e.
constexpr double kFallbackVariance = 1;

}  // namespace

std::vector<double> Reconcile(const Hierarchy& hierarchy, std::span<const NodeForecast> nodes,
                              std::span<const double> fallback) {
  const int32_t groups = hierarchy.group_count();
  const int32_t first_group = hierarchy.first_node(9);
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(groups, groups);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(groups);
  for (int32_t node = 0; node < hierarchy.aggregate_count(); ++node) {
    NodeForecast forecast = nodes[static_cast<size_t>(node)];
    if (forecast.units <= 0) {
      if (node < first_group) continue;
      const double held = fallback[static_cast<size_t>(node - first_group)];
      // A unit of slack keeps the matrix regular where nothing is expected.
      const double weight = 1 / (std::max(held * held, 1.0) * kFallbackVariance);
      matrix(node - first_group, node - first_group) += weight;
      right(node - first_group) += weight * held;
      continue;
    }
    const double weight =
        1 / (forecast.units * forecast.units * std::max(forecast.variance, kVarianceMin));
    const std::span<const int32_t> members = hierarchy.GroupsOf(node);
    for (size_t a = 0; a < members.size(); ++a) {
      right(members[a]) += weight * forecast.units;
      // Groups are in ascending order: the lower triangle.
      for (size_t b = 0; b <= a; ++b) matrix(members[a], members[b]) += weight;
    }
  }
  const Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> cholesky(matrix);
  std::vector<double> units(fallback.begin(), fallback.end());
  if (cholesky.info() != Eigen::Success) return units;
  const Eigen::VectorXd solution = cholesky.solve(right);
  if (!solution.allFinite()) return units;
  for (int32_t group = 0; group < groups; ++group) {
    units[static_cast<size_t>(group)] = std::max(0.0, solution(group));
  }
  return units;
}

}  // namespace tillstream
