#pragma once

#include <memory>
#include <string>

#include "app/command.h"
#include "app/log_options.h"
#include "app/opened_log.h"
#include "consume/consumer.h"

namespace tillstream {

/// What --on-error says.
struct ErrorPolicy {
  OnError on_error = OnError::kStop;
  // Of kKeep, one of them:
  std::string topic;
  std::string directory;
};

/// kUsage unless `text` is stop, skip, dlq:TOPIC or dlq:DIR/. What has a slash is a folder. A topic
/// must not be one of the run of `source`.
Result<ErrorPolicy> ParseOnError(const std::string& text, const std::string& source);

/// kUsage where `topic` cannot be one that a consumer of `source` writes: its name is none, or it
/// is one of that run or of the registry. `flag` is the option that says it.
Status CheckTopicToWrite(const std::string& flag, const std::string& topic,
                         const std::string& source);

/// Null unless dead letters are kept. Says where they go.
Result<std::unique_ptr<DeadLetters>> OpenDeadLetters(Context& context, OpenedLog& opened,
                                                     const ErrorPolicy& policy);

/// Says how many records were skipped or kept, by reason.
void SayErrors(Context& context, const ConsumeSummary& summary, const ErrorPolicy& policy);

}  // namespace tillstream
