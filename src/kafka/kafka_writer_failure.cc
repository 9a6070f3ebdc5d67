// Why a writer ended: the side of kafka_writer.h that meets errors.
#include <array>

#include "kafka/kafka_writer.h"

namespace tillstream {
namespace {

constexpr std::chrono::milliseconds kAskForOwnerAgain{50};

/// For a refusal that the client knows already.
constexpr int kAskWhyMs = 5'000;

/// Whether a message was dropped because its transaction had failed; why it had, another says.
bool IsDropped(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

}  // namespace

void KafkaWriter::OnDelivery(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const bool is_first = undelivered_ == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (!is_first && (!IsDropped(undelivered_) || IsDropped(message.err))) return;
  undelivered_ = message.err;
  undelivered_topic_ = rd_kafka_topic_name(message.rkt);
}

Error KafkaWriter::Fail(rd_kafka_resp_err_t code, const std::string& text) {
  // What has become of the messages says more than that the call was not possible.
  rd_kafka_poll(client_->handle(), 0);
  const auto fatal = rd_kafka_fatal_error(client_->handle(), nullptr, 0);
  if (IsFenced(code) || IsFenced(fatal)) return End(Fenced());
  const bool only_refused = IsDropped(code) || code == RD_KAFKA_RESP_ERR__STATE;
  if (only_refused && fatal == RD_KAFKA_RESP_ERR_NO_ERROR && IsDropped(undelivered_)) {
    // A transaction that has lost a message cannot be committed; the refusal says why it failed.
    const KafkaErrorPtr error(rd_kafka_commit_transaction(client_->handle(), kAskWhyMs));
    if (error) {
      return End(Reason(rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get())));
    }
  }
  return End(Reason(code, text));
}

Error KafkaWriter::Reason(rd_kafka_resp_err_t code, const std::string& text) {
  std::array<char, 512> fatal_text{};
  const auto fatal = rd_kafka_fatal_error(client_->handle(), fatal_text.data(), fatal_text.size());
  KafkaContext context = {.where = where(), .right = {}, .detail = text};
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    code = fatal;
    context.detail = fatal_text.data();
  } else if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR && !IsDropped(undelivered_)) {
    code = undelivered_;
    context.detail = fmt::format("a message to topic \"{}\"", undelivered_topic_);
  }
  context.right = RightFor(code);
  Error error = client_->Failure(code, context);
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR && error.code != ErrorCode::kForbidden) {
    error.code = ErrorCode::kUnavailable;
  }
  return error;
}

std::string KafkaWriter::RightFor(rd_kafka_resp_err_t code) const {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: {
      if (undelivered_ == code) return fmt::format("Write on topic \"{}\"", undelivered_topic_);
      const std::string totals =
          totals_.topic ? fmt::format("\"{}\", ", totals_.partition.topic) : "";
      return fmt::format("Write on topics \"{}\", {}\"{}\"", events_.front().partition.topic,
                         totals, positions_.partition.topic);
    }
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return fmt::format("Write and Describe on transactional id \"{}\"",
                         client_->Value("transactional.id"));
    default:
      return "";
  }
}

Error KafkaWriter::Replaced(const PositionRecord& by) const {
  return MakeError(ErrorCode::kRefused,
                   "kafka: {}: another writer took the stream over ({}); it goes on from the "
                   "committed position, so leave it to that one, or stop it first",
                   where(), by.holder);
}

Error KafkaWriter::Fenced() {
  const std::chrono::nanoseconds now = clock_.Monotonic();
  // A younger transaction cannot have timed out, so then there is another writer, even if it has
  // not said who it is yet.
  const bool may_have_timed_out =
      in_transaction_ && now - transaction_begin_ >= transaction_timeout_;
  const std::chrono::nanoseconds deadline = now + options_.wait_for_owner;
  for (;;) {
    const auto last = ReadPosition();
    if (!last) return last.error();
    if (!owner_before_) owner_before_ = *last ? (*last)->owner : "";
    if (*last && (*last)->owner != options_.owner && (*last)->owner != *owner_before_) {
      return Replaced(**last);
    }
    if (may_have_timed_out) {
      return MakeError(ErrorCode::kUnavailable,
                       "kafka: {}: a transaction was open for more than {} ms "
                       "(transaction.timeout.ms) and was given up",
                       where(), transaction_timeout_.count());
    }
    if (clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kRefused,
                       "kafka: {}: another writer took the stream over and has not said who it is",
                       where());
    }
    clock_.SleepUntil(clock_.Monotonic() + kAskForOwnerAgain, {});
  }
}

}  // namespace tillstream
