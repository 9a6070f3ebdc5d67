#include "model/names.h"

#include <algorithm>

namespace tillstream {
namespace {

constexpr std::string_view kTotalsSuffix = "-days";
constexpr std::string_view kStoreInfix = "-store-";

bool IsLegal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsLegalName(std::string_view name, size_t length_max) {
  return !name.empty() && name.size() <= length_max && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), IsLegal);
}

}  // namespace

bool IsTopicName(std::string_view name) { return IsLegalName(name, kTopicNameBytesMax); }

bool IsStoreId(std::string_view id) { return IsLegalName(id, kStoreIdBytesMax); }

std::string TotalsTopic(std::string_view topic) {
  return std::string(topic) + std::string(kTotalsSuffix);
}

std::string ForecastsTopic(std::string_view topic) { return std::string(topic) + "-forecasts"; }

std::string ScoresTopic(std::string_view topic) { return std::string(topic) + "-scores"; }

std::string StoreTopic(std::string_view topic, std::string_view store_id) {
  return std::string(topic) + std::string(kStoreInfix) + std::string(store_id);
}

std::string EventsTopicOf(std::string_view topic) {
  if (topic.ends_with(kTotalsSuffix)) {
    return std::string(topic.substr(0, topic.size() - kTotalsSuffix.size()));
  }
  const size_t infix = topic.rfind(kStoreInfix);
  return infix == topic.npos ? "" : std::string(topic.substr(0, infix));
}

void AppendSeriesKey(std::string_view item_id, std::string_view store_id, std::string* key) {
  key->append(item_id).append(1, '_').append(store_id);
}

}  // namespace tillstream
