#include "kafka/record_sender.h"

#include <algorithm>
#include <optional>

#include "kafka/kafka_client.h"
#include "kafka/kafka_waits.h"
#include "kafka/produce_record.h"

namespace tillstream {

class RecordSender::Impl final : private DeliveryObserver {
 public:
  explicit Impl(Clock& clock) : clock_(clock) {}

  Status Connect(const KafkaConfig& config, const std::string& topic) {
    const KafkaProperties fixed = {{"enable.idempotence", "true"}};
    TILLSTREAM_ASSIGN(client_,
                      KafkaClient::Open(config, KafkaRole::kWriter, fixed, {.deliveries = this}));
    TILLSTREAM_ASSIGN(target_,
                      ProduceTarget::Open(*client_, {topic, PartitionId(RD_KAFKA_PARTITION_UA)}));
    return Ok();
  }

  Status Send(RecordView record) {
    if (failure_) return *failure_;
    record.timestamp = std::max(record.timestamp, Timestamp(0));
    for (;;) {
      const KafkaErrorPtr error = ProduceRecord(*client_, target_, record);
      if (!error) {
        ++waiting_;
        rd_kafka_poll(client_->handle(), 0);
        return Check();
      }
      const auto code = rd_kafka_error_code(error.get());
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return Fail(code, rd_kafka_error_string(error.get()));
      }
      // Messages leave the queue delivered or, at their timeout, not.
      rd_kafka_poll(client_->handle(), kPollMs);
      TILLSTREAM_TRY(Check());
    }
  }

  Status Flush() {
    if (failure_) return *failure_;
    const std::chrono::nanoseconds deadline = clock_.Monotonic() + client_->config().deadline;
    while (waiting_ > 0) {
      rd_kafka_flush(client_->handle(), kPollMs);
      TILLSTREAM_TRY(Check());
      if (waiting_ > 0 && clock_.Monotonic() >= deadline) {
        return Fail(RD_KAFKA_RESP_ERR__TIMED_OUT, fmt::format("{} records", waiting_));
      }
    }
    return Ok();
  }

 private:
  void OnDelivery(const rd_kafka_message_t& message) override {
    --waiting_;
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client_->ForgetRefusal();
    } else if (undelivered_ == RD_KAFKA_RESP_ERR_NO_ERROR) {
      undelivered_ = message.err;
    }
  }

  Status Check() {
    if (undelivered_ == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
    return Fail(undelivered_, rd_kafka_err2str(undelivered_));
  }

  Error Fail(rd_kafka_resp_err_t code, const std::string& text) {
    const std::string topic = fmt::format("topic \"{}\"", target_.partition.topic);
    failure_ =
        client_->Failure(code, {.where = topic, .right = "Write on " + topic, .detail = text});
    return *failure_;
  }

  Clock& clock_;
  std::unique_ptr<KafkaClient> client_;
  ProduceTarget target_;
  int64_t waiting_ = 0;  ///< Records that are not acknowledged.
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::optional<Error> failure_;
};

RecordSender::RecordSender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordSender::~RecordSender() = default;

Result<std::unique_ptr<RecordSender>> RecordSender::Open(const KafkaConfig& config,
                                                         const std::string& topic, Clock& clock) {
  auto impl = std::make_unique<Impl>(clock);
  TILLSTREAM_TRY(impl->Connect(config, topic));
  return std::unique_ptr<RecordSender>(new RecordSender(std::move(impl)));
}

Status RecordSender::Send(const RecordView& record) { return impl_->Send(record); }
Status RecordSender::Flush() { return impl_->Flush(); }

}  // namespace tillstream
