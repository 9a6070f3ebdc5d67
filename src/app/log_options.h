#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command.h"
#include "log/segment_log.h"

namespace tillstream {

/// Where events are: the options that every command over a log has.
struct LogOptions {
  std::string directory = "./tillstream-data";
  std::string topic = "sales";
};

void DeclareLog(Arguments& arguments, LogOptions* options);
void DeclareTopic(Arguments& arguments, LogOptions* options);

/// kUsage when the topic's name cannot be one.
Status CheckTopic(const LogOptions& options);

/// The embedded log at `options.directory`; recovery's warnings go to the console. Touches nothing.
std::unique_ptr<SegmentLog> OpenLog(Context& context, const LogOptions& options,
                                    Codec codec = Codec::kZstd,
                                    int64_t segment_bytes_max = kSegmentBytesDefault);

/// kNotFound, with what to do, when there is no log at all.
Status RequireLog(Context& context, const LogOptions& options);

/// Threads to use: --threads, or as many as the machine has cores.
int32_t ThreadCount(const Context& context);

}  // namespace tillstream
