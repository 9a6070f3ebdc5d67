#include "log/segment_log.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "log/partition_reader.h"
#include "log/partition_writer.h"
#include "log/segment_files.h"
#include "log/stream_writer.h"
#include "model/names.h"

namespace tillstream {

class SegmentLog::Impl {
 public:
  Impl(FileSystem& files, Clock& clock, SegmentLogOptions options)
      : files_(files), clock_(clock), options_(std::move(options)) {
    // Positions in an index have 31 bits.
    options_.segment_bytes_max =
        std::min<int64_t>(options_.segment_bytes_max, std::numeric_limits<int32_t>::max());
  }

  Status Need(const TopicPartition& partition) const {
    return NeedPartition(files_, options_.directory, partition);
  }

  FileSystem& files_;
  Clock& clock_;
  SegmentLogOptions options_;
};

SegmentLog::SegmentLog(FileSystem& files, Clock& clock, SegmentLogOptions options)
    : impl_(std::make_unique<Impl>(files, clock, std::move(options))) {}

SegmentLog::~SegmentLog() = default;

Status SegmentLog::CreateTopic(const TopicInfo& topic) {
  if (!IsTopicName(topic.name)) {
    return MakeError(ErrorCode::kUsage,
                     "log: \"{}\" is no topic name; 1 to 249 of letters, digits, '.', '_' and '-'",
                     topic.name);
  }
  for (int32_t p = 0; p < topic.partition_count; ++p) {
    TILLSTREAM_TRY(impl_->files_.MakeDirectory(PartitionDirectory({topic.name, PartitionId(p)})));
  }
  return Ok();
}

Result<std::vector<TopicInfo>> SegmentLog::ListTopics() {
  const Result<std::vector<std::string>> names = impl_->files_.List(impl_->options_.directory);
  if (!names && names.error().code == ErrorCode::kNotFound) return std::vector<TopicInfo>();
  if (!names) return names.error();
  std::map<std::string, std::set<PartitionId>> found;
  for (const std::string& name : *names) {
    const auto partition = ParsePartitionDirectory(name);
    if (!partition) continue;
    TILLSTREAM_ASSIGN(const FileInfo info,
                      impl_->files_.Info(JoinPath(impl_->options_.directory, name)));
    if (info.is_directory) found[partition->topic].insert(partition->partition);
  }
  std::vector<TopicInfo> topics;
  for (const auto& [name, partitions] : found) {
    int32_t count = 0;
    while (partitions.contains(PartitionId(count))) ++count;
    if (count > 0) topics.push_back({name, count});
  }
  return topics;
}

Result<std::unique_ptr<LogWriter>> SegmentLog::OpenWriter(const WriterSpec& spec) {
  for (const TopicPartition& partition : spec.events) TILLSTREAM_TRY(impl_->Need(partition));
  if (spec.totals) TILLSTREAM_TRY(impl_->Need(*spec.totals));
  std::vector<std::unique_ptr<PartitionWriter>> events;
  for (const TopicPartition& partition : spec.events) {
    TILLSTREAM_ASSIGN(
        auto writer, PartitionWriter::Open(impl_->files_, impl_->options_, partition, spec.holder));
    events.push_back(std::move(writer));
  }
  std::unique_ptr<PartitionWriter> totals;
  if (spec.totals) {
    TILLSTREAM_ASSIGN(
        totals, PartitionWriter::Open(impl_->files_, impl_->options_, *spec.totals, spec.holder));
  }
  return std::make_unique<StreamWriter>(std::move(events), std::move(totals));
}

Result<std::unique_ptr<LogReader>> SegmentLog::OpenReader(const TopicPartition& partition) {
  TILLSTREAM_TRY(impl_->Need(partition));
  return std::make_unique<PartitionReader>(impl_->files_, impl_->clock_,
                                           SegmentPaths(impl_->options_.directory, partition));
}

std::string SegmentLog::Describe() const { return "log " + impl_->options_.directory; }

const SegmentLogOptions& SegmentLog::options() const { return impl_->options_; }

FileSystem& SegmentLog::files() const { return impl_->files_; }

std::string SegmentLog::PartitionDirectory(const TopicPartition& partition) const {
  return SegmentPaths(impl_->options_.directory, partition).directory();
}

}  // namespace tillstream
