#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/line_reader.h"
#include "dataset/tiled_table.h"

namespace tillstream {

/// Longest item, department, category or state id.
inline constexpr size_t kIdBytesMax = 255;

/// What a sales file holds: every store's cells, transposed.
struct SalesTables {
  std::vector<std::unique_ptr<TiledTable>> stores;  ///< By id.
  int32_t day_count = 0;                            ///< 0 when the header is faulty.
  /// False when a store or series of the file may be missing here, for a fault: then nothing may be
  /// said about ids in other files.
  bool is_complete = false;
};

/// Reads a sales file to its end, checking everything that can be checked without the other files.
/// `keeps_units` says of a store whether its cells are wanted; with `checks_others` false the rows
/// of stores that are not only name the store, whose table has no series then. Faults go to
/// `faults`; the result is an Error only when reading failed.
Result<SalesTables> ReadSales(LineReader* lines, FileFaults* faults,
                              const std::function<bool(const std::string& store)>& keeps_units,
                              bool checks_others, std::vector<std::string>* notes);

}  // namespace tillstream
