#include "kafka/kafka_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "kafka/kafka_waits.h"
#include "kafka/position_reader.h"

namespace tillstream {
namespace {

/// The transaction of a writer that ends is given up if that is quickly done; else the next writer
/// does it.
constexpr int kGiveUpMs = 5'000;

/// Until the transaction's own timeout, as librdkafka recommends.
constexpr int kTransactionTimeout = -1;

/// For compaction, which keeps the last record of a key; the partition has no other.
std::string PositionKey(const WriterSpec& spec) {
  return fmt::format("{}-{}", spec.run_topic(), spec.stream_number());
}

}  // namespace

KafkaWriter::KafkaWriter(KafkaWriterOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

KafkaWriter::~KafkaWriter() { GiveUp(); }

void KafkaWriter::GiveUp() {
  if (!in_transaction_) return;
  in_transaction_ = false;
  committing_ = false;
  // Readers need not wait for its timeout then. A client that ended on a fatal error refuses it.
  const KafkaErrorPtr ignored(rd_kafka_abort_transaction(client_->handle(), kGiveUpMs));
}

Result<std::unique_ptr<KafkaWriter>> KafkaWriter::Open(KafkaWriterOptions options, Clock& clock) {
  std::unique_ptr<KafkaWriter> writer(new KafkaWriter(std::move(options), clock));
  TILLSTREAM_TRY(writer->Connect());
  TILLSTREAM_TRY(writer->CheckStillOurs());
  TILLSTREAM_TRY(writer->InitTransactions());
  TILLSTREAM_TRY(writer->LoadPosition());
  return writer;
}

Status KafkaWriter::Connect() {
  const WriterSpec& spec = options_.spec;
  const std::string stream =
      spec.stream.empty() ? std::to_string(spec.stream_number()) : spec.stream;
  const KafkaProperties fixed = {
      {"transactional.id", TransactionalId(spec.run_topic(), stream)},
      {"queue.buffering.max.kbytes", std::to_string(options_.queue_bytes_max / kKibibyte)},
  };
  TILLSTREAM_ASSIGN(
      client_, KafkaClient::Open(options_.config, KafkaRole::kWriter, fixed, {.deliveries = this}));
  const std::string timeout = client_->Value("transaction.timeout.ms");
  int64_t timeout_ms = 0;
  std::from_chars(timeout.data(), timeout.data() + timeout.size(), timeout_ms);
  transaction_timeout_ = std::chrono::milliseconds(timeout_ms);
  for (const TopicPartition& partition : spec.events) {
    TILLSTREAM_ASSIGN(ProduceTarget target, ProduceTarget::Open(*client_, partition));
    events_.push_back(std::move(target));
  }
  TILLSTREAM_ASSIGN(positions_, ProduceTarget::Open(*client_, options_.positions));
  if (spec.totals) {
    TILLSTREAM_ASSIGN(totals_, ProduceTarget::Open(*client_, *spec.totals));
  }
  return Ok();
}

Status KafkaWriter::CheckStillOurs() {
  if (options_.owners_begin.empty()) return Ok();
  TILLSTREAM_ASSIGN(const std::optional<PositionRecord> stored, ReadPosition());
  if (!stored || stored->owner.starts_with(options_.owners_begin)) return Ok();
  return Replaced(*stored);
}

Status KafkaWriter::InitTransactions() {
  const auto code = client_->InitTransactions(clock_);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  if (IsFenced(code)) return Fenced();
  return client_->Failure(code, {.where = where(), .right = RightFor(code)});
}

Result<std::optional<PositionRecord>> KafkaWriter::ReadPosition() {
  return ReadLastPosition(options_.config, options_.positions, clock_);
}

Status KafkaWriter::LoadPosition() {
  TILLSTREAM_ASSIGN(const std::optional<PositionRecord> stored, ReadPosition());
  TILLSTREAM_TRY(CheckStream(options_.config, options_.spec, stored, clock_));
  if (stored) current_ = found_ = *stored;
  owner_before_ = current_.owner;
  durable_ = current_.position;
  current_.owner = options_.owner;
  current_.holder = options_.spec.holder;
  if (!options_.spec.identity.empty()) current_.identity = options_.spec.identity;
  // From here on a writer that this one has fenced finds who did it.
  TILLSTREAM_TRY(BeginTransaction());
  TILLSTREAM_TRY(Sync(options_.config.deadline));
  return Ok();
}

Status KafkaWriter::Ready() {
  if (failure_) return *failure_;
  // A commit that timed out must end before anything else can begin.
  if (committing_) TILLSTREAM_TRY(Sync(options_.config.deadline));
  return Ok();
}

Status KafkaWriter::BeginTransaction() {
  TILLSTREAM_TRY(Ready());
  if (in_transaction_) return Ok();
  const KafkaErrorPtr error(rd_kafka_begin_transaction(client_->handle()));
  if (error) return Fail(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()));
  in_transaction_ = true;
  undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  transaction_begin_ = clock_.Monotonic();
  return Ok();
}

Status KafkaWriter::CommitWhatIsOld() {
  if (!in_transaction_ || clock_.Monotonic() - transaction_begin_ < transaction_timeout_ / 2) {
    return Ok();
  }
  const auto committed = Sync(options_.config.deadline);
  return committed ? Ok() : Status(committed.error());
}

Status KafkaWriter::AppendTo(size_t index, const RecordBlock& events) {
  TILLSTREAM_TRY(CommitWhatIsOld());
  TILLSTREAM_TRY(ProduceAll(events_[index], events));
  current_.position = current_.position + events.record_count();
  return Ok();
}

Status KafkaWriter::AppendTotals(const RecordBlock& totals) {
  TILLSTREAM_CHECK(totals_.topic != nullptr);
  TILLSTREAM_TRY(BeginTransaction());
  TILLSTREAM_TRY(CheckTime(totals_, totals.timestamp()));
  totals.ForEach([this](const RecordView& record) {
    waiting_totals_.push_back({record.timestamp, std::string(record.key), std::string(record.value),
                               record.has_key, record.has_value});
    return true;
  });
  current_.totals_count += totals.record_count();
  return Ok();
}

Status KafkaWriter::ProduceTotals() {
  for (const WaitingTotal& total : waiting_totals_) {
    RecordView record;
    record.timestamp = total.timestamp;
    record.key = total.key;
    record.value = total.value;
    record.has_key = total.has_key;
    record.has_value = total.has_value;
    TILLSTREAM_TRY(Produce(totals_, record));
  }
  waiting_totals_.clear();
  return Ok();
}

Status KafkaWriter::Flush() {
  TILLSTREAM_TRY(Ready());
  rd_kafka_poll(client_->handle(), 0);
  return Ok();
}

Status KafkaWriter::CheckTime(const ProduceTarget& target, Timestamp timestamp) {
  const Status checked = CheckEventTime(target.partition, timestamp);
  return checked ? checked : Status(End(checked.error()));
}

Status KafkaWriter::ProduceAll(const ProduceTarget& target, const RecordBlock& block) {
  TILLSTREAM_TRY(BeginTransaction());
  TILLSTREAM_TRY(CheckTime(target, block.timestamp()));
  Status status = Ok();
  block.ForEach([&](const RecordView& record) {
    status = Produce(target, record);
    return status.has_value();
  });
  rd_kafka_poll(client_->handle(), 0);
  return status;
}

Status KafkaWriter::Produce(const ProduceTarget& target, const RecordView& record) {
  for (;;) {
    const KafkaErrorPtr error = ProduceRecord(*client_, target, record);
    if (!error) return Ok();
    const auto code = rd_kafka_error_code(error.get());
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return Fail(code, rd_kafka_error_string(error.get()));
    }
    // Messages leave the queue delivered or, at their timeout, not; then the transaction fails.
    rd_kafka_poll(client_->handle(), kPollMs);
    if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Fail(undelivered_, rd_kafka_err2str(undelivered_));
    }
  }
}

Status KafkaWriter::ProducePosition() {
  const std::string key = PositionKey(options_.spec);
  const std::string value = EncodePosition(current_);
  RecordView record;
  record.key = key;
  record.value = value;
  // No event time: the client puts the wall clock in.
  record.timestamp = Timestamp(0);
  return Produce(positions_, record);
}

Result<Position> KafkaWriter::Sync(std::chrono::milliseconds timeout) {
  if (failure_) return *failure_;
  if (!in_transaction_) return durable_;
  if (!committing_) {
    TILLSTREAM_TRY(ProduceTotals());
    TILLSTREAM_TRY(ProducePosition());
    committing_ = true;
  }
  TILLSTREAM_TRY(Commit(clock_.Monotonic() + timeout));
  in_transaction_ = false;
  committing_ = false;
  durable_ = current_.position;
  return durable_;
}

Status KafkaWriter::MoveTo(Position position, int64_t totals_count) {
  TILLSTREAM_CHECK(!in_transaction_ && current_.position == found_.position);
  TILLSTREAM_TRY(BeginTransaction());
  current_.left_out += std::max<int64_t>(position - current_.position, 0);
  current_.position = position;
  current_.totals_count = totals_count;
  const auto committed = Sync(options_.config.deadline);
  return committed ? Ok() : Status(committed.error());
}

Status KafkaWriter::Commit(std::chrono::nanoseconds deadline) {
  for (;;) {
    const KafkaErrorPtr error(rd_kafka_commit_transaction(client_->handle(), kTransactionTimeout));
    if (!error) {
      client_->ForgetRefusal();
      return Ok();
    }
    const auto code = rd_kafka_error_code(error.get());
    const bool may_be_called_again = rd_kafka_error_is_retriable(error.get()) != 0;
    if (!may_be_called_again) return Fail(code, rd_kafka_error_string(error.get()));
    if (clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kTimedOut, "kafka: {}: the commit was not confirmed in time",
                       where());
    }
  }
}

Error KafkaWriter::End(Error error) {
  GiveUp();
  failure_ = std::move(error);
  return *failure_;
}

}  // namespace tillstream
