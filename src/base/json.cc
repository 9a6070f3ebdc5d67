#include "base/json.h"

namespace tillstream {

Result<Json> ParseJson(std::string_view text, int depth_max) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t event, Json&) {
    if (depth >= depth_max &&
        (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start)) {
      too_deep = true;
      return false;  // drops the value, so that the tree itself never gets deeper
    }
    return true;
  };
  try {
    Json json = Json::parse(text, watch_depth);
    if (too_deep) return MakeError(ErrorCode::kBadInput, "json: nested deeper than {}", depth_max);
    return json;
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
