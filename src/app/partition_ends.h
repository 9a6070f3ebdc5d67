#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/log_options.h"
#include "app/opened_log.h"
#include "base/clock.h"

namespace tillstream {

/// Where partitions end, as far as it is known. Does not block.
class PartitionEnds {
 public:
  struct End {
    Offset offset;
    /// Before it was asked for the first time that it was this (Clock::Monotonic()): whatever was
    /// found to be all since then is all of it.
    std::chrono::nanoseconds asked_at{0};
  };

  virtual ~PartitionEnds() = default;

  /// Which are to be known from now on.
  virtual void Want(const std::vector<TopicPartition>& partitions) = 0;
  /// None when it is not known yet.
  virtual std::optional<End> Find(const TopicPartition& partition) = 0;

  /// When all that are wanted were known last.
  virtual std::chrono::nanoseconds known_at() = 0;
  /// Why they are not since then; empty when nobody has answered.
  virtual std::string failure() = 0;
};

/// Asks a log about every kAskInterval, from a thread of its own: a broker that accepts a question
/// may take long to answer it.
class AskedEnds final : public PartitionEnds {
 public:
  /// `log` is for this alone. `clock` must outlive it.
  AskedEnds(OpenedLog log, Clock& clock);
  /// Waits for the answer to what was asked; see OpenEnds().
  ~AskedEnds() override;
  AskedEnds(const AskedEnds&) = delete;
  AskedEnds& operator=(const AskedEnds&) = delete;

  void Want(const std::vector<TopicPartition>& partitions) override;
  std::optional<End> Find(const TopicPartition& partition) override;
  std::chrono::nanoseconds known_at() override;
  std::string failure() override;

 private:
  void Work();
  Status AskForAll(const std::vector<TopicPartition>& partitions);

  const OpenedLog log_;
  Clock& clock_;
  std::map<TopicPartition, std::unique_ptr<LogReader>> readers_;  ///< Of the thread.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable wake_;
  bool is_ending_ = false;
  std::vector<TopicPartition> wanted_;
  std::map<TopicPartition, End> ends_;
  std::chrono::nanoseconds known_at_;
  std::string failure_;
  std::thread thread_;
};

inline constexpr std::chrono::milliseconds kAskInterval{500};

/// Ends on the log of completed `options`. On Kafka over a client of its own, which gives a
/// question up after some 10 s.
Result<std::unique_ptr<PartitionEnds>> OpenEnds(Context& context, const LogOptions& options);

}  // namespace tillstream
