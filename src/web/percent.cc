#include "web/percent.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace tillstream {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> Decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return MakeError(ErrorCode::kBadInput, "{}: needed two hex digits behind each %",
                         Quote(text));
      }
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!IsUtf8(decoded)) {
    return MakeError(ErrorCode::kBadInput, "{}: needed UTF-8", Quote(text));
  }
  return decoded;
}

/// Calls `each` with the parts of `text` between separators.
template <typename Each>
Status ForEachPart(std::string_view text, char separator, Each each) {
  while (true) {
    const size_t end = text.find(separator);
    TILLSTREAM_TRY(each(text.substr(0, end)));
    if (end == std::string_view::npos) return Ok();
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Result<std::string> DecodePercent(std::string_view segment) { return Decode(segment, false); }

Result<std::vector<std::string>> SplitPath(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return segments;
  if (path.ends_with('/') && path.size() > 1) path.remove_suffix(1);
  if (path == "/") return std::vector<std::string>{""};
  TILLSTREAM_TRY(ForEachPart(path, '/', [&](std::string_view part) -> Status {
    TILLSTREAM_ASSIGN(std::string segment, DecodePercent(part));
    segments.push_back(std::move(segment));
    return Ok();
  }));
  return segments;
}

Result<QueryParameters> QueryParameters::Parse(std::string_view query) {
  QueryParameters parameters;
  TILLSTREAM_TRY(ForEachPart(query, '&', [&](std::string_view part) -> Status {
    if (part.empty()) return Ok();
    const size_t equals = std::min(part.find('='), part.size());
    TILLSTREAM_ASSIGN(std::string name, Decode(part.substr(0, equals), true));
    TILLSTREAM_ASSIGN(std::string value,
                      Decode(part.substr(std::min(equals + 1, part.size())), true));
    parameters.pairs_.emplace_back(std::move(name), std::move(value));
    return Ok();
  }));
  return parameters;
}

std::optional<std::string_view> QueryParameters::Find(std::string_view name) const {
  const auto found = std::ranges::find(pairs_, name, [](const auto& pair) { return pair.first; });
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

bool QueryParameters::Flag(std::string_view name, bool fallback) const {
  const std::optional<std::string_view> value = Find(name);
  if (!value || value->empty()) return fallback;
  const auto lower = [](char c) {
    return static_cast<char>(std::tolower(static_cast<uint8_t>(c)));
  };
  return std::ranges::equal(*value, std::string_view("true"), {}, lower);
}

}  // namespace tillstream
