#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "live/forecast_encoder.h"
#include "live/forecast_state.h"
#include "log/event_log.h"

namespace tillstream {

/// Where forecasts go.
struct PublishTarget {
  std::string forecasts;  ///< Topic, of partition_count partitions: ForecastEncoder.
  std::string scores;     ///< Topic of one partition.
  int32_t partition_count = 0;
  std::string holder;  ///< Of the writer: who it is.
  /// Of the run, for a log that keeps it (Kafka); what series there are is added.
  std::string identity;
};

/// Writes forecasts and their scores, each once, in order, on a thread of its own.
///
/// The log is the checkpoint, as with replay: the forecasts of an origin are a round of a stream
/// whose records follow from the days before it, so how many there are says what is missing. After
/// a crash one partition may be ahead of another: origins of which anything is there are published
/// again, and get what is missing.
///
/// Not thread safe, but for its own thread.
class ForecastPublisher {
 public:
  /// Opens the writer and looks at what is there. `log`, `clock` and `encoder` must outlive it.
  /// kRefused when another process writes the topics, or when they hold other series' forecasts.
  static Result<std::unique_ptr<ForecastPublisher>> Open(EventLog& log, Clock& clock,
                                                         ForecastEncoder& encoder,
                                                         const PublishTarget& target);
  /// Gives up what is not written.
  ~ForecastPublisher();

  /// The origins of which forecasts are there, ascending.
  const std::vector<Day>& origins() const { return origins_; }
  /// How many of origins(), from the first on, are whole.
  int64_t whole_count() const { return whole_count_; }
  /// How many of origins(), from the first on, have their scores there.
  int64_t scored_count() const { return scored_count_; }

  /// Publishes the forecast of the first of origins() that is not whole, or, where all are, of a
  /// later one, which is then the last. Waits while the one before is still being written. Errors
  /// are those of any earlier write.
  Status Publish(std::shared_ptr<const MadeForecast> forecast);

  /// The scores of the first of origins() that has none yet; of one that has some, nothing.
  Status PublishScore(const MaturedScore& score);

  /// Once everything before is durable, runs `task` on the publisher's thread: for what may say
  /// that it is.
  Status AfterDurable(std::function<Status()> task);

  /// Waits until all is written and durable.
  Status Drain();

  /// What a write ended with, if one has failed; nothing is written after that.
  Status failure();

  /// Records written by this process.
  int64_t forecasts_written() const { return forecasts_written_; }
  int64_t origins_written() const { return origins_written_; }
  int64_t scores_written() const { return scores_written_; }

 private:
  struct Job {
    std::shared_ptr<const MadeForecast> forecast = {};
    int64_t round = 0;  ///< Of the forecast.
    std::optional<MaturedScore> score = {};
    std::function<Status()> task = {};
    bool is_sync = false;
  };

  ForecastPublisher(Clock& clock, ForecastEncoder& encoder, std::unique_ptr<LogWriter> writer)
      : clock_(clock), encoder_(encoder), writer_(std::move(writer)), round_(encoder.round()) {}
  Status FindOrigins(EventLog& log, const PublishTarget& target);
  Status Add(Job job);
  void Run();
  Status Do(const Job& job);
  Status WriteForecast(const MadeForecast& forecast, int64_t round);
  Status WriteScore(const MaturedScore& score);
  Status Sync();

  Clock& clock_;
  ForecastEncoder& encoder_;
  const std::unique_ptr<LogWriter> writer_;
  const std::vector<int64_t> round_;
  std::vector<Day> origins_;
  int64_t whole_count_ = 0;
  int64_t scored_count_ = 0;
  std::atomic<int64_t> forecasts_written_{0};
  std::atomic<int64_t> origins_written_{0};
  std::atomic<int64_t> scores_written_{0};

  // Of the thread.
  RecordBlock block_;
  int64_t bytes_since_sync_ = 0;
  std::chrono::nanoseconds last_sync_{0};

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Job> jobs_ TILLSTREAM_GUARDED_BY(mutex_);
  bool is_busy_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  bool is_ending_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  Status failure_ TILLSTREAM_GUARDED_BY(mutex_) = Ok();
  std::thread thread_;
};

}  // namespace tillstream
