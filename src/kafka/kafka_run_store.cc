#include "kafka/kafka_run_store.h"

#include <array>
#include <functional>

#include "kafka/kafka_client.h"
#include "kafka/kafka_reader.h"
#include "kafka/kafka_waits.h"

namespace tillstream {
namespace {

/// How long Update() goes on where other processes get in between.
constexpr std::chrono::seconds kUpdateWithin{30};
/// Between two tries; grows, and differs between processes, so that one of them gets through.
constexpr std::chrono::milliseconds kTryAgain{50};
constexpr int kTryGrowthMax = 5;

const char* KeyOf(RunDocument document) {
  return document == RunDocument::kIdentity ? "run" : "clock";
}

TopicPartition PartitionOf(const std::string& topic) {
  return {PositionsTopicName(topic), PartitionId(0)};
}

/// Writes one record to the partition of run documents.
class DocumentWriter final : private DeliveryObserver {
 public:
  /// `transactional_id` empty: without a transaction.
  static Result<std::unique_ptr<DocumentWriter>> Open(const KafkaConfig& config,
                                                      const std::string& topic,
                                                      const std::string& transactional_id) {
    KafkaProperties fixed = {{"message.max.bytes", std::to_string(kRunDocumentBytesMax)},
                             {"linger.ms", "0"}};
    if (transactional_id.empty()) {
      fixed.insert({"enable.idempotence", "true"});
    } else {
      fixed.insert({"transactional.id", transactional_id});
    }
    std::unique_ptr<DocumentWriter> writer(new DocumentWriter());
    TILLSTREAM_ASSIGN(writer->client_, KafkaClient::Open(config, KafkaRole::kWriter, fixed,
                                                         {.deliveries = writer.get()}));
    TILLSTREAM_ASSIGN(writer->topic_, writer->client_->OpenTopic(PositionsTopicName(topic)));
    writer->where_ = PartitionOf(topic).ToString();
    return writer;
  }

  /// False when another process has the transactional id already.
  Result<bool> InitTransactions(Clock& clock) {
    const auto code = client_->InitTransactions(clock);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
    if (IsFenced(code)) return false;
    return Failure(code);
  }

  /// False when another process has the transactional id now.
  Result<bool> WriteInTransaction(const char* key, const std::string& text) {
    KafkaErrorPtr error(rd_kafka_begin_transaction(client_->handle()));
    if (!error) {
      TILLSTREAM_TRY(Produce(key, text));
      constexpr int kTransactionTimeout = -1;
      do {
        error.reset(rd_kafka_commit_transaction(client_->handle(), kTransactionTimeout));
      } while (error && rd_kafka_error_is_retriable(error.get()) != 0);
    }
    if (!error) return true;
    const auto code = rd_kafka_error_code(error.get());
    if (IsFenced(code) || IsFenced(rd_kafka_fatal_error(client_->handle(), nullptr, 0))) {
      return false;
    }
    return Failure(undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR ? undelivered_ : code);
  }

  Status Write(const char* key, const std::string& text) {
    TILLSTREAM_TRY(Produce(key, text));
    const auto code = rd_kafka_flush(client_->handle(), client_->deadline_ms());
    if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(undelivered_);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(code);
    return Ok();
  }

 private:
  void OnDelivery(const rd_kafka_message_t& message) override {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) undelivered_ = message.err;
  }

  Status Produce(const char* key, const std::string& text) {
    const int failed =
        rd_kafka_produce(topic_.get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(text.data()),
                         text.size(), key, std::char_traits<char>::length(key), nullptr);
    if (failed == 0) return Ok();
    return Failure(rd_kafka_last_error());
  }

  Error Failure(rd_kafka_resp_err_t code) {
    const bool is_topic = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    const std::string right =
        is_topic ? fmt::format("Write on topic \"{}\"", rd_kafka_topic_name(topic_.get()))
                 : fmt::format("Write and Describe on transactional id \"{}\"",
                               client_->Value("transactional.id"));
    return client_->Failure(code, {.where = where_, .right = right});
  }

  std::unique_ptr<KafkaClient> client_;
  KafkaTopicPtr topic_;
  std::string where_;
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace

KafkaRunStore::KafkaRunStore(KafkaLog& log, Clock& clock) : log_(log), clock_(clock) {}

std::string KafkaRunStore::NameOf(const std::string& topic, RunDocument document) const {
  return fmt::format("kafka: {}: {}", PartitionOf(topic).ToString(), KeyOf(document));
}

Result<std::optional<std::string>> KafkaRunStore::Load(const std::string& topic,
                                                       RunDocument document) {
  std::optional<std::string> text;
  TILLSTREAM_ASSIGN(const auto partitions,
                    log_.admin().FindPartitionCount(PartitionOf(topic).topic));
  if (!partitions) return text;
  TILLSTREAM_ASSIGN(const auto reader,
                    KafkaReader::Open(log_.config(), PartitionOf(topic), clock_));
  for (;;) {
    TILLSTREAM_ASSIGN(const auto records, reader->Read(kNoWait));
    if (records.empty()) return text;
    for (const RecordView& record : records) {
      if (record.key == KeyOf(document)) text = std::string(record.value);
    }
  }
}

Status KafkaRunStore::Store(const std::string& topic, RunDocument document,
                            const std::string& text) {
  TILLSTREAM_ASSIGN(const auto writer, DocumentWriter::Open(log_.config(), topic, ""));
  return writer->Write(KeyOf(document), text);
}

Result<bool> KafkaRunStore::TryUpdate(const std::string& topic, RunDocument document,
                                      const Merge& merge) {
  // Most find what they would write, and need not disturb each other.
  TILLSTREAM_ASSIGN(std::optional<std::string> stored, Load(topic, document));
  TILLSTREAM_ASSIGN(std::string text, merge(stored));
  if (stored == text) return true;

  TILLSTREAM_ASSIGN(const auto writer,
                    DocumentWriter::Open(log_.config(), topic, TransactionalId(topic, "/run")));
  TILLSTREAM_ASSIGN(const bool is_ours, writer->InitTransactions(clock_));
  if (!is_ours) return false;
  TILLSTREAM_ASSIGN(stored, Load(topic, document));
  TILLSTREAM_ASSIGN(text, merge(stored));
  if (stored == text) return true;
  return writer->WriteInTransaction(KeyOf(document), text);
}

Status KafkaRunStore::Update(const std::string& topic, RunDocument document,
                             const std::string& /*holder*/, const Merge& merge) {
  const auto deadline = clock_.Monotonic() + kUpdateWithin;
  const auto share = static_cast<int64_t>(std::hash<std::string>()(log_.owner()) % 100);
  for (int attempt = 0;; ++attempt) {
    const Result<bool> written = TryUpdate(topic, document, merge);
    if (written && *written) return Ok();
    const auto now = clock_.Monotonic();
    // A coordinator that moves lets a transaction fail.
    if (!written && (written.error().code != ErrorCode::kUnavailable || now >= deadline)) {
      return written.error();
    }
    if (now >= deadline) {
      return MakeError(ErrorCode::kRefused,
                       "kafka: {}: other processes have been starting for {} s; try again",
                       PartitionOf(topic).ToString(), kUpdateWithin.count());
    }
    const auto pause = kTryAgain * (1 << std::min(attempt, kTryGrowthMax));
    clock_.SleepUntil(now + pause + pause * share / 100, {});
  }
}

}  // namespace tillstream
