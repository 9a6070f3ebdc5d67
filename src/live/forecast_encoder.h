#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "forecast/hierarchy.h"
#include "live/forecast_state.h"
#include "log/record_block.h"
#include "model/date.h"

namespace tillstream {

/// What records of forecasts carry that is the same for all.
struct ForecastLabels {
  std::string model;
  int32_t model_version = 0;
  SchemaId forecast_schema;
  SchemaId score_schema;
  Date first_date;  ///< Of d_1, as the events have it.
};

/// Turns forecasts and scores into blocks of records: docs/formats/forecasts.md.
///
/// Partition 0 has the sums over stores (levels 1, 2 and 4 to 7), partition p the nodes of one
/// store: levels 3, 8 and 9, and its series. Not thread safe.
class ForecastEncoder {
 public:
  /// `hierarchy` must outlive the encoder. `partitions` says which partition, from 1, each of its
  /// stores has; several may share one.
  ForecastEncoder(const Hierarchy& hierarchy, ForecastLabels labels,
                  const std::vector<int32_t>& partitions, int32_t partition_count);

  /// Records that a forecast has in each partition.
  std::vector<int64_t> round() const;

  /// The key of a record of a partition, by its number in the round.
  const std::string& KeyAt(size_t partition, int64_t number) const {
    return nodes_[partition][static_cast<size_t>(number)].name;
  }

  /// Fills `block` with the records of a partition from number `first` on, as far as one block
  /// goes, and returns the number after the last.
  int64_t Encode(const MadeForecast& forecast, int32_t partition, int64_t first,
                 RecordBlock* block);

  /// One record a level.
  void EncodeScore(const MaturedScore& score, RecordBlock* block) const;

  Date DateOf(Day day) const { return labels_.first_date + std::chrono::days(day.value() - 1); }
  /// The end of the day: the time of the records of a forecast made then.
  Timestamp EndOf(Day day) const { return StartOf(DateOf(day) + std::chrono::days(1)); }

 private:
  struct Node {
    int32_t number = 0;
    int32_t level = 0;
    std::string name;
    SeriesKey ids;                ///< Hierarchy::NodeKey().
    std::vector<int32_t> stores;  ///< That it has series of.
  };
  static int32_t IncompleteDaysOf(const MadeForecast& forecast, const Node& node);

  const Hierarchy& hierarchy_;
  const ForecastLabels labels_;
  std::vector<std::vector<Node>> nodes_;  ///< By partition.
  std::string value_;
};

}  // namespace tillstream
