#include "app/error_options.h"

#include "app/kafka_dead_letters.h"
#include "base/text.h"
#include "consume/folder_dead_letters.h"
#include "consume/log_dead_letters.h"
#include "model/names.h"
#include "registry/schemas_topic.h"

namespace tillstream {
namespace {

constexpr std::string_view kKeepPrefix = "dlq:";

}  // namespace

Status CheckTopicToWrite(const std::string& flag, const std::string& topic,
                         const std::string& source) {
  if (!IsTopicName(topic) || topic.size() > kTopicNameBytesMax - TotalsTopic("").size()) {
    return MakeError(ErrorCode::kUsage,
                     "{}: {} cannot be a topic; use letters, digits, '.', '_' and '-', at most {}",
                     flag, Quote(topic), kTopicNameBytesMax - TotalsTopic("").size());
  }
  const bool is_of_run = topic == source || topic == source + "-positions" ||
                         EventsTopicOf(topic) == source || topic == EventsTopicOf(source);
  if (!is_of_run && topic != kSchemasTopic) return Ok();
  return MakeError(ErrorCode::kUsage, "{}: topic {} is {}; use one of its own", flag, Quote(topic),
                   is_of_run ? fmt::format("of the run of topic {}", Quote(source))
                             : std::string("the registry's"));
}

Result<ErrorPolicy> ParseOnError(const std::string& text, const std::string& source) {
  ErrorPolicy policy;
  if (text == "stop") return policy;
  if (text == "skip") {
    policy.on_error = OnError::kSkip;
    return policy;
  }
  if (!text.starts_with(kKeepPrefix) || text.size() == kKeepPrefix.size()) {
    return MakeError(ErrorCode::kUsage,
                     "--on-error: {} is not known; write stop, skip, dlq:TOPIC or dlq:DIR/",
                     Quote(text));
  }
  policy.on_error = OnError::kKeep;
  const std::string target = text.substr(kKeepPrefix.size());
  if (target.find('/') != std::string::npos) {
    policy.directory = target;
    return policy;
  }
  TILLSTREAM_TRY(CheckTopicToWrite("--on-error", target, source));
  policy.topic = target;
  return policy;
}

Result<std::unique_ptr<DeadLetters>> OpenDeadLetters(Context& context, OpenedLog& opened,
                                                     const ErrorPolicy& policy) {
  std::unique_ptr<DeadLetters> letters;
  if (policy.on_error != OnError::kKeep) return letters;
  if (!policy.directory.empty()) {
    context.console.Info("dead letters: folder " + policy.directory);
    TILLSTREAM_ASSIGN(letters,
                      FolderDeadLetters::Open(context.files, policy.directory, context.holder));
    return letters;
  }
  context.console.Info("dead letters: topic " + policy.topic);
  if (opened.kafka != nullptr) return OpenKafkaDeadLetters(context, opened, policy.topic);
  TILLSTREAM_ASSIGN(letters, LogDeadLetters::Open(*opened.log, policy.topic, context.holder));
  return letters;
}

void SayErrors(Context& context, const ConsumeSummary& summary, const ErrorPolicy& policy) {
  const bool is_kept = policy.on_error == OnError::kKeep;
  for (const auto& [reason, count] : summary.skipped) {
    context.console.Warning(
        fmt::format("{} {}: {}", is_kept ? "kept" : "skipped", WithThousands(count), reason));
  }
}

}  // namespace tillstream
