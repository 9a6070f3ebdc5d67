// The peer of `consume --sink postgres:`: a bare loop of libpq's binary COPY.
//
//   postgres_copy ADDRESS DATA TO parent|months
//
// Workload: days d_1 to d_TO (not included) of all stores of the dataset DATA, day by day, one row
// an event, into the table `sales` of `consume --sink postgres:`, which is made first with a
// partition a month. `parent`: one COPY of all rows, in one transaction, and the server finds the
// partition. `months`: a COPY for each month, into its partition, all in one transaction. Rows are
// encoded as they are sent, in pieces of 256 KiB; nothing else is done: no log, no schema, no
// offsets, no checks.
//
// Prints JSON: rows, seconds and processor seconds of this process from the first row until the
// transaction is committed (loading the dataset and making the table not counted).
#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/endian.h"
#include "input.h"

namespace tillstream::bench {
namespace {

constexpr size_t kPieceBytes = 256 << 10;
constexpr size_t kRowBytesMax = 4096;
constexpr int16_t kColumns = 9;
constexpr Date kEpoch = std::chrono::year(2000) / 1 / 1;
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr const char* kCreate =
    "DROP TABLE IF EXISTS sales; CREATE TABLE sales (store text NOT NULL, item text NOT NULL, "
    "dept text NOT NULL, cat text NOT NULL, state text NOT NULL, day integer NOT NULL, "
    "date date NOT NULL, sold integer NOT NULL, price numeric(10,2)) PARTITION BY RANGE (date)";

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};

/// A session, as far as the benchmark needs one; ends the process on an error.
class Session {
 public:
  explicit Session(const std::string& address) : connection_(PQconnectdb(address.c_str())) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) Fail();
  }

  void Execute(const std::string& sql, ExecStatusType expected = PGRES_COMMAND_OK) {
    const std::unique_ptr<PGresult, Clear> result(PQexec(connection_.get(), sql.c_str()));
    if (PQresultStatus(result.get()) != expected) Fail();
  }

  void BeginCopy(const std::string& table) {
    Execute("COPY " + table + " FROM STDIN (FORMAT binary)", PGRES_COPY_IN);
    piece_.append(kHeader);
  }

  /// Room for a row.
  char* Reserve() {
    if (piece_.size() >= kPieceBytes) Send();
    size_ = piece_.size();
    piece_.resize(size_ + kRowBytesMax);
    return piece_.data() + size_;
  }
  void Commit(const char* end) { piece_.resize(static_cast<size_t>(end - piece_.data())); }

  void EndCopy() {
    piece_.append("\377\377");
    Send();
    if (PQputCopyEnd(connection_.get(), nullptr) != 1) Fail();
    const std::unique_ptr<PGresult, Clear> result(PQgetResult(connection_.get()));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) Fail();
    while (std::unique_ptr<PGresult, Clear>(PQgetResult(connection_.get())) != nullptr) {
    }
  }

 private:
  void Send() {
    if (PQputCopyData(connection_.get(), piece_.data(), static_cast<int>(piece_.size())) != 1) {
      Fail();
    }
    piece_.clear();
  }
  [[noreturn]] void Fail() {
    Die({ErrorCode::kFailed, std::string("postgres: ") + PQerrorMessage(connection_.get())});
  }

  std::unique_ptr<PGconn, Finish> connection_;
  std::string piece_;
  size_t size_ = 0;
};

template <typename T>
char* Put(T value, char* out) {
  StoreBigEndian(value, out);
  return out + sizeof(value);
}
char* PutInteger(int32_t value, char* out) { return Put(value, Put<int32_t>(sizeof(value), out)); }
char* PutText(std::string_view text, char* out) {
  out = Put(static_cast<int32_t>(text.size()), out);
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}
/// A numeric: its digits to base 10000, of which the last has the two decimals.
char* PutPrice(int32_t cents, char* out) {
  if (cents == kNoPrice) return Put<int32_t>(-1, out);
  const int32_t whole = cents / 100;
  const int16_t high = static_cast<int16_t>(whole / 10000);
  const int16_t count = high == 0 ? 2 : 3;
  out = Put<int32_t>(8 + 2 * count, out);
  out = Put<int16_t>(count, out);
  out = Put<int16_t>(static_cast<int16_t>(count - 2), out);
  out = Put<int16_t>(0, out);
  out = Put<int16_t>(2, out);
  if (high != 0) out = Put<int16_t>(high, out);
  out = Put<int16_t>(static_cast<int16_t>(whole % 10000), out);
  return Put<int16_t>(static_cast<int16_t>(cents % 100 * 100), out);
}

int64_t CopyStoreDay(Session& session, const StoreTable& table, Day day, Date date,
                     DaySlice* slice) {
  table.CopyDay(day, slice);
  const auto days = static_cast<int32_t>((date - kEpoch).count());
  for (size_t row = 0; row < slice->units.size(); ++row) {
    const Series& series = table.series()[row];
    char* out = Put(kColumns, session.Reserve());
    out = PutText(table.store_id(), out);
    out = PutText(series.item_id, out);
    out = PutText(series.dept_id, out);
    out = PutText(series.cat_id, out);
    out = PutText(table.state_id(), out);
    out = PutInteger(day.value(), out);
    out = PutInteger(days, out);
    out = PutInteger(slice->units[row], out);
    session.Commit(PutPrice(slice->price_cents[row], out));
  }
  return static_cast<int64_t>(slice->units.size());
}

std::string PartitionOf(Date date) { return "sales_" + FormatDate(date).substr(0, 7); }

void MakePartitions(Session& session, const Calendar& calendar, Day to) {
  Date end{};
  for (Day day(1); day < to; ++day) {
    const Date date = calendar.at(day).date;
    if (date < end) continue;
    const std::chrono::year_month_day parts(date);
    const std::chrono::year_month month = parts.year() / parts.month();
    end = Date((month + std::chrono::months(1)) / 1);
    session.Execute(
        fmt::format("CREATE TABLE \"{}\" PARTITION OF sales FOR VALUES FROM ('{}') TO ('{}')",
                    PartitionOf(date), FormatDate(Date(month / 1)), FormatDate(end)));
  }
}

void Run(const std::string& address, Day to, bool by_months) {
  const Dataset& dataset = LoadedDataset();
  if (to > Day(dataset.day_count + 1)) {
    Die(MakeError(ErrorCode::kUsage, "days: expected d_1 to d_{}", dataset.day_count));
  }
  Session session(address);
  session.Execute(kCreate);
  MakePartitions(session, *dataset.calendar, to);

  SystemClock clock;
  const auto begin = clock.Monotonic();
  const double cpu_begin = CpuSeconds();
  DaySlice slice;
  int64_t rows = 0;
  session.Execute("BEGIN");
  std::string target = "sales";
  if (!by_months) session.BeginCopy(target);
  for (Day day(1); day < to; ++day) {
    const Date date = dataset.calendar->at(day).date;
    if (by_months && PartitionOf(date) != target) {
      if (day != Day(1)) session.EndCopy();
      target = PartitionOf(date);
      session.BeginCopy("\"" + target + "\"");
    }
    for (const auto& table : dataset.stores) {
      rows += CopyStoreDay(session, *table, day, date, &slice);
    }
  }
  session.EndCopy();
  session.Execute("COMMIT");
  const double seconds = static_cast<double>((clock.Monotonic() - begin).count()) / 1e9;
  fmt::print("{{\"rows\": {}, \"seconds\": {:.6f}, \"cpu\": {:.6f}}}\n", rows, seconds,
             CpuSeconds() - cpu_begin);
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: postgres_copy ADDRESS DATA TO parent|months\n");
    return 2;
  }
  tillstream::bench::ProcessInput().data = argv[2];
  tillstream::bench::Run(argv[1], tillstream::Day(std::atoi(argv[3])),
                         std::string_view(argv[4]) == "months");
  return 0;
}
