// Feeds the dataset reader one file after the other's content. The first byte of the input says
// which file of a small, right dataset is replaced by the rest, and whether it is named .gz.
// Nothing may crash; an accepted dataset must be readable, a refused one must have a fault.

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "dataset/dataset.h"
#include "testing/memory_files.h"
#include "testing/small_dataset.h"

namespace tillstream {
namespace {

void ReadAll(const Dataset& dataset) {
  DaySlice slice;
  for (const auto& store : dataset.stores) {
    for (Day day(1); day.value() <= dataset.day_count; ++day) {
      store->CopyDay(day, &slice);
      TILLSTREAM_CHECK(slice.units.size() == store->series().size());
      for (const int32_t units : slice.units) TILLSTREAM_CHECK(units >= 0);
      for (const int32_t cents : slice.price_cents) TILLSTREAM_CHECK(cents >= kNoPrice);
    }
  }
}

}  // namespace
}  // namespace tillstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tillstream;
  if (size == 0) return 0;
  static const SmallDataset small;
  static const std::string names[] = {small.SalesFile(), "calendar.csv", "sell_prices.csv"};
  static const std::string texts[] = {small.SalesCsv(), small.CalendarCsv(), small.PricesCsv()};
  MemoryFiles files;
  for (size_t i = 0; i < 3; ++i) {
    const bool is_fuzzed = data[0] % 3 == i;
    const std::string name = names[i] + (is_fuzzed && data[0] >= 128 ? ".gz" : "");
    files.contents[name] =
        is_fuzzed ? std::string(reinterpret_cast<const char*>(data + 1), size - 1) : texts[i];
  }
  FaultList faults;
  const Result<Dataset> dataset = LoadDataset(files, "data", {}, &faults);
  TILLSTREAM_CHECK(dataset.has_value() == faults.empty());
  if (dataset) ReadAll(*dataset);
  return 0;
}
