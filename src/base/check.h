#pragma once

#include <string_view>

namespace tillstream::internal {

/// Prints the failed check with its place and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              std::string_view detail);

}  // namespace tillstream::internal

/// Aborts the process when `condition` is false. For bugs only, never for bad input or failing
/// hardware; on in every build.
#define TILLSTREAM_CHECK(condition)                  \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::tillstream::internal::CheckFailed(__FILE__, __LINE__, #condition, ""))

/// The same with a text that says what was found.
#define TILLSTREAM_CHECK_MSG(condition, detail)      \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::tillstream::internal::CheckFailed(__FILE__, __LINE__, #condition, (detail)))
