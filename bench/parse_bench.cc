// Workload: the sales file as Kaggle gives it (M5: 121.7 MB, 30,490 rows, 1,941 day columns), read
// from the page cache.
//
// ParseSales is the product's reader with all its checks, into the table that replay reads, day by
// day. ParseSalesPlainly is what one would write instead: std::getline and std::from_chars, cells
// into one vector row by row, texts kept, nothing checked but that a cell is a number of 16 bits.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "dataset/line_reader.h"
#include "dataset/sales_reader.h"
#include "dataset/text_input.h"
#include "input.h"

namespace tillstream::bench {
namespace {

int64_t SalesBytes() { return Need(Files().Info(ProcessInput().sales)).size_bytes; }

/// Sum over all cells of both tables must be the same, or one of them did not do the work. Stated
/// as a counter, compared by run.py.
void State(benchmark::State& state, int64_t units) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * SalesBytes());
  state.counters["units"] = static_cast<double>(units);
}

void ParseSales(benchmark::State& state) {
  SalesTables tables;
  for (auto _ : state) {
    FaultList list;
    FileFaults faults("sales", &list);
    std::vector<std::string> notes;
    const auto text = Need(TextInput::Open(Files(), ProcessInput().sales));
    LineReader lines(text.get(), &faults);
    tables = SalesTables();
    tables = Need(ReadSales(
        &lines, &faults, [](const std::string&) { return true; },
        /*checks_others=*/true, &notes));
    benchmark::DoNotOptimize(tables.stores.data());
    benchmark::ClobberMemory();
    if (!list.empty()) Die(list.ToError());
  }
  int64_t units = 0;
  for (const auto& table : tables.stores) {
    // Prices are read later; a table without any is whole after these two.
    table->BeginPrices(LoadedDataset().calendar,
                       std::make_shared<const WeekIndex>(*LoadedDataset().calendar));
    table->Finish();
    DaySlice slice;
    for (int32_t day = 1; day <= table->day_count(); ++day) {
      table->CopyDay(Day(day), &slice);
      units = std::accumulate(slice.units.begin(), slice.units.end(), units);
    }
  }
  State(state, units);
}
BENCHMARK(ParseSales)->Unit(benchmark::kMillisecond);

/// The plain way. Knows that six texts stand before the days.
struct PlainSales {
  std::vector<std::string> texts;  ///< Six a row.
  std::vector<uint16_t> cells;     ///< Row after row.

  bool Read(const std::string& path) {
    constexpr size_t kTextColumns = 6;
    std::vector<char> buffer(size_t{1} << 20);
    std::ifstream file;
    file.rdbuf()->pubsetbuf(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    file.open(path, std::ios::binary);
    std::string line;
    if (!std::getline(file, line)) return false;
    while (std::getline(file, line)) {
      const char* in = line.data();
      const char* const end = in + line.size();
      for (size_t i = 0; i < kTextColumns; ++i) {
        const char* const comma = std::find(in, end, ',');
        if (comma == end) return false;
        texts.emplace_back(in, comma);
        in = comma + 1;
      }
      for (;;) {
        uint16_t cell = 0;
        const auto [next, error] = std::from_chars(in, end, cell);
        if (error != std::errc()) return false;
        cells.push_back(cell);
        if (next == end) break;
        in = next + 1;
      }
    }
    return true;
  }
};

void ParseSalesPlainly(benchmark::State& state) {
  PlainSales sales;
  for (auto _ : state) {
    sales = PlainSales();
    if (!sales.Read(ProcessInput().sales)) state.SkipWithError("a cell is no number");
    benchmark::DoNotOptimize(sales.cells.data());
    benchmark::ClobberMemory();
  }
  State(state, std::accumulate(sales.cells.begin(), sales.cells.end(), int64_t{0}));
}
BENCHMARK(ParseSalesPlainly)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tillstream::bench
