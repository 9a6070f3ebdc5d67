#include "log/position_record.h"

#include "base/json.h"

namespace tillstream {
namespace {

Error Fault(std::string_view what) {
  return MakeError(ErrorCode::kCorrupt, "position record: {}", what);
}

Result<int64_t> Count(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_number_integer() || at->get<int64_t>() < 0) {
    return Fault(fmt::format("\"{}\": needed a whole number", name));
  }
  return at->get<int64_t>();
}

Result<std::string> Text(const Json& json, const char* name) {
  const auto at = json.find(name);
  if (at == json.end() || !at->is_string()) {
    return Fault(fmt::format("\"{}\": needed a text", name));
  }
  return at->get<std::string>();
}

}  // namespace

std::string EncodePosition(const PositionRecord& record) {
  Json json = {{"position", record.position.value()},
               {"totals", record.totals_count},
               {"owner", record.owner},
               {"holder", record.holder},
               {"identity", record.identity}};
  if (record.left_out != 0) json["left_out"] = record.left_out;
  return DumpJson(json);
}

Result<PositionRecord> DecodePosition(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json) return Fault(json.error().message);
  if (!json->is_object()) return Fault("needed an object");
  PositionRecord record;
  TILLSTREAM_ASSIGN(const int64_t position, Count(*json, "position"));
  record.position = Position(position);
  TILLSTREAM_ASSIGN(record.totals_count, Count(*json, "totals"));
  TILLSTREAM_ASSIGN(record.owner, Text(*json, "owner"));
  TILLSTREAM_ASSIGN(record.holder, Text(*json, "holder"));
  TILLSTREAM_ASSIGN(record.identity, Text(*json, "identity"));
  if (json->contains("left_out")) {
    TILLSTREAM_ASSIGN(record.left_out, Count(*json, "left_out"));
  }
  return record;
}

}  // namespace tillstream
