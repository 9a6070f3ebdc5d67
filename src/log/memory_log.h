#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "log/event_log.h"

namespace tillstream {

/// An EventLog in memory: gone with the process, quick, for tests of what stands on a log. Flushed
/// is as durable as it gets; an event that was only appended is lost with its writer.
class MemoryLog final : public EventLog {
 public:
  /// `clock` must outlive the log, and the log its readers and writers.
  explicit MemoryLog(Clock& clock);
  ~MemoryLog() override;

  Status CreateTopic(const TopicInfo& topic) override;
  Result<std::vector<TopicInfo>> ListTopics() override;
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override;
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override;
  std::string Describe() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
