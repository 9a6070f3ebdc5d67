#include "app/log_options.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "model/names.h"

namespace tillstream {

namespace {

void DeclareServers(Arguments& arguments, LogOptions* options, const std::string& help) {
  arguments.Text("-b,--bootstrap-server", "HOST:PORT,...", &options->kafka.bootstrap_servers, help);
  arguments.Repeated("-X,--property", "NAME=VALUE", &options->kafka.properties,
                     "Property of librdkafka; repeatable");
  arguments.Repeated("-F,--property-file", "FILE", &options->kafka.property_files,
                     "Properties of librdkafka, one a line; repeatable");
}

}  // namespace

void DeclareLog(Arguments& arguments, LogOptions* options) {
  arguments.Text("--log", "DIR", &options->directory, "The embedded log");
}

void DeclareLogOrKafka(Arguments& arguments, LogOptions* options) {
  // Whether it was given decides between the two.
  options->directory.clear();
  arguments.Text("--log", "DIR", &options->directory,
                 "The embedded log; default ./tillstream-data, or Kafka");
  DeclareServers(arguments, options, "Kafka instead; also KAFKA_BROKERS");
}

void DeclareKafka(Arguments& arguments, LogOptions* options) {
  options->directory.clear();
  DeclareServers(arguments, options, "The Kafka cluster; also KAFKA_BROKERS");
}

Status CompleteLog(LogOptions* options) {
  KafkaOptions& kafka = options->kafka;
  const bool names_servers_in_property =
      std::any_of(kafka.properties.begin(), kafka.properties.end(),
                  [](const std::string& text) { return text.starts_with("bootstrap.servers"); });
  options->on_kafka = !kafka.bootstrap_servers.empty() || names_servers_in_property;
  if (options->on_kafka && !options->directory.empty()) {
    return MakeError(ErrorCode::kUsage, "--log, -b: needed one of them");
  }
  if (!options->on_kafka && options->directory.empty()) {
    const char* const environment = std::getenv("KAFKA_BROKERS");
    if (environment != nullptr && *environment != '\0') kafka.bootstrap_servers = environment;
    options->on_kafka = !kafka.bootstrap_servers.empty() || !kafka.property_files.empty();
  }
  if (!options->on_kafka) {
    if (!kafka.properties.empty() || !kafka.property_files.empty()) {
      return MakeError(ErrorCode::kUsage, "-X, -F: properties of Kafka, without it; give -b");
    }
    if (options->directory.empty()) options->directory = LogOptions().directory;
    return Ok();
  }
  return RequireKafkaBuild();
}

Status RequireKafkaBuild() {
#ifndef TILLSTREAM_KAFKA
  return MakeError(ErrorCode::kUsage,
                   "-b: this tillstream was built without Kafka; build it without KAFKA=0");
#else
  return Ok();
#endif
}

Status RequireKafka(const LogOptions& options) {
  TILLSTREAM_TRY(RequireKafkaBuild());
  if (options.on_kafka) return Ok();
  return MakeError(ErrorCode::kUsage,
                   "-b: needed, or KAFKA_BROKERS; the topics of the embedded log are folders that "
                   "replay makes");
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
  if (options.on_kafka) return Ok();
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
