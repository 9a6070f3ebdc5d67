#include "app/kafka_dead_letters.h"

#include "base/check.h"

#ifdef TILLSTREAM_KAFKA
#include <algorithm>

#include "consume/dead_letter_headers.h"
#include "kafka/kafka_log.h"
#include "kafka/record_sender.h"
#endif

namespace tillstream {

#ifdef TILLSTREAM_KAFKA
namespace {

class KafkaDeadLetters final : public DeadLetters {
 public:
  explicit KafkaDeadLetters(std::unique_ptr<RecordSender> sender) : sender_(std::move(sender)) {}

  Status Put(const DeadLetter& letter) override {
    RecordView record = letter.record;
    record.headers = headers_.Make(letter);
    return sender_->Send(record);
  }
  Status Sync() override { return sender_->Flush(); }

 private:
  const std::unique_ptr<RecordSender> sender_;
  DeadLetterHeaders headers_;
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> OpenKafkaDeadLetters(Context& context, OpenedLog& opened,
                                                          const std::string& topic) {
  TILLSTREAM_ASSIGN(const auto topics, opened.log->ListTopics());
  const bool is_there = std::any_of(topics.begin(), topics.end(),
                                    [&](const TopicInfo& info) { return info.name == topic; });
  if (!is_there) TILLSTREAM_TRY(opened.log->CreateTopic({topic, 1}));
  TILLSTREAM_ASSIGN(auto sender, RecordSender::Open(opened.kafka->config(), topic, context.clock));
  return std::unique_ptr<DeadLetters>(std::make_unique<KafkaDeadLetters>(std::move(sender)));
}
#else
Result<std::unique_ptr<DeadLetters>> OpenKafkaDeadLetters(Context& /*context*/,
                                                          OpenedLog& /*opened*/,
                                                          const std::string& /*topic*/) {
  TILLSTREAM_CHECK_MSG(false, "CompleteLog() refuses Kafka in this build");
}
#endif

}  // namespace tillstream
