#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "avro/schema.h"

namespace tillstream {

/// How the subject of a topic's values is called.
enum class SubjectStrategy {
  kTopic,        ///< "<topic>-value".
  kRecord,       ///< The record's full name, whatever the topic.
  kTopicRecord,  ///< "<topic>-<full name>".
};

/// "topic", "record" or "topic-record".
std::optional<SubjectStrategy> SubjectStrategyFromName(std::string_view name);

/// The subject under which `schema` describes values of `topic`. A schema without a name (no
/// record, enum or fixed) has its type's.
std::string SubjectOf(SubjectStrategy strategy, std::string_view topic, const Schema& schema);

/// The subject of the strategy `topic`: "sales-value".
std::string ValueSubject(std::string_view topic);

}  // namespace tillstream
