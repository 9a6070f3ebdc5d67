#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "consume/table_sink.h"
#include "duckdb/chunk_writer.h"
#include "duckdb/duckdb_file.h"

namespace tillstream {

/// Memory that DuckDB may take for itself. What a checkpoint needs, not what a transaction holds:
/// rows go to the file as they come.
inline constexpr int64_t kDuckdbMemoryBytes = int64_t{512} << 20;

struct DuckdbSinkOptions {
  std::string library;  ///< As LoadDuckdb() takes it.
  std::string path;
  int32_t threads = 1;
  TableStream stream;
  /// Called after each transaction with what was kept so far. May be empty.
  std::function<void(const TableCounts&)> on_kept = {};
};

/// Tables `sales`, `store_days` and `tillstream_offsets` of a DuckDB file:
/// docs/formats/duckdb_tables.md. Store() commits rows and offsets in one transaction. DuckDB lets
/// one process open a file, so a second consumer is refused by Open().
class DuckdbSink final : public TableSink {
 public:
  /// Makes the tables that are not there. kUsage without the library; kRefused when the file is in
  /// use, a table has other columns, or its rows are of another stream; kIoError.
  static Result<std::unique_ptr<DuckdbSink>> Open(const DuckdbSinkOptions& options);
  ~DuckdbSink() override;

  /// kCorrupt for an event with a text that is not UTF-8.
  Status Put(const TopicPartition& partition, const RecordView& record,
             const Event& event) override;
  /// Nothing leaves the process before Store().
  Status Flush() override { return Ok(); }

  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override;
  void Set(const TopicPartition& partition, const GroupPosition& position) override;
  Status Store() override;
  Status Finish() override { return failed_; }

  std::string Describe() const override;
  const TableCounts& kept() const override { return kept_; }

 private:
  struct Position {
    GroupPosition at;
    bool is_stored = false;  ///< A row of tillstream_offsets has it.
    bool is_changed = false;
  };

  DuckdbSink(DuckdbFile file, DuckdbSinkOptions options);
  Status MakeTables();
  Status CheckColumns(const std::string& table, const std::string& needed);
  Status LoadPositions();
  /// kRefused when rows of that stream cannot stand beside ours.
  Status CheckStream(const std::string& topic, const std::string& run) const;
  Status StorePositions();
  Status Begin();
  Status PutEvent(const RecordView& record, const Event& event);
  Status Commit();
  Status PutSale(const SalesRecord& sale, Timestamp timestamp);
  Status PutTotal(const StoreDay& total);

  const DuckdbSinkOptions options_;
  DuckdbFile file_;
  std::optional<ChunkWriter> sales_;
  std::optional<ChunkWriter> store_days_;
  std::map<TopicPartition, Position> positions_;
  bool in_transaction_ = false;
  Status failed_;  ///< The first Error, after which nothing more is taken.
  TableCounts taken_;
  TableCounts kept_;
};

}  // namespace tillstream
