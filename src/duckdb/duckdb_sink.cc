#include "duckdb/duckdb_sink.h"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/text.h"
#include "consume/row_text.h"

namespace tillstream {
namespace {

constexpr const char* kSales = "sales";
constexpr const char* kStoreDays = "store_days";
constexpr const char* kOffsets = "tillstream_offsets";

/// A table's columns as CREATE TABLE has them.
struct Table {
  const char* name;
  const char* columns;
};

constexpr std::array<Table, 3> kTables = {{
    {kSales,
     "store VARCHAR NOT NULL, item VARCHAR NOT NULL, dept VARCHAR NOT NULL, cat VARCHAR NOT NULL, "
     "state VARCHAR NOT NULL, day INTEGER NOT NULL, date DATE NOT NULL, sold INTEGER NOT NULL, "
     "price DECIMAL(10,2)"},
    {kStoreDays,
     "store VARCHAR NOT NULL, state VARCHAR NOT NULL, day INTEGER NOT NULL, date DATE NOT NULL, "
     "events INTEGER NOT NULL, units BIGINT NOT NULL, revenue DECIMAL(18,2) NOT NULL, "
     "unpriced_units BIGINT NOT NULL, revision INTEGER NOT NULL"},
    {kOffsets,
     "topic VARCHAR NOT NULL, partition INTEGER NOT NULL, next_offset BIGINT NOT NULL, "
     "records BIGINT, last_offset BIGINT, last_hash BIGINT, stream VARCHAR NOT NULL, "
     "run VARCHAR NOT NULL"},
}};

const std::vector<DuckdbColumn> kSalesColumns = {
    DuckdbColumn::kText, DuckdbColumn::kText,    DuckdbColumn::kText,
    DuckdbColumn::kText, DuckdbColumn::kText,    DuckdbColumn::kInteger,
    DuckdbColumn::kDate, DuckdbColumn::kInteger, DuckdbColumn::kPrice};
const std::vector<DuckdbColumn> kStoreDayColumns = {
    DuckdbColumn::kText,  DuckdbColumn::kText,    DuckdbColumn::kInteger,
    DuckdbColumn::kDate,  DuckdbColumn::kInteger, DuckdbColumn::kBigint,
    DuckdbColumn::kCents, DuckdbColumn::kBigint,  DuckdbColumn::kInteger};

int32_t DaysOf(Date date) { return static_cast<int32_t>(date.time_since_epoch().count()); }

std::optional<int64_t> ParseNumber(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

DuckdbSink::DuckdbSink(DuckdbFile file, DuckdbSinkOptions options)
    : options_(std::move(options)), file_(std::move(file)) {}

DuckdbSink::~DuckdbSink() = default;

Result<std::unique_ptr<DuckdbSink>> DuckdbSink::Open(const DuckdbSinkOptions& options) {
  TILLSTREAM_ASSIGN(const DuckdbApi api, LoadDuckdb(options.library));
  TILLSTREAM_ASSIGN(DuckdbFile file,
                    DuckdbFile::Open(api, {options.path, options.threads, kDuckdbMemoryBytes}));
  TILLSTREAM_ASSIGN(const bool is_in_memory, file.IsInMemory());
  if (is_in_memory) {
    return MakeError(ErrorCode::kRefused, "duckdb: {}: no DuckDB file; give another file",
                     options.path);
  }
  std::unique_ptr<DuckdbSink> sink(new DuckdbSink(std::move(file), options));
  TILLSTREAM_TRY(sink->MakeTables());
  TILLSTREAM_TRY(sink->LoadPositions());
  TILLSTREAM_ASSIGN(ChunkWriter sales, ChunkWriter::Open(sink->file_, kSales, kSalesColumns));
  TILLSTREAM_ASSIGN(ChunkWriter days, ChunkWriter::Open(sink->file_, kStoreDays, kStoreDayColumns));
  sink->sales_.emplace(std::move(sales));
  sink->store_days_.emplace(std::move(days));
  return sink;
}

std::string DuckdbSink::Describe() const { return "duckdb " + options_.path; }

Status DuckdbSink::MakeTables() {
  // Foreign tables are seen before anything is made.
  for (const Table& table : kTables) TILLSTREAM_TRY(CheckColumns(table.name, table.columns));
  TILLSTREAM_TRY(file_.Execute("BEGIN"));
  for (const Table& table : kTables) {
    TILLSTREAM_TRY(file_.Execute(
        fmt::format("CREATE TABLE IF NOT EXISTS {} ({})", table.name, table.columns)));
  }
  return file_.Execute("COMMIT");
}

Status DuckdbSink::CheckColumns(const std::string& table, const std::string& needed) {
  TILLSTREAM_ASSIGN(const auto rows,
                    file_.Query("SELECT column_name, data_type, is_nullable "
                                "FROM information_schema.columns WHERE table_schema = 'main' AND "
                                "table_name = " +
                                SqlText(table) + " ORDER BY ordinal_position"));
  std::string found;
  for (const auto& row : rows) {
    found +=
        (found.empty() ? "" : ", ") + row[0] + " " + row[1] + (row[2] == "NO" ? " NOT NULL" : "");
  }
  if (found.empty() || found == needed) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "duckdb: {}: table {} has the columns {}, needed {}; give another file",
                   options_.path, table, PlainOrQuoted(found, 1000), needed);
}

Status DuckdbSink::LoadPositions() {
  TILLSTREAM_ASSIGN(const auto rows,
                    file_.Query(fmt::format("SELECT topic, partition, next_offset, records, "
                                            "last_offset, last_hash, stream, run FROM {}",
                                            kOffsets)));
  for (const auto& row : rows) {
    const std::optional<int64_t> partition = ParseNumber(row[1]);
    const std::optional<int64_t> next = ParseNumber(row[2]);
    const TopicPartition place{row[0], PartitionId(static_cast<int32_t>(partition.value_or(-1)))};
    if (!partition || !next || *next < 0 || positions_.contains(place)) {
      return MakeError(ErrorCode::kCorrupt, "duckdb: {}: table {} does not say one offset for {}",
                       options_.path, kOffsets, place.ToString());
    }
    TILLSTREAM_TRY(CheckStream(row[6], row[7]));
    GroupPosition& at = positions_[place].at;
    at = {Offset(*next), ParseNumber(row[3])};
    const std::optional<int64_t> last = ParseNumber(row[4]);
    const std::optional<int64_t> hash = ParseNumber(row[5]);
    if (last && hash) at.last = RecordMark{Offset(*last), static_cast<uint64_t>(*hash)};
    positions_[place].is_stored = true;
  }
  if (!positions_.empty()) return Ok();
  for (const char* table : {kSales, kStoreDays}) {
    TILLSTREAM_ASSIGN(const auto found,
                      file_.Query(fmt::format("SELECT 1 FROM {} LIMIT 1", table)));
    if (found.empty()) continue;
    return MakeError(ErrorCode::kRefused,
                     "duckdb: {}: table {} has rows, and {} does not say from where; give another "
                     "file",
                     options_.path, table, kOffsets);
  }
  return Ok();
}

Status DuckdbSink::CheckStream(const std::string& topic, const std::string& run) const {
  const TableStream& stream = options_.stream;
  if (topic != stream.topic) {
    return MakeError(ErrorCode::kRefused, "duckdb: {}: holds topic {}, found {}; give another file",
                     options_.path, Quote(topic), Quote(stream.topic));
  }
  if (run == stream.run || run.empty() || stream.run.empty()) return Ok();
  return MakeError(ErrorCode::kRefused, "duckdb: {}: holds the run {}, found {}; give another file",
                   options_.path, run, stream.run);
}

Status DuckdbSink::Begin() {
  if (in_transaction_) return Ok();
  TILLSTREAM_TRY(file_.Execute("BEGIN"));
  in_transaction_ = true;
  return Ok();
}

Status DuckdbSink::Put(const TopicPartition& /*partition*/, const RecordView& record,
                       const Event& event) {
  Status put = PutEvent(record, event);
  if (put) [[likely]]
    return put;
  // A record that has no place here was not taken, and the consumer says where it is.
  if (put.error().code == ErrorCode::kCorrupt) return put;
  failed_ = put;
  return put;
}

Status DuckdbSink::PutEvent(const RecordView& record, const Event& event) {
  if (!in_transaction_) [[unlikely]]
    TILLSTREAM_TRY(Begin());
  if (const auto* sale = std::get_if<SalesRecord>(&event)) {
    return PutSale(*sale, record.timestamp);
  }
  if (const auto* total = std::get_if<StoreDay>(&event)) return PutTotal(*total);
  ++taken_.other;
  return Ok();
}

Status DuckdbSink::PutSale(const SalesRecord& sale, Timestamp timestamp) {
  TILLSTREAM_TRY(CheckTexts(sale));
  ChunkWriter& row = *sales_;
  row.SetText(0, sale.store_id);
  row.SetText(1, sale.item_id);
  row.SetText(2, sale.dept_id);
  row.SetText(3, sale.cat_id);
  row.SetText(4, sale.state_id);
  row.SetInteger(5, sale.day.value());
  row.SetInteger(6, DaysOf(DateOf(timestamp)));
  row.SetInteger(7, sale.sold);
  const std::optional<Cents> cents = sale.sell_price ? CentsOf(*sale.sell_price) : std::nullopt;
  row.SetBigint(8, cents.value_or(0));
  if (!cents) row.SetNull(8);
  ++taken_.sales;
  return row.EndRow();
}

Status DuckdbSink::PutTotal(const StoreDay& total) {
  TILLSTREAM_TRY(CheckTexts(total));
  ChunkWriter& row = *store_days_;
  row.SetText(0, total.store_id);
  row.SetText(1, total.state_id);
  row.SetInteger(2, total.day.value());
  row.SetInteger(3, DaysOf(total.date));
  row.SetInteger(4, total.events);
  row.SetBigint(5, total.units);
  row.SetBigint(6, total.revenue_cents);
  row.SetBigint(7, total.unpriced_units);
  row.SetInteger(8, total.revision);
  ++taken_.store_days;
  return row.EndRow();
}

Result<std::optional<GroupPosition>> DuckdbSink::Find(const TopicPartition& partition) {
  const auto found = positions_.find(partition);
  if (found == positions_.end()) return std::optional<GroupPosition>();
  return std::optional(found->second.at);
}

void DuckdbSink::Set(const TopicPartition& partition, const GroupPosition& position) {
  const auto [place, is_new] = positions_.try_emplace(partition);
  if (!is_new && place->second.at == position) return;
  place->second.at = position;
  place->second.is_changed = true;
}

Status DuckdbSink::Store() {
  if (failed_) failed_ = Commit();
  return failed_;
}

Status DuckdbSink::Commit() {
  bool is_changed = in_transaction_;
  for (const auto& [unused, position] : positions_) is_changed = is_changed || position.is_changed;
  if (!is_changed) return Ok();
  TILLSTREAM_TRY(Begin());
  TILLSTREAM_TRY(sales_->Flush());
  TILLSTREAM_TRY(store_days_->Flush());
  TILLSTREAM_TRY(StorePositions());
  TILLSTREAM_TRY(file_.Execute("COMMIT"));
  in_transaction_ = false;
  for (auto& [unused, position] : positions_) {
    position.is_stored = position.is_stored || position.is_changed;
    position.is_changed = false;
  }
  kept_ = taken_;
  if (options_.on_kept) options_.on_kept(kept_);
  return Ok();
}

Status DuckdbSink::StorePositions() {
  const auto number = [](const auto& value) {
    return value ? std::to_string(*value) : std::string("NULL");
  };
  const std::string stream = SqlText(options_.stream.topic);
  const std::string run = SqlText(options_.stream.run);
  std::string statements;
  for (const auto& [place, position] : positions_) {
    if (!position.is_changed) continue;
    const GroupPosition& at = position.at;
    std::optional<int64_t> last;
    std::optional<int64_t> hash;
    if (at.last) last = at.last->offset.value();
    if (at.last) hash = static_cast<int64_t>(at.last->hash);
    const std::string topic = SqlText(place.topic);
    if (position.is_stored) {
      // A start that does not know the run leaves the one that is there.
      statements += fmt::format(
          "UPDATE {} SET next_offset = {}, records = {}, last_offset = {}, last_hash = {}{} "
          "WHERE topic = {} AND partition = {};",
          kOffsets, at.next.value(), number(at.records_before), number(last), number(hash),
          options_.stream.run.empty() ? "" : ", run = " + run, topic, place.partition.value());
    } else {
      statements += fmt::format("INSERT INTO {} VALUES ({}, {}, {}, {}, {}, {}, {}, {});", kOffsets,
                                topic, place.partition.value(), at.next.value(),
                                number(at.records_before), number(last), number(hash), stream, run);
    }
  }
  return statements.empty() ? Ok() : file_.Execute(statements);
}

}  // namespace tillstream
