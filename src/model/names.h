#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tillstream {

/// Longest topic name that Kafka takes.
inline constexpr size_t kTopicNameBytesMax = 249;

/// Longest suffix that a topic of ours adds to the name the user gave ("-positions", "-forecasts"
/// and "-store-<STORE>" for a store id of kStoreIdBytesMax).
inline constexpr size_t kStoreIdBytesMax = 100;

/// Whether `name` may be a topic's name: letters, digits, '.', '_' and '-', 1 to 249 of them, not
/// "." or "..".
bool IsTopicName(std::string_view name);

/// Whether `id` may be a store's id: what a topic name may hold, at most kStoreIdBytesMax.
bool IsStoreId(std::string_view id);

/// The topic of end-of-day totals that belongs to `topic`.
std::string TotalsTopic(std::string_view topic);

/// The topics of forecasts of the sales in `topic`, and of their scores.
std::string ForecastsTopic(std::string_view topic);
std::string ScoresTopic(std::string_view topic);

/// The topic of one store's events, where every store has its own: "sales-store-CA_1".
std::string StoreTopic(std::string_view topic, std::string_view store_id);

/// The topic that names the run whose end-of-day totals, or one of whose stores' events, `topic`
/// holds, going by its name; empty when it is none of those.
std::string EventsTopicOf(std::string_view topic);

/// The key of a series: "<item_id>_<store_id>". Appends to `key`.
void AppendSeriesKey(std::string_view item_id, std::string_view store_id, std::string* key);

}  // namespace tillstream
