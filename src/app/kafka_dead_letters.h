#pragma once

#include <memory>
#include <string>

#include "app/opened_log.h"
#include "consume/dead_letters.h"

namespace tillstream {

/// Dead letters in a topic of the cluster of `opened`, which several processes may write to; made,
/// with one partition, where it is not there.
Result<std::unique_ptr<DeadLetters>> OpenKafkaDeadLetters(Context& context, OpenedLog& opened,
                                                          const std::string& topic);

}  // namespace tillstream
