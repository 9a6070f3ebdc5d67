#include "live/forecast_publisher.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

/// Forecasts that wait while one is written: enough to keep both sides busy.
constexpr size_t kWaitingMax = 2;

/// What may be lost with the power, to be made again: as much as replay's --sync.
constexpr int64_t kSyncBytes = int64_t{64} << 20;
constexpr std::chrono::seconds kSyncEvery{1};
constexpr std::chrono::milliseconds kSyncTimeout{120'000};

/// Offsets to look back for the last record, at first: some may be marks of transactions.
constexpr int64_t kLookBack = 16;

/// The time of the last record; none in an empty partition.
Result<std::optional<Timestamp>> LastTime(LogReader& reader) {
  TILLSTREAM_ASSIGN(const Offset begin, reader.Begin());
  TILLSTREAM_ASSIGN(const Offset end, reader.End());
  for (int64_t back = kLookBack; begin < end; back *= 4) {
    const Offset from = std::max(begin, end - back);
    TILLSTREAM_TRY(reader.Seek(from));
    std::optional<Timestamp> last;
    while (true) {
      TILLSTREAM_ASSIGN(const auto records, reader.Read(std::chrono::milliseconds(0)));
      if (records.empty()) break;
      last = records.back().timestamp;
    }
    if (last || from == begin) return last;
  }
  return std::optional<Timestamp>();
}

}  // namespace

Result<std::unique_ptr<ForecastPublisher>> ForecastPublisher::Open(EventLog& log, Clock& clock,
                                                                   ForecastEncoder& encoder,
                                                                   const PublishTarget& target) {
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
  std::set<Timestamp> times;
  int64_t whole = INT64_MAX;
  int64_t begun = 0;
  for (size_t p = 0; p < round_.size(); ++p) {
    if (round_[p] == 0) continue;
    whole = std::min(whole, writer_->EventsIn(p) / round_[p]);
    begun = std::max(begun, (writer_->EventsIn(p) + round_[p] - 1) / round_[p]);
    if (writer_->EventsIn(p) == 0) continue;
    TILLSTREAM_ASSIGN(const auto reader,
                      log.OpenReader({target.forecasts, PartitionId(static_cast<int32_t>(p))}));
    reader->OmitHeaders();
    // The smallest partition has every origin, the others may have the last one alone.
    if (p == 0) {
      while (true) {
        TILLSTREAM_ASSIGN(const auto records, reader->Read(std::chrono::milliseconds(0)));
        if (records.empty()) break;
        for (const RecordView& record : records) times.insert(record.timestamp);
      }
    } else {
      TILLSTREAM_ASSIGN(const auto last, LastTime(*reader));
      if (last) times.insert(*last);
    }
  }
  const Timestamp first_day = encoder_.EndOf(Day(0));
  for (const Timestamp time : times) {
    origins_.emplace_back(
        static_cast<int32_t>((tillstream::DateOf(time) - tillstream::DateOf(first_day)).count()));
  }
  const auto count = static_cast<int64_t>(origins_.size());
  if (count != begun || begun - whole > 1) {
    return MakeError(ErrorCode::kRefused,
                     "topic {}: holds forecasts of other series than the stream has now: {} "
                     "origins, needed {} by the number of records; remove the topics {} and {}, or "
                     "use another --topic",
                     Quote(target.forecasts), count, begun, target.forecasts, target.scores);
  }
  is_last_whole_ = whole == begun;
  scored_count_ = writer_->totals_count() / kLevelCount;
  return Ok();
}

Status ForecastPublisher::Publish(std::shared_ptr<const MadeForecast> forecast) {
  if (origins_.empty() || forecast->origin > origins_.back()) {
    origins_.push_back(forecast->origin);
  }
  is_last_whole_ = true;
  return Add({.forecast = std::move(forecast), .round = static_cast<int64_t>(origins_.size()) - 1});
}

Status ForecastPublisher::PublishScore(MaturedScore score) {
  if (scored_count_ < static_cast<int64_t>(origins_.size()) &&
      origins_[static_cast<size_t>(scored_count_)] == score.origin) {
    ++scored_count_;
    return Add({.score = std::move(score)});
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
      while (jobs_.empty() && !is_ending_) changed_.wait(mutex_);
      if (is_ending_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
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
