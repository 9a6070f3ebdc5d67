#pragma once

#include <fmt/format.h>

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace tillstream {

/// A value of type T, or the Error that prevented it. Must be looked at: discarding one is a
/// compiler error in the presets. tl::expected itself is not [[nodiscard]], hence the subclass.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error{...};` reads as intended
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

/// Success or an Error, for functions that give nothing back.
using Status = Result<void>;

/// The successful Status, for `return Ok();`.
inline Status Ok() { return Status(); }

/// Builds an Error with a formatted message.
template <typename... Args>
Error MakeError(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{code, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace tillstream

#define TILLSTREAM_CONCAT_INNER(a, b) a##b
#define TILLSTREAM_CONCAT(a, b) TILLSTREAM_CONCAT_INNER(a, b)

/// TILLSTREAM_TRY(expression): returns the Error of a Result from the enclosing function.
#define TILLSTREAM_TRY(expression)                                       \
  do {                                                                   \
    auto tillstream_status = (expression);                               \
    if (!tillstream_status) return std::move(tillstream_status).error(); \
  } while (false)

/// TILLSTREAM_ASSIGN(auto x, expression): declares x from a Result, or returns its Error.
#define TILLSTREAM_ASSIGN(declaration, expression) \
  TILLSTREAM_ASSIGN_INNER(TILLSTREAM_CONCAT(tillstream_result_, __LINE__), declaration, expression)
#define TILLSTREAM_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                                    \
  if (!result) return std::move(result).error();                 \
  declaration = *std::move(result)
