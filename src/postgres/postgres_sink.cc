#include "postgres/postgres_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "consume/row_text.h"
#include "postgres/copy_rows.h"
#include "postgres/month_partitions.h"
#include "postgres/offset_table.h"
#include "postgres/postgres_connection.h"
#include "postgres/postgres_tables.h"

namespace tillstream {
namespace {

/// Bytes that are handed to the socket at once.
constexpr size_t kSendBytes = 256 << 10;

/// Of rows of `store_days` that wait for the end of a COPY of `sales`.
constexpr size_t kStoreDaysBytesMax = 4 << 20;

/// Dates that PostgreSQL takes, and that a partition's name can tell apart.
constexpr Date kDateMin = std::chrono::year(1) / 1 / 1;
constexpr Date kDateMax = std::chrono::year(9999) / 12 / 1;

class PostgresSink final : public TableSink {
 public:
  PostgresSink(std::unique_ptr<PostgresConnection> connection, const PostgresTables& tables,
               Clock& clock, PostgresSinkOptions options)
      : connection_(std::move(connection)),
        tables_(tables),
        months_(*connection_, tables.sales),
        offsets_(*connection_, clock, tables, std::move(options.stream), std::move(options.owner)),
        on_kept_(std::move(options.on_kept)) {}

  Status Begin() {
    TILLSTREAM_TRY(months_.Load());
    return CheckRowsHaveOffsets();
  }

  Status Put(const TopicPartition& /*partition*/, const RecordView& record,
             const Event& event) override {
    TILLSTREAM_TRY(state_);
    Status put = Ok();
    if (const auto* sale = std::get_if<SalesRecord>(&event)) {
      put = PutSale(record.timestamp, *sale);
    } else if (const auto* total = std::get_if<StoreDay>(&event)) {
      put = PutStoreDay(*total);
    } else {
      ++taken_.other;
    }
    if (put || put.error().code == ErrorCode::kCorrupt) return put;
    return Fail(put.error());
  }

  Status Flush() override {
    TILLSTREAM_TRY(state_);
    if (Status sent = SendAll(); !sent) return Fail(sent.error());
    return Ok();
  }

  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override {
    TILLSTREAM_TRY(state_);
    auto found = offsets_.Claim(partition);
    if (!found) return Fail(found.error()).error();
    stored_[partition] = found->has_value() ? std::optional((*found)->next) : std::nullopt;
    return found;
  }

  void Set(const TopicPartition& partition, const GroupPosition& position) override {
    if (stored_[partition] != position.next) positions_[partition] = position;
  }

  Status Store() override {
    TILLSTREAM_TRY(state_);
    if (positions_.empty() && !in_transaction_) return Ok();
    if (Status committed = Commit(); !committed) return Fail(committed.error());
    for (const auto& [partition, position] : positions_) stored_[partition] = position.next;
    positions_.clear();
    kept_ = taken_;
    if (on_kept_) on_kept_(kept_);
    return Ok();
  }

  std::string Describe() const override { return connection_->place(); }
  const TableCounts& kept() const override { return kept_; }

 private:
  Status Fail(Error error) {
    state_ = error;
    return error;
  }

  /// Rows that nobody wrote down the offsets of would come a second time.
  Status CheckRowsHaveOffsets() {
    if (tables_.is_new) return Ok();
    TILLSTREAM_ASSIGN(const PostgresRows row,
                      connection_->Query(fmt::format(
                          "SELECT NOT EXISTS (SELECT FROM {}) AND (EXISTS (SELECT FROM {}) OR"
                          " EXISTS (SELECT FROM {}))",
                          tables_.offsets, tables_.sales, tables_.store_days)));
    if (row.Text(0, 0) != "t") return Ok();
    return MakeError(ErrorCode::kRefused,
                     "{}: the tables have rows, and {} does not say of which offsets; empty them, "
                     "or use another database or schema",
                     connection_->place(), tables_.offsets);
  }

  static Status CheckDate(Date date) {
    if (kDateMin <= date && date < kDateMax) return Ok();
    return MakeError(ErrorCode::kCorrupt,
                     "its date is {} days from 1970, needed one of the years 1 to 9999",
                     date.time_since_epoch().count());
  }

  Status BeginTransaction() {
    if (in_transaction_) return Ok();
    TILLSTREAM_TRY(connection_->Execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
    in_transaction_ = true;
    return Ok();
  }

  Status BeginCopy(const std::string& table, std::span<const PostgresColumn> columns) {
    return connection_->BeginCopy(
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, NamesOf(columns)));
  }

  /// Ends a COPY of so many rows, of which `rest` has not been sent yet.
  Status EndCopy(const std::string& table, CopyRows& rest, int64_t row_count) {
    rest.AppendTrailer();
    TILLSTREAM_TRY(connection_->SendCopy(rest.bytes()));
    rest.Clear();
    TILLSTREAM_ASSIGN(const int64_t copied, connection_->EndCopy());
    if (copied == row_count) return Ok();
    return MakeError(ErrorCode::kRefused,
                     "{}: table {} took {} of {} rows; a trigger or a rule of its own leaves some "
                     "out",
                     connection_->place(), table, copied, row_count);
  }

  /// The table's rows of `timestamp` can come.
  Status BeginSales(Timestamp timestamp) {
    const Date date = DateOf(timestamp);
    TILLSTREAM_TRY(CheckDate(date));
    if (!months_.Covers(date)) {
      TILLSTREAM_TRY(EndSales());
      TILLSTREAM_TRY(BeginTransaction());
      TILLSTREAM_TRY(months_.Make(date));
    }
    if (!in_sales_) {
      TILLSTREAM_TRY(BeginTransaction());
      TILLSTREAM_TRY(BeginCopy(tables_.sales, SalesColumns()));
      in_sales_ = true;
      sales_rows_ = 0;
      sales_.AppendHeader();
    }
    date_ = date;
    timestamp_ = timestamp;
    return Ok();
  }

  Status EndSales() {
    timestamp_ = std::nullopt;
    if (!std::exchange(in_sales_, false)) return Ok();
    return EndCopy(tables_.sales, sales_, sales_rows_);
  }

  Status PutSale(Timestamp timestamp, const SalesRecord& sale) {
    TILLSTREAM_TRY(CheckTexts(sale, RowText::kUtf8WithoutZero));
    if (timestamp_ != timestamp) TILLSTREAM_TRY(BeginSales(timestamp));
    sales_.BeginRow(static_cast<int16_t>(SalesColumns().size()),
                    sale.store_id.size() + sale.item_id.size() + sale.dept_id.size() +
                        sale.cat_id.size() + sale.state_id.size());
    sales_.AppendText(sale.store_id);
    sales_.AppendText(sale.item_id);
    sales_.AppendText(sale.dept_id);
    sales_.AppendText(sale.cat_id);
    sales_.AppendText(sale.state_id);
    sales_.AppendInt32(sale.day.value());
    sales_.AppendDate(date_);
    sales_.AppendInt32(sale.sold);
    const std::optional<Cents> cents = sale.sell_price ? CentsOf(*sale.sell_price) : std::nullopt;
    if (cents) {
      sales_.AppendMoney(*cents);
    } else {
      sales_.AppendNull();
    }
    ++sales_rows_;
    ++taken_.sales;
    if (sales_.size_bytes() < kSendBytes) return Ok();
    TILLSTREAM_TRY(connection_->SendCopy(sales_.bytes()));
    sales_.Clear();
    return Ok();
  }

  Status PutStoreDay(const StoreDay& total) {
    TILLSTREAM_TRY(CheckDate(total.date));
    TILLSTREAM_TRY(CheckTexts(total, RowText::kUtf8WithoutZero));
    if (total.revenue_cents < 0) {
      return MakeError(ErrorCode::kCorrupt, "its revenue is {} cents, needed 0 or more",
                       total.revenue_cents);
    }
    if (store_days_rows_ == 0) store_days_.AppendHeader();
    store_days_.BeginRow(static_cast<int16_t>(StoreDaysColumns().size()),
                         total.store_id.size() + total.state_id.size());
    store_days_.AppendText(total.store_id);
    store_days_.AppendText(total.state_id);
    store_days_.AppendInt32(total.day.value());
    store_days_.AppendDate(total.date);
    store_days_.AppendInt32(total.events);
    store_days_.AppendInt64(total.units);
    store_days_.AppendMoney(total.revenue_cents);
    store_days_.AppendInt64(total.unpriced_units);
    store_days_.AppendInt32(total.revision);
    ++store_days_rows_;
    ++taken_.store_days;
    return store_days_.size_bytes() < kStoreDaysBytesMax ? Ok() : SendAll();
  }

  /// Everything that was put is on the server, in the open transaction.
  Status SendAll() {
    TILLSTREAM_TRY(EndSales());
    if (store_days_rows_ == 0) return Ok();
    TILLSTREAM_TRY(BeginTransaction());
    TILLSTREAM_TRY(BeginCopy(tables_.store_days, StoreDaysColumns()));
    return EndCopy(tables_.store_days, store_days_, std::exchange(store_days_rows_, 0));
  }

  Status Commit() {
    TILLSTREAM_TRY(SendAll());
    TILLSTREAM_TRY(BeginTransaction());
    if (!positions_.empty()) TILLSTREAM_TRY(offsets_.Update(positions_));
    TILLSTREAM_TRY(connection_->Commit());
    in_transaction_ = false;
    offsets_.Committed(positions_);
    return Ok();
  }

  std::unique_ptr<PostgresConnection> connection_;
  const PostgresTables tables_;
  MonthPartitions months_;
  OffsetTable offsets_;
  const std::function<void(const TableCounts&)> on_kept_;

  Status state_;  ///< The first Error.
  bool in_transaction_ = false;
  bool in_sales_ = false;  ///< A COPY of `sales` is going on.
  /// Of the last row of `sales`, whose date has a partition; none where that must be looked at.
  std::optional<Timestamp> timestamp_;
  Date date_{};
  CopyRows sales_;
  int64_t sales_rows_ = 0;  ///< Of the COPY.
  CopyRows store_days_;
  int64_t store_days_rows_ = 0;
  std::map<TopicPartition, std::optional<Offset>> stored_;
  std::map<TopicPartition, GroupPosition> positions_;  ///< Those that differ from `stored_`.
  TableCounts taken_;
  TableCounts kept_;
};

}  // namespace

Result<std::unique_ptr<TableSink>> OpenPostgresSink(Clock& clock, PostgresSinkOptions options) {
  TILLSTREAM_ASSIGN(auto connection, PostgresConnection::Open(options.address));
  TILLSTREAM_ASSIGN(const PostgresTables tables, PrepareTables(*connection));
  auto sink =
      std::make_unique<PostgresSink>(std::move(connection), tables, clock, std::move(options));
  TILLSTREAM_TRY(sink->Begin());
  return std::unique_ptr<TableSink>(std::move(sink));
}

}  // namespace tillstream
