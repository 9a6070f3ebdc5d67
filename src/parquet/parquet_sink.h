#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "consume/table_sink.h"
#include "parquet/file_maker.h"
#include "parquet/folder_manifest.h"
#include "parquet/store_rows.h"

namespace tillstream {

/// Rows that may wait in memory for their day's total. Beyond it closed days are published before
/// their month is over; beyond twice as many the sink gives up. At most 24 bytes a row; besides
/// them there are those that FileMaker has.
inline constexpr int64_t kOpenRowsMax = 4'000'000;

struct ParquetSinkOptions {
  std::string folder;
  std::string holder;  ///< Who a second consumer is told has the folder.
  TableStream stream;
  int64_t open_rows_max = kOpenRowsMax;
  /// Called after each publication with what was kept so far. May be empty.
  std::function<void(const TableCounts&)> on_kept = {};
};

/// Parquet files by store and month: docs/formats/parquet_folder.md. A month of a store becomes a
/// file when its last day is closed: the end-of-day total is there, and the events that it counts.
///
/// A file is written under another name and synced, both while the next events are read, and given
/// its own by a rename, which is all that a reader of the folder ever sees; then the manifest names
/// it, with the positions that go with it. Only what the manifest names is published: files that it
/// does not name are what a crash left, and the next Open() removes them. Positions are those of
/// the first record that is not published, so that open days are read again.
class ParquetSink final : public TableSink {
 public:
  /// Makes the folder. kRefused when another consumer writes there, it has files of others, or its
  /// files are of another stream; kCorrupt when a published file or the manifest is damaged or
  /// gone; kIoError. `files` must outlive the sink.
  static Result<std::unique_ptr<ParquetSink>> Open(FileSystem& files,
                                                   const ParquetSinkOptions& options);

  /// kCorrupt for an event with a text that is not UTF-8; kFailed for a day whose events are not
  /// what its total says.
  Status Put(const TopicPartition& partition, const RecordView& record,
             const Event& event) override;
  Status Flush() override { return Ok(); }

  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override;
  void Set(const TopicPartition& partition, const GroupPosition& position) override;
  /// Publishes the months that are over.
  Status Store() override;
  /// Publishes the closed days of the others too, as files of a part of a month.
  Status Finish() override;

  std::string Describe() const override { return "parquet " + options_.folder; }
  const TableCounts& kept() const override { return kept_; }
  std::vector<std::string> Remarks() const override;

 private:
  struct Partition {
    TopicPartition place;
    GroupPosition taken;  ///< As Set() said.
    Offset reread_until;  ///< Before it, what is of a published day was published from here.
  };
  /// A file that waits for its name.
  struct Prepared {
    std::string path;  ///< Where it is now; empty: no event is of its days, so there is none.
    PublishedFile entry;
    int64_t totals = 0;  ///< Days that it closes.
  };

  ParquetSink(FileSystem& files, ParquetSinkOptions options);
  Status Prepare();
  /// Refuses a folder with files of others or, unless `is_new`, of another stream.
  Status CheckFolder(bool is_new) const;
  /// What a crash left is removed; what is published must be there.
  Status RemoveLeftovers();
  Status RemoveLeftoversOf(const std::string& month, std::map<std::string, int64_t>* published);

  size_t PartitionOf(const TopicPartition& partition);
  /// kCorrupt for a new store whose texts cannot stand in columns or folders.
  template <typename Fields>
  Result<StoreRows*> StoreOf(const Fields& event);
  Status AfterAdding(StoreRows* store, Offset offset);
  /// Makes the files of the store's days that are to be published.
  Status PrepareFiles(const std::string& store_id, StoreRows* store, bool also_open_months);
  Status PrepareFile(const std::string& store_id, StoreRows* store, const DayRange& range);
  Status PrepareAll(bool also_open_months);
  Status PutEvent(size_t partition, const RecordView& record, const Event& event);
  Status Publish();
  /// Positions that go with what is published.
  void UpdatePositions();
  std::string TemporaryFolder() const;

  FileSystem& files_;
  const ParquetSinkOptions options_;
  std::unique_ptr<FileLock> lock_;
  FolderManifest manifest_;
  std::vector<Partition> partitions_;
  size_t last_partition_ = 0;
  std::map<std::string, StoreRows, std::less<>> stores_;
  std::map<std::string, StoreRows, std::less<>>::iterator last_store_;
  int64_t open_rows_ = 0;
  std::vector<Prepared> prepared_;
  int64_t prepared_count_ = 0;
  bool is_changed_ = false;  ///< Days were published that have no file since no event is theirs.
  int64_t late_events_ = 0;
  int64_t late_totals_ = 0;
  Status failed_;  ///< The first Error, after which nothing more is taken.
  TableCounts kept_;
  FileMaker maker_;  ///< Last, so that its thread ends before what it works on.
};

}  // namespace tillstream
