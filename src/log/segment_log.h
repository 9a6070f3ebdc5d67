#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "log/event_log.h"
#include "log/record_batch.h"

namespace tillstream {

struct SegmentLogOptions {
  std::string directory = {};                        ///< Made when a topic is created in it.
  Codec codec = Codec::kZstd;                        ///< Of batches to write; every codec is read.
  int64_t segment_bytes_max = kSegmentBytesDefault;  ///< A batch that would go beyond it rolls.
  /// Bytes at the end of a partition whose batches a writer checks against their CRC when it opens
  /// it: what may not have been durable when the last writer ended. Headers are checked throughout
  /// the last segment.
  int64_t recovery_bytes = kRecoveryBytesDefault;
  /// Receives one line a repair that recovery made ("<file>: 37 bytes after offset 12398 are an
  /// unfinished batch; cut"). May be empty.
  std::function<void(const std::string&)> on_warning = {};
};

/// An EventLog in a directory, in the layout of a Kafka log directory: docs/formats/segment_log.md.
///
/// Beside EventLog: durability is fdatasync(); a position is an offset; one writer process a
/// partition, held by a lock file under <directory>/.locks; readers take no lock and may run in
/// other processes.
class SegmentLog final : public EventLog {
 public:
  /// `files` and `clock` must outlive the log. Touches nothing on disk.
  SegmentLog(FileSystem& files, Clock& clock, SegmentLogOptions options);
  ~SegmentLog() override;

  Status CreateTopic(const TopicInfo& topic) override;
  Result<std::vector<TopicInfo>> ListTopics() override;
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override;
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override;
  std::string Describe() const override;

  const SegmentLogOptions& options() const;
  FileSystem& files() const;
  /// The directory of one partition.
  std::string PartitionDirectory(const TopicPartition& partition) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
