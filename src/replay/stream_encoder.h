#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataset/dataset.h"
#include "log/record_block.h"
#include "replay/day_encoder.h"

namespace tillstream {

/// What a store stream, or that of several stores that share a partition, is made from.
struct StreamSource {
  std::vector<std::shared_ptr<const StoreTable>> tables;
  std::shared_ptr<const Calendar> calendar;
  /// Partitions to which each table's rows are dealt by their keys; several only of one table.
  int32_t partition_count = 1;
  SchemaId sales_schema;
  SchemaId totals_schema;
};

/// Turns a stream into blocks, partition by partition. Event k of a partition is always the same:
/// days follow each other, and in a day the tables, and in those the rows that the partition has,
/// in the order of the sales file. Not thread safe.
class StreamEncoder {
 public:
  /// A run of events of one day that go to one partition.
  struct Section {
    size_t table = 0;
    size_t partition = 0;
    int32_t first_place = 0;  ///< Where its rows begin in the table's DayEncoder.
    int64_t begin = 0;        ///< Its events among those that the partition gets in a day.
    int64_t end = 0;
    bool ends_table = false;  ///< Whether the table's total follows it.
  };

  explicit StreamEncoder(const StreamSource& source);

  /// The sections of each day, in the order in which they are written.
  std::span<const Section> sections() const { return sections_; }
  /// Events of a day for each partition.
  std::span<const int64_t> round() const { return round_; }
  int64_t events_a_day() const { return events_a_day_; }
  size_t table_count() const { return encoders_.size(); }

  void SelectDay(Day day);

  /// Fills `block` with events of the selected day from `index` on, which lies in the section
  /// (begin and end count the same), as far as one block goes; returns the index after the last.
  int64_t Encode(const Section& section, int64_t index, RecordBlock* block) const;

  /// The same for the section that `index` of `partition` lies in.
  void EncodeAt(size_t partition, int64_t index, RecordBlock* block) const;

  /// Fills `block` with the selected day's total of one table.
  void EncodeTotal(size_t table, RecordBlock* block) const { encoders_[table]->EncodeTotal(block); }

 private:
  const StreamSource source_;
  std::vector<std::unique_ptr<DayEncoder>> encoders_;
  std::vector<Section> sections_;
  std::vector<int64_t> round_;
  int64_t events_a_day_ = 0;
};

}  // namespace tillstream
