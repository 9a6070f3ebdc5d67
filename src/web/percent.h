#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tillstream {

/// Decodes one segment of a path: "%2F" is '/', "%3A" is ':', '+' stays '+'.
///
/// kBadInput when an escape is not '%' and two hex digits, or the result is not valid UTF-8; the
/// message quotes the segment.
Result<std::string> DecodePercent(std::string_view segment);

/// Splits a path at '/' and decodes each segment: "/subjects/a%2Fb" is {"subjects", "a/b"}. One
/// slash at the end does not count; "/" has no segments; "//" has an empty one. Errors as
/// DecodePercent().
Result<std::vector<std::string>> SplitPath(std::string_view path);

/// The decoded pairs of a query string, in order; a name may occur again.
class QueryParameters {
 public:
  /// Parses "a=1&b=x%20y&c": '+' is a space, "c" has the value "". Empty pairs ("&&") are left out.
  /// Errors as DecodePercent().
  static Result<QueryParameters> Parse(std::string_view query);

  /// The first value of `name`, nothing when it is not there.
  std::optional<std::string_view> Find(std::string_view name) const;

  /// Whether `name` says true, in any case ("True"); `fallback` when it is not there or empty.
  /// False for any other value, as Java's Boolean has it.
  bool Flag(std::string_view name, bool fallback = false) const;

  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace tillstream
