#include "kafka/kafka_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kafka/kafka_waits.h"

namespace tillstream {
namespace {

using PartitionListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                         KafkaDestroy<rd_kafka_topic_partition_list_destroy>>;

/// Few enough to be in the processor's cache from being taken to being decoded and freed.
constexpr size_t kMessagesAtOnce = 512;

/// How long a wait goes on before the deadline is looked at again.
constexpr int kWaitMs = 100;

bool IsUnknown(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/// Whether the partition is on its way from one broker to another, or to its first.
bool IsMoving(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return true;
    default:
      return false;
  }
}

}  // namespace

KafkaReader::KafkaReader(std::shared_ptr<SharedClient> shared, KafkaTopicPtr topic,
                         TopicPartition partition, Clock& clock)
    : shared_(std::move(shared)),
      client_(&shared_->client()),
      topic_(std::move(topic)),
      partition_(std::move(partition)),
      clock_(clock) {}

KafkaReader::~KafkaReader() {
  Release();
  Stop();
  topic_.reset();
  shared_->Release(partition_);
}

Result<std::unique_ptr<KafkaReader>> KafkaReader::Open(ReaderClients& clients,
                                                       const TopicPartition& partition,
                                                       Clock& clock) {
  TILLSTREAM_ASSIGN(auto shared, clients.Claim(partition));
  auto topic = shared->client().OpenTopic(partition.topic);
  if (!topic) {
    shared->Release(partition);
    return topic.error();
  }
  return std::unique_ptr<KafkaReader>(
      new KafkaReader(std::move(shared), *std::move(topic), partition, clock));
}

Result<std::unique_ptr<KafkaReader>> KafkaReader::Open(const KafkaConfig& config,
                                                       const TopicPartition& partition,
                                                       Clock& clock) {
  ReaderClients alone(config);
  return Open(alone, partition, clock);
}

KafkaContext KafkaReader::Context() const {
  return {.where = where(), .right = fmt::format("Read on topic \"{}\"", partition_.topic)};
}

template <typename Call>
Status KafkaReader::Ask(const Call& call) {
  const std::chrono::nanoseconds begin = clock_.Monotonic();
  const std::chrono::nanoseconds deadline = begin + client_->config().deadline;
  for (std::chrono::nanoseconds now = begin;; now = clock_.Monotonic()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
    const rd_kafka_resp_err_t code = call(static_cast<int>(std::max<int64_t>(left.count(), 1)));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
    now = clock_.Monotonic();
    const bool again =
        (IsMoving(code) && now < deadline) || (IsUnknown(code) && now - begin < kKnownWithin);
    if (!again) return client_->Failure(code, Context());
    clock_.SleepUntil(now + kAskAgain, {});
  }
}

Result<KafkaReader::Bounds> KafkaReader::AskBounds() {
  int64_t begin = 0;
  int64_t end = 0;
  // With read_committed the end is the last stable offset.
  TILLSTREAM_TRY(Ask([&](int timeout_ms) {
    return rd_kafka_query_watermark_offsets(client_->handle(), partition_.topic.c_str(),
                                            partition_.partition.value(), &begin, &end, timeout_ms);
  }));
  return Bounds{Offset(begin), Offset(end)};
}

Result<Offset> KafkaReader::Begin() {
  TILLSTREAM_ASSIGN(const Bounds bounds, AskBounds());
  return bounds.begin;
}

Result<Offset> KafkaReader::End() {
  TILLSTREAM_ASSIGN(const Bounds bounds, AskBounds());
  return bounds.end;
}

Result<Offset> KafkaReader::OffsetAt(Timestamp timestamp) {
  if (timestamp < Timestamp(0)) return Begin();
  TILLSTREAM_ASSIGN(const Offset end, End());
  PartitionListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const asked = rd_kafka_topic_partition_list_add(
      list.get(), partition_.topic.c_str(), partition_.partition.value());
  TILLSTREAM_TRY(Ask([&](int timeout_ms) {
    asked->offset = timestamp.value();
    const auto code = rd_kafka_offsets_for_times(client_->handle(), list.get(), timeout_ms);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : code;
  }));
  if (asked->offset < 0 || asked->offset >= end.value()) return end;

  // What was found may be the mark of a transaction; all records before it are earlier.
  const Offset place = std::exchange(next_, Offset(asked->offset));
  Stop();
  Offset found = end;
  Status status = Ok();
  while (status && found == end && next_ < end) {
    Release();
    status = Start();
    if (status) status = TakeUntil(end);
    for (const RecordView& record : records_) {
      if (record.timestamp >= timestamp) {
        found = std::min(record.offset, end);
        break;
      }
    }
  }
  Release();
  Stop();
  next_ = place;
  if (!status) return std::move(status).error();
  return found;
}

Status KafkaReader::Seek(Offset offset) {
  Release();
  Stop();
  next_ = offset;
  return Ok();
}

Status KafkaReader::Start() {
  if (started_) return Ok();
  if (rd_kafka_consume_start(topic_.get(), partition_.partition.value(), next_.value()) != 0) {
    return KafkaError(rd_kafka_last_error(), Context());
  }
  started_ = true;
  queue_.reset(rd_kafka_queue_get_partition(client_->handle(), partition_.topic.c_str(),
                                            partition_.partition.value()));
  queued_count_max_ = 0;
  return Ok();
}

void KafkaReader::Stop() {
  if (!started_) return;
  queue_.reset();
  rd_kafka_consume_stop(topic_.get(), partition_.partition.value());
  started_ = false;
}

void KafkaReader::Release() {
  for (rd_kafka_message_t* const message : messages_) rd_kafka_message_destroy(message);
  messages_.clear();
  records_.clear();
  headers_.clear();
}

Result<std::span<const RecordView>> KafkaReader::Read(std::chrono::milliseconds wait) {
  Release();
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + wait;
  if (next_ < Offset(0)) {
    TILLSTREAM_ASSIGN(next_, Begin());
  }
  if (started_) TILLSTREAM_TRY(Take(0));
  while (records_.empty()) {
    TILLSTREAM_ASSIGN(const Offset end, End());
    // A broker refuses to read beyond its end, so that has to be waited for here.
    if (next_ <= end) TILLSTREAM_TRY(Start());
    TILLSTREAM_TRY(TakeUntil(end));
    if (!records_.empty()) break;
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (now >= deadline) break;
    if (started_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
      TILLSTREAM_TRY(Take(static_cast<int>(std::min<int64_t>(left.count(), kWaitMs))));
    } else {
      clock_.SleepUntil(std::min<std::chrono::nanoseconds>(now + kAskAgain, deadline), {});
    }
  }
  return std::span<const RecordView>(records_);
}

Status KafkaReader::TakeUntil(Offset end) {
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + client_->config().deadline;
  while (records_.empty() && next_ < end) {
    if (clock_.Monotonic() >= deadline) {
      return client_->Failure(RD_KAFKA_RESP_ERR__TIMED_OUT, Context());
    }
    TILLSTREAM_TRY(Take(kWaitMs));
  }
  return Ok();
}

Status KafkaReader::Take(int wait_ms) {
  rd_kafka_poll(client_->handle(), 0);
  const int32_t partition = partition_.partition.value();
  // The call for many waits until there are as many, so one is waited for first.
  rd_kafka_message_t* const first = rd_kafka_consume(topic_.get(), partition, wait_ms);
  if (first == nullptr) return Ok();
  TILLSTREAM_TRY(TakeOne(first));
  std::array<rd_kafka_message_t*, kMessagesAtOnce> more;  // NOLINT: filled by the call
  const ssize_t count =
      rd_kafka_consume_batch(topic_.get(), partition, 0, more.data(), more.size());
  Status status = Ok();
  for (ssize_t i = 0; i < count; ++i) {
    if (status) {
      status = TakeOne(more[static_cast<size_t>(i)]);
    } else {
      rd_kafka_message_destroy(more[static_cast<size_t>(i)]);
    }
  }
  if (status && started_) status = KeepFetching();
  // What came before the fault is given first; the fault comes again with the next call.
  return records_.empty() ? status : Ok();
}

Status KafkaReader::KeepFetching() {
  // When a client has enough, its thread sleeps for a second (fetch.queue.backoff.ms from 2.1 on),
  // by which time all is taken; any request wakes it.
  const size_t queued_count = rd_kafka_queue_length(queue_.get());
  queued_count_max_ = std::max(queued_count_max_, queued_count);
  if (queued_count >= queued_count_max_ / 2) return Ok();
  queued_count_max_ = queued_count;
  TILLSTREAM_TRY(AskBounds());
  return Ok();
}

Status KafkaReader::TakeOne(rd_kafka_message_t* message) {
  messages_.push_back(message);
  switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      next_ = std::max(next_, Offset(message->offset));
      return Ok();
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
      Stop();
      TILLSTREAM_ASSIGN(const Offset begin, Begin());
      if (next_ < begin) {
        next_ = begin;  // Deleted: the next record that is there follows.
        return Start();
      }
      return MakeError(ErrorCode::kCorrupt,
                       "kafka: {}: offset {} is beyond its end; was the topic made again?", where(),
                       next_.value());
    }
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return Ok();  // Tried again by the client; the deadline says when that is enough.
    default:
      if (IsMoving(message->err)) return Ok();
      Stop();
      return client_->Failure(message->err, Context());
  }
  RecordView record;
  record.offset = Offset(message->offset);
  record.timestamp = Timestamp(rd_kafka_message_timestamp(message, nullptr));
  record.has_key = message->key != nullptr;
  if (record.has_key) record.key = {static_cast<const char*>(message->key), message->key_len};
  record.has_value = message->payload != nullptr;
  if (record.has_value) record.value = {static_cast<const char*>(message->payload), message->len};
  records_.push_back(record);
  if (has_headers_) AppendHeaders(*message);
  next_ = record.offset + 1;
  return Ok();
}

void KafkaReader::AppendHeaders(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* raw = nullptr;
  if (rd_kafka_message_headers(&message, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto headers = std::make_unique<std::vector<HeaderView>>();
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(raw, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    headers->push_back({name, {static_cast<const char*>(value), value == nullptr ? 0 : size}});
  }
  records_.back().headers = *headers;
  headers_.push_back(std::move(headers));
}

}  // namespace tillstream
