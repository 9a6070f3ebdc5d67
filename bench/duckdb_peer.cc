// The peers of `consume --sink duckdb:` and `parquet:`: DuckDB by itself.
//
//   duckdb_peer LIBRARY append FILE DATA TO    a bare loop of DuckDB's appender: days d_1 to d_TO
//                                              (not included) of all stores of the dataset DATA,
//                                              day by day, a row an event, by data chunks into the
//                                              table `sales` of a new file, in one transaction; no
//                                              log, no schema, no offsets, no checks
//   duckdb_peer LIBRARY sql FILE STATEMENT...  runs statements on a file, or on :memory:
//
// DuckDB has two threads and all the memory that it would take by itself. Prints JSON: rows of
// `sales` that were appended, and seconds: of the loop until the commit (loading the dataset and
// making the table not counted), or of the statements.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "duckdb/chunk_writer.h"
#include "input.h"

namespace tillstream::bench {
namespace {

constexpr int64_t kMemoryBytes = int64_t{18} << 30;
constexpr const char* kCreate =
    "CREATE TABLE sales (store VARCHAR NOT NULL, item VARCHAR NOT NULL, dept VARCHAR NOT NULL, "
    "cat VARCHAR NOT NULL, state VARCHAR NOT NULL, day INTEGER NOT NULL, date DATE NOT NULL, sold "
    "INTEGER NOT NULL, price DECIMAL(10,2))";

int64_t AppendDay(ChunkWriter& rows, const StoreTable& table, Day day, Date date, DaySlice* slice) {
  table.CopyDay(day, slice);
  const auto days = static_cast<int32_t>(date.time_since_epoch().count());
  for (size_t row = 0; row < slice->units.size(); ++row) {
    const Series& series = table.series()[row];
    rows.SetText(0, table.store_id());
    rows.SetText(1, series.item_id);
    rows.SetText(2, series.dept_id);
    rows.SetText(3, series.cat_id);
    rows.SetText(4, table.state_id());
    rows.SetInteger(5, day.value());
    rows.SetInteger(6, days);
    rows.SetInteger(7, slice->units[row]);
    const int32_t cents = slice->price_cents[row];
    rows.SetBigint(8, cents == kNoPrice ? 0 : cents);
    if (cents == kNoPrice) rows.SetNull(8);
    Need(rows.EndRow());
  }
  return static_cast<int64_t>(slice->units.size());
}

int64_t Append(DuckdbFile& file, Day to) {
  const Dataset& dataset = LoadedDataset();
  DaySlice slice;
  int64_t count = 0;
  ChunkWriter rows =
      Need(ChunkWriter::Open(file, "sales",
                             {DuckdbColumn::kText, DuckdbColumn::kText, DuckdbColumn::kText,
                              DuckdbColumn::kText, DuckdbColumn::kText, DuckdbColumn::kInteger,
                              DuckdbColumn::kDate, DuckdbColumn::kInteger, DuckdbColumn::kPrice}));
  for (Day day(1); day < to; ++day) {
    for (const auto& table : dataset.stores) {
      count += AppendDay(rows, *table, day, dataset.calendar->at(day).date, &slice);
    }
  }
  Need(rows.Flush());
  return count;
}

void Run(const std::vector<std::string>& words) {
  DuckdbFile file = Need(DuckdbFile::Open(Need(LoadDuckdb(words[0])), {words[2], 2, kMemoryBytes}));
  SystemClock clock;
  int64_t rows = 0;
  std::chrono::nanoseconds begin{};
  if (words[1] == "append") {
    ProcessInput().data = words[3];
    LoadedDataset();
    Need(file.Execute(kCreate));
    begin = clock.Monotonic();
    Need(file.Execute("BEGIN"));
    rows = Append(file, Day(std::stoi(words[4])));
    Need(file.Execute("COMMIT"));
  } else {
    begin = clock.Monotonic();
    for (size_t i = 3; i < words.size(); ++i) Need(file.Execute(words[i]));
  }
  const double seconds = static_cast<double>((clock.Monotonic() - begin).count()) / 1e9;
  fmt::print("{{\"rows\": {}, \"seconds\": {:.4f}}}\n", rows, seconds);
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const bool is_append = words.size() == 5 && words[1] == "append";
  const bool is_sql = words.size() >= 4 && words[1] == "sql";
  if (!is_append && !is_sql) {
    std::fputs("usage: duckdb_peer LIBRARY append FILE DATA TO | sql FILE STATEMENT...\n", stderr);
    return EXIT_FAILURE;
  }
  tillstream::bench::Run(words);
  return EXIT_SUCCESS;
}
