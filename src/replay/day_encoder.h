#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "log/record_block.h"
#include "model/ids.h"
#include "model/sales_record.h"

namespace tillstream {

/// Most records in a batch, since a reader holds one batch in memory: three days of an M5 store, at
/// which the cost of a batch's header and CRC has long vanished in that of its records.
inline constexpr int32_t kBatchRecordsMax = 10'000;

/// Most bytes of records in a batch before compression, so that a batch stays below kBatchBytesMax
/// under every codec. The limit acts before a record is added, with the largest size that any
/// record of the store can have.
inline constexpr size_t kBatchPayloadBytesMax = 950'000;

/// Turns the days of one store into blocks of framed records: docs/formats/events.md.
///
/// What is constant for a series (key, schema id, five names) is rendered once, at construction; a
/// day only copies it and adds day, units and price. Boundaries of blocks follow from the position
/// alone: a block ends with the rows asked for, or where the next record could pass a limit above.
/// Not thread safe.
class DayEncoder {
 public:
  /// `table` and `calendar` must outlive the encoder. `order` has every row of the table once: the
  /// places of EncodeRows() are places in it. Empty: the table's own order.
  DayEncoder(const StoreTable& table, const Calendar& calendar, SchemaId sales_schema,
             SchemaId totals_schema, std::span<const int32_t> order = {});

  /// Makes the day from which EncodeRows() and EncodeTotal() take their numbers.
  void SelectDay(Day day);

  /// Fills `block` with the selected day's rows in the places [first, end), as far as one block
  /// goes, and returns the place after the last.
  int32_t EncodeRows(int32_t first, int32_t end, RecordBlock* block) const;
  /// The same up to the last place.
  int32_t EncodeRows(int32_t first, RecordBlock* block) const {
    return EncodeRows(first, static_cast<int32_t>(rows_.size()), block);
  }

  /// Fills `block` with the end-of-day total of the selected day.
  void EncodeTotal(RecordBlock* block) const;

 private:
  /// Where a series' constant bytes lie in arena_.
  struct Row {
    uint32_t offset;
    uint16_t key_bytes;     ///< Key with its length in front.
    uint16_t prefix_bytes;  ///< Value up to the day.
    int32_t table_row;
  };

  char* EncodeRow(size_t place, int32_t offset_delta, char* out) const;

  const StoreTable& table_;
  const Calendar& calendar_;
  SchemaId totals_schema_;
  std::vector<Row> rows_;
  std::string arena_;
  size_t record_bytes_max_ = 0;
  Day day_{1};
  DaySlice slice_;
  std::vector<float> prices_;
};

}  // namespace tillstream
