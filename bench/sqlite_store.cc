// The store that one would pick instead: the events of some days as rows of an SQLite table.
//
//   sqlite_store FILE DATA FROM TO NORMAL|FULL
//
// Workload: days d_FROM to d_TO (not included) of all stores of the dataset DATA, day by day, one
// row an event with the eight fields as columns and no index but the row id. SQLite as its manual
// says for speed: WAL, one prepared statement, a transaction for each store's day, synchronous as
// given. With FULL a day is durable when it is committed; with NORMAL when the WAL is next brought
// into the database. Either way all is durable at the end, since the WAL is emptied then.
//
// Prints JSON: events, seconds and processor seconds from the first insert until all is durable
// (loading the dataset not counted), bytes of the database.
#include <fmt/format.h>
#include <sqlite3.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "input.h"

namespace tillstream::bench {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A database, as far as the benchmark needs one; ends the process on an error.
class Database {
 public:
  explicit Database(const std::string& path) {
    sqlite3* database = nullptr;
    const int code = sqlite3_open(path.c_str(), &database);
    database_.reset(database);
    Check(code);
  }

  void Execute(const std::string& sql) {
    Check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
  }

  void PrepareInsert() {
    constexpr std::string_view kInsert = "INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    sqlite3_stmt* statement = nullptr;
    Check(sqlite3_prepare_v2(database_.get(), kInsert.data(), static_cast<int>(kInsert.size()),
                             &statement, nullptr));
    insert_.reset(statement);
  }

  /// Texts must live until the row is inserted.
  void BindText(int column, std::string_view text) {
    sqlite3_bind_text(insert_.get(), column, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
  }
  void BindInteger(int column, int32_t value) { sqlite3_bind_int(insert_.get(), column, value); }
  void BindPrice(int column, int32_t cents) {
    if (cents == kNoPrice) {
      sqlite3_bind_null(insert_.get(), column);
    } else {
      sqlite3_bind_double(insert_.get(), column, cents / 100.0);
    }
  }
  void Insert() {
    if (sqlite3_step(insert_.get()) != SQLITE_DONE) Check(sqlite3_errcode(database_.get()));
    sqlite3_reset(insert_.get());
  }

 private:
  void Check(int code) {
    if (code != SQLITE_OK) {
      Die({ErrorCode::kIoError, std::string("sqlite: ") + sqlite3_errmsg(database_.get())});
    }
  }

  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> insert_;
};

int64_t InsertStoreDay(Database& database, const StoreTable& table, Day day, DaySlice* slice) {
  table.CopyDay(day, slice);
  database.Execute("BEGIN");
  for (size_t row = 0; row < slice->units.size(); ++row) {
    const Series& series = table.series()[row];
    database.BindText(1, series.item_id);
    database.BindText(2, series.dept_id);
    database.BindText(3, series.cat_id);
    database.BindText(4, table.store_id());
    database.BindText(5, table.state_id());
    database.BindInteger(6, day.value());
    database.BindInteger(7, slice->units[row]);
    database.BindPrice(8, slice->price_cents[row]);
    database.Insert();
  }
  database.Execute("COMMIT");
  return static_cast<int64_t>(slice->units.size());
}

void Run(const std::string& path, Day from, Day to, const std::string& synchronous) {
  const Dataset& dataset = LoadedDataset();
  if (from < Day(1) || to > Day(dataset.day_count + 1) || from > to) {
    Die(MakeError(ErrorCode::kUsage, "days: expected d_1 to d_{}, found d_{} to d_{}",
                  dataset.day_count, from.value(), to.value() - 1));
  }
  Database database(path);
  database.Execute("PRAGMA journal_mode = WAL");
  database.Execute("PRAGMA synchronous = " + synchronous);
  database.Execute(
      "CREATE TABLE sales (item_id TEXT NOT NULL, dept_id TEXT NOT NULL, cat_id TEXT NOT NULL, "
      "store_id TEXT NOT NULL, state_id TEXT NOT NULL, day INTEGER NOT NULL, "
      "sold INTEGER NOT NULL, sell_price REAL)");
  database.PrepareInsert();

  SystemClock clock;
  const auto begin = clock.Monotonic();
  const double cpu_begin = CpuSeconds();
  DaySlice slice;
  int64_t events = 0;
  for (Day day = from; day < to; ++day) {
    for (const auto& table : dataset.stores) {
      events += InsertStoreDay(database, *table, day, &slice);
    }
  }
  database.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const double seconds = static_cast<double>((clock.Monotonic() - begin).count()) / 1e9;
  fmt::print("{{\"events\": {}, \"seconds\": {:.6f}, \"cpu\": {:.6f}, \"bytes\": {}}}\n", events,
             seconds, CpuSeconds() - cpu_begin, Need(Files().Info(path)).size_bytes);
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: sqlite_store FILE DATA FROM TO NORMAL|FULL\n");
    return 2;
  }
  tillstream::bench::ProcessInput().data = argv[2];
  tillstream::bench::Run(argv[1], tillstream::Day(std::atoi(argv[3])),
                         tillstream::Day(std::atoi(argv[4])), argv[5]);
  return 0;
}
