#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command.h"
#include "log/run_store.h"
#include "log/segment_log.h"

namespace tillstream {

/// How a Kafka cluster is reached, as the command line says it.
struct KafkaOptions {
  std::string bootstrap_servers;
  std::vector<std::string> properties;      ///< "name=value" each, of librdkafka.
  std::vector<std::string> property_files;  ///< A "name=value" a line.
  /// How writers keep their positions: "transaction", "idempotent" or "zookeeper://...".
  std::string positions = "transaction";
  /// How long a call waits for an answer; of commands with an option for it.
  std::optional<std::chrono::milliseconds> deadline;
};

/// Where events are: in a directory, or on Kafka.
struct LogOptions {
  std::string directory = "./tillstream-data";
  std::string topic = "sales";
  KafkaOptions kafka;
  bool on_kafka = false;  ///< Known once CompleteLog() was called.
};

/// The option of commands that know the embedded log alone.
void DeclareLog(Arguments& arguments, LogOptions* options);

/// Those of commands that also know Kafka. CompleteLog() must follow.
void DeclareLogOrKafka(Arguments& arguments, LogOptions* options);

/// Those of commands that know Kafka alone. CompleteLog() and RequireKafka() must follow.
void DeclareKafka(Arguments& arguments, LogOptions* options);

void DeclareTopic(Arguments& arguments, LogOptions* options);

/// Takes KAFKA_BROKERS where neither a directory nor servers are given, and checks what can be
/// checked without asking: kUsage for both of them, and for Kafka in a build without it.
Status CompleteLog(LogOptions* options);

/// kUsage in a build without Kafka.
Status RequireKafkaBuild();

/// The same, and when completed options lead to no Kafka.
Status RequireKafka(const LogOptions& options);

/// kUsage when the topic's name cannot be one.
Status CheckTopic(const LogOptions& options);

/// The embedded log at `options.directory`; recovery's warnings go to the console. Touches nothing.
std::unique_ptr<SegmentLog> OpenLog(Context& context, const LogOptions& options,
                                    Codec codec = Codec::kZstd,
                                    int64_t segment_bytes_max = kSegmentBytesDefault);

/// kNotFound, with what to do, when there is no embedded log at all; Kafka's topics say so
/// themselves.
Status RequireLog(Context& context, const LogOptions& options);

/// Threads to use: --threads, or as many as the machine has cores.
int32_t ThreadCount(const Context& context);

}  // namespace tillstream
