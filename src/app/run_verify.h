#pragma once

#include <string>
#include <vector>

#include "app/command.h"
#include "app/log_options.h"
#include "app/registry_options.h"

namespace tillstream {

struct VerifyRequest {
  LogOptions log;
  RegistryOptions registry;
  std::string data;
  std::vector<std::string> stores;
  std::string from;
  std::string to;
  bool complete = false;  ///< Not being at the end is a difference, too.
};

/// Compares the stream with the dataset, event by event, and prints a table per store and the first
/// differences. Exit code 1 for a difference.
Result<int> RunVerify(Context& context, const VerifyRequest& request);

}  // namespace tillstream
