#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/line_reader.h"
#include "dataset/sales_reader.h"
#include "dataset/tiled_table.h"

namespace tillstream {

/// What the price file is checked against. A null pointer or an incomplete table stands for a file
/// with faults; then nothing is said about what should be in it.
struct PriceContext {
  std::string sales_file;  ///< Names for messages.
  std::string calendar_file;
  SalesTables* sales = nullptr;
  const WeekIndex* weeks = nullptr;
  /// Whether prices of stores whose units are not kept are checked, too.
  bool checks_others = true;
};

/// Reads sell_prices.csv to its end and sets the prices in the sales tables, whose BeginPrices()
/// has been called when there are weeks. Faults go to `faults`; the result is an Error only when
/// reading failed.
Status ReadPrices(LineReader* lines, FileFaults* faults, const PriceContext& context,
                  std::vector<std::string>* notes);

}  // namespace tillstream
