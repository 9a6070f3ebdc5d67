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

constexpr int32_t kItemStore = static_cast<int32_t>(Level::kItemStore);

bool LiesInAStore(int32_t level) {
  const auto of = static_cast<Level>(level);
  return of == Level::kStore || of == Level::kStoreCategory || of == Level::kStoreDepartment ||
         of == Level::kItemStore;
}

/// The ids of a series that all series of its node at `level` share.
SeriesKey SharedIds(const SeriesKey& key, int32_t level) {
  switch (static_cast<Level>(level)) {
    case Level::kTotal:
      return {};
    case Level::kState:
      return {.item = {}, .dept = {}, .cat = {}, .store = {}, .state = key.state};
    case Level::kStore:
      return {.item = {}, .dept = {}, .cat = {}, .store = key.store, .state = key.state};
    case Level::kCategory:
      return {.item = {}, .dept = {}, .cat = key.cat, .store = {}, .state = {}};
    case Level::kDepartment:
      return {.item = {}, .dept = key.dept, .cat = key.cat, .store = {}, .state = {}};
    case Level::kStateCategory:
      return {.item = {}, .dept = {}, .cat = key.cat, .store = {}, .state = key.state};
    case Level::kStateDepartment:
      return {.item = {}, .dept = key.dept, .cat = key.cat, .store = {}, .state = key.state};
    case Level::kStoreCategory:
      return {.item = {}, .dept = {}, .cat = key.cat, .store = key.store, .state = key.state};
    case Level::kStoreDepartment:
      return {.item = {}, .dept = key.dept, .cat = key.cat, .store = key.store, .state = key.state};
    case Level::kItem:
    case Level::kItemState:
    case Level::kItemStore:
      break;
  }
  return key;
}

std::optional<double> Defined(double measure) {
  return std::isfinite(measure) ? std::optional(measure) : std::nullopt;
}

}  // namespace

ForecastEncoder::ForecastEncoder(const Hierarchy& hierarchy, ForecastLabels labels,
                                 const std::vector<int32_t>& partitions, int32_t partition_count)
    : hierarchy_(hierarchy),
      labels_(std::move(labels)),
      nodes_(static_cast<size_t>(partition_count)) {
  const auto partition_of = [&](int32_t series) {
    const auto& stores = hierarchy.stores();
    const auto store =
        std::find(stores.begin(), stores.end(), hierarchy.series(series).store) - stores.begin();
    return partitions[static_cast<size_t>(store)];
  };
  for (int32_t level = 1; level <= 9; ++level) {
    std::vector<bool> is_there(static_cast<size_t>(hierarchy.node_count()));
    const auto of_series = hierarchy.NodesOfSeries(level);
    for (int32_t i = 0; i < hierarchy.series_count(); ++i) {
      const int32_t node = of_series[static_cast<size_t>(i)];
      if (is_there[static_cast<size_t>(node)]) continue;
      is_there[static_cast<size_t>(node)] = true;
      AddNode(level, node, i, LiesInAStore(level) ? partition_of(i) : 0);
    }
  }
  for (int32_t group = 0; group < hierarchy.group_count(); ++group) {
    const int32_t partition = partition_of(hierarchy.group_begin(group));
    for (int32_t i = hierarchy.group_begin(group); i < hierarchy.group_end(group); ++i) {
      AddNode(kItemStore, hierarchy.first_node(kItemStore) + i, i, partition);
    }
  }
}

void ForecastEncoder::AddNode(int32_t level, int32_t number, int32_t series, int32_t partition) {
  nodes_[static_cast<size_t>(partition)].push_back(
      {number, level, hierarchy_.NodeName(number), SharedIds(hierarchy_.series(series), level)});
}

std::vector<int64_t> ForecastEncoder::round() const {
  std::vector<int64_t> round;
  for (const auto& nodes : nodes_) round.push_back(static_cast<int64_t>(nodes.size()));
  return round;
}

int32_t ForecastEncoder::IncompleteDaysOf(const MadeForecast& forecast, const Node& node) const {
  int32_t days = 0;
  for (int32_t group = 0; group < hierarchy_.group_count(); ++group) {
    // Each store once: by the first of its groups that is in the node.
    const auto store = static_cast<size_t>(hierarchy_.group_store(group));
    if (forecast.incomplete_days[store] == 0) continue;
    const SeriesKey& key = hierarchy_.series(hierarchy_.group_begin(group));
    if (!node.ids.store.empty() ? key.store != node.ids.store
                                : !node.ids.state.empty() && key.state != node.ids.state) {
      continue;
    }
    const auto is_before = [&](int32_t other) {
      return hierarchy_.group_store(other) == hierarchy_.group_store(group);
    };
    bool is_first = true;
    for (int32_t other = 0; other < group; ++other) is_first = is_first && !is_before(other);
    if (is_first) days += forecast.incomplete_days[store];
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
