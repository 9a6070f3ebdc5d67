#include "app/log_options.h"

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "model/names.h"

namespace tillstream {

void DeclareLog(Arguments& arguments, LogOptions* options) {
  arguments.Text("--log", "DIR", &options->directory, "The embedded log");
}

void DeclareTopic(Arguments& arguments, LogOptions* options) {
  arguments.Text("-t,--topic", "NAME", &options->topic, "Topic of events");
}

Status CheckTopic(const LogOptions& options) {
  // The topic of totals has the longer name.
  if (IsTopicName(options.topic) && IsTopicName(TotalsTopic(options.topic))) return Ok();
  return MakeError(ErrorCode::kUsage,
                   "--topic: {} cannot be a topic; use letters, digits, '.', '_' and '-', at most "
                   "{}",
                   Quote(options.topic), kTopicNameBytesMax - TotalsTopic("").size());
}

std::unique_ptr<SegmentLog> OpenLog(Context& context, const LogOptions& options, Codec codec,
                                    int64_t segment_bytes_max) {
  SegmentLogOptions log_options;
  log_options.directory = options.directory;
  log_options.codec = codec;
  log_options.segment_bytes_max = segment_bytes_max;
  Console& console = context.console;
  log_options.on_warning = [&console](const std::string& text) { console.Warning(text); };
  return std::make_unique<SegmentLog>(context.files, context.clock, log_options);
}

Status RequireLog(Context& context, const LogOptions& options) {
  Result<FileInfo> info = context.files.Info(options.directory);
  if (info && info->is_directory) return Ok();
  if (info) return MakeError(ErrorCode::kUsage, "--log: {} is not a folder", options.directory);
  if (info.error().code != ErrorCode::kNotFound) return info.error();
  return MakeError(ErrorCode::kNotFound,
                   "log {}: not there; tillstream replay --data DIR --log {} makes it",
                   options.directory, options.directory);
}

int32_t ThreadCount(const Context& context) {
  if (context.common.threads > 0) return static_cast<int32_t>(context.common.threads);
  return static_cast<int32_t>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace tillstream
