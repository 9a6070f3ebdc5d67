#include "live/forecast_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "avro/forecast_codec.h"

namespace tillstream {
namespace {

/// Most bytes of records in a block, so that a batch stays below what Kafka takes by default.
constexpr size_t kBlockBytesMax = 900'000;

std::optional<double> Defined(double measure) {
  return std::isfinite(measure) ? std::optional(measure) : std::nullopt;
}

}  // namespace

ForecastEncoder::ForecastEncoder(const Hierarchy& hierarchy, ForecastLabels labels,
                                 const std::vector<int32_t>& partitions, int32_t partition_count)
    : hierarchy_(hierarchy),
      labels_(std::move(labels)),
      nodes_(static_cast<size_t>(partition_count)) {
  const auto add = [&](int32_t number, std::vector<int32_t> stores) {
    Node node{number, hierarchy.LevelOf(number), hierarchy.NodeName(number),
              hierarchy.NodeKey(number), std::move(stores)};
    const bool is_of_store = !node.ids.store.empty();
    const int32_t partition =
        is_of_store ? partitions[static_cast<size_t>(node.stores.front())] : 0;
    nodes_[static_cast<size_t>(partition)].push_back(std::move(node));
  };
  for (int32_t node = 0; node < hierarchy.aggregate_count(); ++node) {
    std::vector<int32_t> stores;
    for (const int32_t group : hierarchy.GroupsOf(node)) {
      const int32_t store = hierarchy.group_store(group);
      if (std::find(stores.begin(), stores.end(), store) == stores.end()) stores.push_back(store);
    }
    add(node, std::move(stores));
  }
  const int32_t first_series = hierarchy.first_node(static_cast<int32_t>(Level::kItemStore));
  for (int32_t group = 0; group < hierarchy.group_count(); ++group) {
    for (int32_t i = hierarchy.group_begin(group); i < hierarchy.group_end(group); ++i) {
      add(first_series + i, {hierarchy.group_store(group)});
    }
  }
}

std::vector<int64_t> ForecastEncoder::round() const {
  std::vector<int64_t> round;
  for (const auto& nodes : nodes_) round.push_back(static_cast<int64_t>(nodes.size()));
  return round;
}

int32_t ForecastEncoder::IncompleteDaysOf(const MadeForecast& forecast, const Node& node) {
  int32_t days = 0;
  for (const int32_t store : node.stores) {
    days += forecast.incomplete_days[static_cast<size_t>(store)];
  }
  return days;
}

int64_t ForecastEncoder::Encode(const MadeForecast& forecast, int32_t partition, int64_t first,
                                RecordBlock* block) {
  block->Clear(EndOf(forecast.origin));
  const auto& nodes = nodes_[static_cast<size_t>(partition)];
  const auto node_count = static_cast<size_t>(hierarchy_.node_count());
  const bool is_whole =
      std::all_of(forecast.incomplete_days.begin(), forecast.incomplete_days.end(),
                  [](int32_t days) { return days == 0; });
  std::array<float, kHorizon> means{};
  std::array<float, kHorizon * kQuantileCount> quantiles{};
  auto next = static_cast<size_t>(first);
  for (; next < nodes.size() && block->size_bytes() < kBlockBytesMax; ++next) {
    const Node& node = nodes[next];
    for (size_t h = 0; h < means.size(); ++h) {
      means[h] = forecast.node_means[h * node_count + static_cast<size_t>(node.number)];
    }
    forecast.tables.Quantiles(hierarchy_, forecast.node_means, node.number, node.number + 1,
                              quantiles);
    value_.clear();
    EncodeSalesForecast(labels_.forecast_schema,
                        {.level = node.level,
                         .node = node.name,
                         .item_id = node.ids.item,
                         .dept_id = node.ids.dept,
                         .cat_id = node.ids.cat,
                         .store_id = node.ids.store,
                         .state_id = node.ids.state,
                         .origin = forecast.origin,
                         .origin_date = DateOf(forecast.origin),
                         .model = labels_.model,
                         .model_version = labels_.model_version,
                         .incomplete_days = is_whole ? 0 : IncompleteDaysOf(forecast, node)},
                        means, quantiles, &value_);
    block->Append(node.name, value_);
  }
  return static_cast<int64_t>(next);
}

void ForecastEncoder::EncodeScore(const MaturedScore& score, RecordBlock* block) const {
  block->Clear(EndOf(score.origin + kHorizon));
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    const LevelAccuracy& of_level = score.accuracy.levels[static_cast<size_t>(level - 1)];
    ForecastScore record{.origin = score.origin,
                         .origin_date = DateOf(score.origin),
                         .level = level,
                         .model = labels_.model,
                         .model_version = labels_.model_version,
                         .incomplete_days = score.incomplete_days,
                         .wrmsse = Defined(of_level.wrmsse),
                         .wape = Defined(of_level.wape),
                         .bias = Defined(of_level.bias),
                         .wspl = Defined(of_level.wspl),
                         .coverage = {}};
    for (size_t k = 0; k < record.coverage.size(); ++k) {
      record.coverage[k] = Defined(of_level.coverage[k]);
    }
    std::string value;
    EncodeForecastScore(labels_.score_schema, record, &value);
    block->Append(fmt::format("d_{}_level_{}", score.origin.value(), level), value);
  }
}

}  // namespace tillstream
