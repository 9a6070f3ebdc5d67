#include "live/forecast_publisher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Forecasts that wait while one is written: enough to keep both sides busy.
constexpr size_t kWaitingMax = 2;

/// What may be lost with the power, to be made again: as much as replay's --sync.
constexpr int64_t kSyncBytes = int64_t{64} << 20;
constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::chrono::milliseconds kSyncTimeout{120'000};

/// Adds the times of all records from where the reader stands.
Status AddTimes(LogReader& reader, std::set<Timestamp>* times) {
  reader.OmitHeaders();
  while (true) {
    TILLSTREAM_ASSIGN(const auto records, reader.Read(std::chrono::milliseconds(0)));
    if (records.empty()) return Ok();
    for (const RecordView& record : records) times->insert(record.timestamp);
  }
}

Error OtherSeries(const PublishTarget& target, const std::string& difference) {
  return MakeError(ErrorCode::kRefused,
                   "topic {}: holds forecasts of other series: {}; remove the topics {} and {}, or "
                   "use another --topic",
                   Quote(target.forecasts), difference, target.forecasts, target.scores);
}

/// Rounds of forecasts are all alike: a store that was added cannot be in those to come.
Status RefuseOtherPartitions(EventLog& log, const PublishTarget& target) {
  TILLSTREAM_ASSIGN(const std::vector<TopicInfo> topics, log.ListTopics());
  for (const TopicInfo& topic : topics) {
    if (topic.name != target.forecasts || topic.partition_count == target.partition_count) continue;
    return OtherSeries(target, fmt::format("found {} partitions, needed {}", topic.partition_count,
                                           target.partition_count));
  }
  return Ok();
}

}  // namespace

Result<std::unique_ptr<ForecastPublisher>> ForecastPublisher::Open(EventLog& log, Clock& clock,
                                                                   ForecastEncoder& encoder,
                                                                   const PublishTarget& target) {
  TILLSTREAM_TRY(RefuseOtherPartitions(log, target));
  TILLSTREAM_TRY(log.CreateTopic({target.forecasts, target.partition_count}));
  TILLSTREAM_TRY(log.CreateTopic({target.scores, 1}));
  WriterSpec spec;
  for (int32_t p = 0; p < target.partition_count; ++p) {
    spec.events.push_back({target.forecasts, PartitionId(p)});
  }
  spec.round = encoder.round();
  spec.totals = TopicPartition{target.scores, PartitionId(0)};
  spec.holder = target.holder;
  spec.stream = "forecasts";
  spec.run = target.forecasts;
  spec.number = 0;
  spec.identity = target.identity;
  TILLSTREAM_ASSIGN(std::unique_ptr<LogWriter> writer, log.OpenWriter(spec));
  std::unique_ptr<ForecastPublisher> publisher(
      new ForecastPublisher(clock, encoder, std::move(writer)));
  TILLSTREAM_TRY(publisher->FindOrigins(log, target));
  publisher->last_sync_ = clock.Monotonic();
  publisher->thread_ = std::thread([raw = publisher.get()] { raw->Run(); });
  return publisher;
}

ForecastPublisher::~ForecastPublisher() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    is_ending_ = true;
    jobs_.clear();
    changed_.notify_all();
  }
  thread_.join();
}

Status ForecastPublisher::FindOrigins(EventLog& log, const PublishTarget& target) {
  int64_t begun = 0;
  size_t furthest = 0;
  whole_count_ = INT64_MAX;
  for (size_t p = 0; p < round_.size(); ++p) {
    if (round_[p] == 0) continue;
    whole_count_ = std::min(whole_count_, writer_->EventsIn(p) / round_[p]);
    const int64_t of_partition = (writer_->EventsIn(p) + round_[p] - 1) / round_[p];
    if (of_partition > begun) furthest = p;
    begun = std::max(begun, of_partition);
  }
  const auto open = [&](size_t p) {
    return log.OpenReader({target.forecasts, PartitionId(static_cast<int32_t>(p))});
  };
  for (size_t p = 0; p < round_.size(); ++p) {
    const int64_t count = writer_->EventsIn(p);
    if (count == 0 || round_[p] == 0) continue;
    TILLSTREAM_ASSIGN(const auto reader, open(p));
    TILLSTREAM_ASSIGN(const Offset end, reader->End());
    if (end != Offset(count)) continue;  // Kafka, where the identity was compared.
    TILLSTREAM_TRY(reader->Seek(end - 1));
    TILLSTREAM_ASSIGN(const auto records, reader->Read(std::chrono::milliseconds(0)));
    const std::string& needed = encoder_.KeyAt(p, (count - 1) % round_[p]);
    if (records.empty() || records.front().key == needed) continue;
    return OtherSeries(target, fmt::format("the last record of partition {} is of {}, needed {}", p,
                                           Quote(records.front().key), needed));
  }
  // A forecast's time is the end of its origin. The first partition is the smallest.
  std::set<Timestamp> times;
  if (writer_->EventsIn(0) > 0) {
    TILLSTREAM_ASSIGN(const auto reader, open(0));
    TILLSTREAM_TRY(AddTimes(*reader, &times));
  }
  if (static_cast<int64_t>(times.size()) < begun) {
    TILLSTREAM_ASSIGN(const auto reader, open(furthest));
    // Only where a crash may leave partitions apart, and there an offset counts records.
    TILLSTREAM_TRY(reader->Seek(Offset(static_cast<int64_t>(times.size()) * round_[furthest])));
    TILLSTREAM_TRY(AddTimes(*reader, &times));
  }
  const Date day_zero = tillstream::DateOf(encoder_.EndOf(Day(0)));
  for (const Timestamp time : times) {
    origins_.emplace_back(static_cast<int32_t>((tillstream::DateOf(time) - day_zero).count()));
  }
  if (static_cast<int64_t>(origins_.size()) != begun) {
    return OtherSeries(target, fmt::format("found {} origins, needed {} by the number of records",
                                           origins_.size(), begun));
  }
  scored_count_ = writer_->totals_count() / kLevelCount;
  return Ok();
}

Status ForecastPublisher::Publish(std::shared_ptr<const MadeForecast> forecast) {
  if (whole_count_ == static_cast<int64_t>(origins_.size())) {
    origins_.push_back(forecast->origin);
  }
  TILLSTREAM_CHECK(origins_[static_cast<size_t>(whole_count_)] == forecast->origin);
  return Add({.forecast = std::move(forecast), .round = whole_count_++});
}

Status ForecastPublisher::PublishScore(const MaturedScore& score) {
  if (scored_count_ < static_cast<int64_t>(origins_.size()) &&
      origins_[static_cast<size_t>(scored_count_)] == score.origin) {
    ++scored_count_;
    return Add({.score = score});
  }
  return Ok();
}

Status ForecastPublisher::AfterDurable(std::function<Status()> task) {
  return Add({.task = std::move(task), .is_sync = true});
}

Status ForecastPublisher::Drain() {
  TILLSTREAM_TRY(Add({.is_sync = true}));
  MutexLock lock(mutex_);
  while (failure_ && (!jobs_.empty() || is_busy_)) changed_.wait(mutex_);
  return failure_;
}

Status ForecastPublisher::failure() {
  MutexLock lock(mutex_);
  return failure_;
}

Status ForecastPublisher::Add(Job job) {
  MutexLock lock(mutex_);
  while (failure_ && jobs_.size() >= kWaitingMax) changed_.wait(mutex_);
  if (!failure_) return failure_;
  jobs_.push_back(std::move(job));
  changed_.notify_all();
  return Ok();
}

void ForecastPublisher::Run() {
  while (true) {
    Job job;
    {
      MutexLock lock(mutex_);
      // What was written becomes durable, and so visible, though nothing more comes.
      while (jobs_.empty() && !is_ending_ && !(bytes_since_sync_ > 0 && failure_)) {
        changed_.wait(mutex_);
      }
      if (jobs_.empty() && !is_ending_) changed_.wait_for(mutex_, kSyncEvery);
      if (is_ending_) return;
      if (jobs_.empty()) {
        job.is_sync = true;
      } else {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      is_busy_ = true;
    }
    const Status done = Do(job);
    job = {};
    MutexLock lock(mutex_);
    is_busy_ = false;
    if (!done) {
      failure_ = done;
      jobs_.clear();
    }
    changed_.notify_all();
  }
}

Status ForecastPublisher::Do(const Job& job) {
  if (job.forecast) TILLSTREAM_TRY(WriteForecast(*job.forecast, job.round));
  if (job.score) TILLSTREAM_TRY(WriteScore(*job.score));
  const bool is_due = bytes_since_sync_ >= kSyncBytes ||
                      (bytes_since_sync_ > 0 && clock_.Monotonic() - last_sync_ >= kSyncEvery);
  if (job.is_sync || is_due) TILLSTREAM_TRY(Sync());
  return job.task ? job.task() : Ok();
}

Status ForecastPublisher::WriteForecast(const MadeForecast& forecast, int64_t round) {
  for (size_t p = 0; p < round_.size(); ++p) {
    // What a crash has left of it stays.
    int64_t next = std::max<int64_t>(0, writer_->EventsIn(p) - round * round_[p]);
    while (next < round_[p]) {
      const int64_t end = encoder_.Encode(forecast, static_cast<int32_t>(p), next, &block_);
      TILLSTREAM_TRY(writer_->AppendTo(p, block_));
      bytes_since_sync_ += static_cast<int64_t>(block_.size_bytes());
      forecasts_written_ += end - next;
      next = end;
    }
  }
  ++origins_written_;
  return Ok();
}

Status ForecastPublisher::WriteScore(const MaturedScore& score) {
  encoder_.EncodeScore(score, &block_);
  TILLSTREAM_TRY(writer_->AppendTotals(block_));
  bytes_since_sync_ += static_cast<int64_t>(block_.size_bytes());
  ++scores_written_;
  return Ok();
}

Status ForecastPublisher::Sync() {
  if (bytes_since_sync_ > 0) TILLSTREAM_TRY(writer_->Sync(kSyncTimeout));
  bytes_since_sync_ = 0;
  last_sync_ = clock_.Monotonic();
  return Ok();
}

}  // namespace tillstream
