#include "base/json.h"

#include <optional>
#include <vector>

namespace tillstream {
namespace {

/// What would cost too much to build, found by the brackets and commas outside of strings alone;
/// text that is no JSON may pass. Before the parser, whose callback would look through all earlier
/// elements of an array at each.
std::optional<Error> FindExcess(std::string_view text, int depth_max) {
  struct Open {
    bool is_object;
    size_t commas;
  };
  std::vector<Open> open;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      if (open.size() == static_cast<size_t>(depth_max)) {
        return Error{ErrorCode::kBadInput, fmt::format("json: nested deeper than {}", depth_max)};
      }
      open.push_back({c == '{', 0});
    } else if (c == '}' || c == ']') {
      if (!open.empty()) open.pop_back();
    } else if (c == ',' && !open.empty() && ++open.back().commas >= kJsonKeysMax &&
               open.back().is_object) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("json: an object of more than {} keys", kJsonKeysMax)};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Json> ParseJson(std::string_view text, int depth_max) {
  if (auto excess = FindExcess(text, depth_max)) return *std::move(excess);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    return MakeError(ErrorCode::kBadInput, "json: byte {}: not valid JSON", error.byte);
  } catch (const Json::out_of_range&) {
    return MakeError(ErrorCode::kBadInput, "json: a number that no double holds");
  }
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tillstream
