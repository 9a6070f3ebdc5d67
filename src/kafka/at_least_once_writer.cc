#include "kafka/at_least_once_writer.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "kafka/kafka_log.h"
#include "kafka/kafka_waits.h"
#include "kafka/last_sequence.h"
#include "kafka/position_reader.h"

namespace tillstream {
namespace {

/// Writers that start at the same time may overtake each other; the last one has the stream.
constexpr int kTakeOverTriesMax = 3;

/// Whether a message was not delivered since the client had stopped already; why, another says.
bool IsConsequence(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
         code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

/// What a message carries back with its delivery report: its index, and whose.
void* ToOpaque(int64_t index, bool is_total) {
  const auto bits = (static_cast<uintptr_t>(index) << 1U) | static_cast<uintptr_t>(is_total);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): never dereferenced, the client only carries it
  return reinterpret_cast<void*>(bits);
}

}  // namespace

AtLeastOnceWriter::AtLeastOnceWriter(AtLeastOnceWriterOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

AtLeastOnceWriter::~AtLeastOnceWriter() {
  if (client_ == nullptr) return;
  // What was acknowledged since the last time need not be repeated. Without it nothing is lost.
  rd_kafka_poll(client_->handle(), 0);
  const bool is_ahead =
      durable_position() != stored_.position || totals_acknowledged_.end() != stored_.totals_count;
  if (!failure_ && stored_version_ && is_ahead) {
    const Status ignored = StorePosition();
    static_cast<void>(ignored);
  }
  Purge();
}

void AtLeastOnceWriter::Purge() {
  rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                        RD_KAFKA_PURGE_F_NON_BLOCKING);
}

Result<std::unique_ptr<AtLeastOnceWriter>> AtLeastOnceWriter::Open(AtLeastOnceWriterOptions options,
                                                                   Clock& clock) {
  std::unique_ptr<AtLeastOnceWriter> writer(new AtLeastOnceWriter(std::move(options), clock));
  TILLSTREAM_TRY(writer->LoadPosition());
  TILLSTREAM_TRY(writer->Connect());
  return writer;
}

StreamName AtLeastOnceWriter::stream() const {
  const WriterSpec& spec = options_.spec;
  return {spec.run_topic(),
          spec.stream.empty() ? std::to_string(spec.stream_number()) : spec.stream};
}

Status AtLeastOnceWriter::Connect() {
  const KafkaProperties fixed = {
      {"enable.idempotence", "true"},
      // No index is left out: a message that is given up ends the client with what waits behind it,
      {"enable.gapless.guarantee", "true"},
      // and the next request waits for the answer to this one. A broker forgets an idempotent
      // producer whose records are older than a day, and then takes requests in any order.
      {"max.in.flight.requests.per.connection", "1"},
      {"queue.buffering.max.kbytes", std::to_string(options_.queue_bytes_max / kKibibyte)},
  };
  TILLSTREAM_ASSIGN(
      client_, KafkaClient::Open(options_.config, KafkaRole::kWriter, fixed, {.deliveries = this}));
  TILLSTREAM_ASSIGN(events_, ProduceTarget::Open(*client_, options_.spec.events.front()));
  if (options_.spec.totals) {
    TILLSTREAM_ASSIGN(totals_, ProduceTarget::Open(*client_, *options_.spec.totals));
  }
  return Ok();
}

Status AtLeastOnceWriter::LoadPosition() {
  TILLSTREAM_TRY(options_.store == nullptr ? FindLastRecords() : TakeOver());
  events_acknowledged_ = AcknowledgedPrefix(position_.value());
  totals_acknowledged_ = AcknowledgedPrefix(totals_count_);
  totals_produced_ = totals_count_;
  last_store_ = clock_.Monotonic();
  return Ok();
}

Status AtLeastOnceWriter::FindLastRecords() {
  const auto next = [&](const TopicPartition& partition) -> Result<int64_t> {
    TILLSTREAM_ASSIGN(const std::optional<int64_t> last,
                      ReadLastSequence(options_.config, partition, clock_));
    return last ? *last + 1 : 0;
  };
  TILLSTREAM_ASSIGN(const int64_t position, next(options_.spec.events.front()));
  position_ = Position(position);
  if (!options_.spec.totals) return Ok();
  TILLSTREAM_ASSIGN(totals_count_, next(*options_.spec.totals));
  return Ok();
}

Status AtLeastOnceWriter::TakeOver() {
  for (int tries = 1;; ++tries) {
    TILLSTREAM_ASSIGN(const auto entry, options_.store->Load(stream()));
    const auto stored = entry ? std::optional(entry->record) : std::nullopt;
    TILLSTREAM_TRY(CheckStream(options_.config, options_.spec, stored, clock_));
    PositionRecord record = stored.value_or(PositionRecord{});
    record.owner = options_.owner;
    record.holder = options_.spec.holder;
    if (!options_.spec.identity.empty()) record.identity = options_.spec.identity;
    const auto version = options_.store->Store(
        stream(), record, entry ? std::optional(entry->version) : std::nullopt);
    if (!version) {
      if (version.error().code == ErrorCode::kRefused && tries < kTakeOverTriesMax) continue;
      return version.error();
    }
    stored_version_ = *version;
    stored_ = std::move(record);
    position_ = stored_.position;
    totals_count_ = stored_.totals_count;
    return Ok();
  }
}

void AtLeastOnceWriter::OnDelivery(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const bool is_first = undelivered_ == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!is_first && (!IsConsequence(undelivered_) || IsConsequence(message.err))) return;
    undelivered_ = message.err;
    undelivered_topic_ = rd_kafka_topic_name(message.rkt);
    return;
  }
  const auto bits = reinterpret_cast<uintptr_t>(message._private);
  AcknowledgedPrefix& prefix = (bits & 1U) != 0 ? totals_acknowledged_ : events_acknowledged_;
  prefix.Acknowledge(static_cast<int64_t>(bits >> 1U));
}

Status AtLeastOnceWriter::AppendTo(size_t /*index*/, const RecordBlock& events) {
  if (failure_) return *failure_;
  // First of all: a writer that was stopped for a while and replaced must write nothing more.
  TILLSTREAM_TRY(StorePositionIfDue());
  Status status = Ok();
  events.ForEach([&](const RecordView& record) {
    status = Produce(events_, record, position_.value(), /*is_total=*/false);
    if (status) ++position_;
    return status.has_value();
  });
  TILLSTREAM_TRY(std::move(status));
  return Proceed(0);
}

Status AtLeastOnceWriter::AppendTotals(const RecordBlock& totals) {
  TILLSTREAM_CHECK(totals_.topic != nullptr);
  if (failure_) return *failure_;
  totals.ForEach([&](const RecordView& record) {
    held_.push_back(
        {position_, std::string(record.key), std::string(record.value), record.timestamp});
    return true;
  });
  totals_count_ += totals.record_count();
  return Proceed(0);
}

Status AtLeastOnceWriter::Flush() {
  if (failure_) return *failure_;
  return Proceed(0);
}

Status AtLeastOnceWriter::Proceed(int wait_ms) {
  rd_kafka_poll(client_->handle(), wait_ms);
  if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Fail(undelivered_, rd_kafka_err2str(undelivered_));
  }
  while (!held_.empty() && held_.front().events <= durable_position()) {
    const HeldTotal& total = held_.front();
    RecordView record;
    record.key = total.key;
    record.value = total.value;
    record.timestamp = total.timestamp;
    TILLSTREAM_TRY(Produce(totals_, record, totals_produced_, /*is_total=*/true));
    ++totals_produced_;
    held_.pop_front();
  }
  return Ok();
}

Status AtLeastOnceWriter::Produce(const ProduceTarget& target, const RecordView& record,
                                  int64_t index, bool is_total) {
  if (const Status checked = CheckEventTime(target.partition, record.timestamp); !checked) {
    return End(checked.error());
  }
  for (;;) {
    const KafkaErrorPtr error =
        ProduceRecord(*client_, target, record, index, ToOpaque(index, is_total));
    if (!error) return Ok();
    const auto code = rd_kafka_error_code(error.get());
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return Fail(code, rd_kafka_error_string(error.get()));
    }
    // Messages leave the queue delivered or, at their timeout, not; then the writer ends.
    rd_kafka_poll(client_->handle(), kPollMs);
    if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(undelivered_, rd_kafka_err2str(undelivered_));
    }
    // While the queue is full nothing else would do it.
    TILLSTREAM_TRY(StorePositionIfDue());
  }
}

bool AtLeastOnceWriter::all_acknowledged() const {
  return held_.empty() && durable_position() == position_ &&
         totals_acknowledged_.end() == totals_count_;
}

Result<Position> AtLeastOnceWriter::Sync(std::chrono::milliseconds timeout) {
  if (failure_) return *failure_;
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + timeout;
  TILLSTREAM_TRY(StorePositionIfDue());
  while (!all_acknowledged()) {
    // Sends what is there without waiting for more of it.
    rd_kafka_flush(client_->handle(), kPollMs);
    TILLSTREAM_TRY(Proceed(0));
    TILLSTREAM_TRY(StorePositionIfDue());
    if (!all_acknowledged() && clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kTimedOut, "kafka: {}: {} events are not acknowledged in time",
                       where(), position_ - durable_position());
    }
  }
  client_->ForgetRefusal();
  TILLSTREAM_TRY(StorePositionIfDue());
  return durable_position();
}

Status AtLeastOnceWriter::StorePositionIfDue() {
  if (!stored_version_ || clock_.Monotonic() - last_store_ < kStorePositionEvery) return Ok();
  return StorePosition();
}

Status AtLeastOnceWriter::StorePosition() {
  last_store_ = clock_.Monotonic();
  PositionRecord record = stored_;
  record.position = durable_position();
  record.totals_count = totals_acknowledged_.end();
  // With nothing new it is still asked whether the stream is this writer's.
  const auto version = options_.store->Store(stream(), record, stored_version_);
  if (!version) return End(version.error());
  stored_version_ = *version;
  stored_ = std::move(record);
  return Ok();
}

Error AtLeastOnceWriter::Fail(rd_kafka_resp_err_t code, const std::string& text) {
  std::array<char, 512> fatal_text{};
  const auto fatal = rd_kafka_fatal_error(client_->handle(), fatal_text.data(), fatal_text.size());
  KafkaContext context = {.where = where(), .right = {}, .detail = text};
  // A message that could not be delivered is what the client then stops for.
  if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR && !IsConsequence(undelivered_)) {
    code = undelivered_;
    context.detail = fmt::format("a message to topic \"{}\"", undelivered_topic_);
  } else if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = fatal;
    context.detail = fatal_text.data();
  }
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    context.right = fmt::format("Write on topic \"{}\"", undelivered_topic_);
  }
  Error error = client_->Failure(code, context);
  if (code == fatal) error.code = ErrorCode::kUnavailable;
  return End(std::move(error));
}

Error AtLeastOnceWriter::End(Error error) {
  Purge();
  failure_ = std::move(error);
  return *failure_;
}

}  // namespace tillstream
