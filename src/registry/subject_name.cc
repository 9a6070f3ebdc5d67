#include "registry/subject_name.h"

namespace tillstream {

std::optional<SubjectStrategy> SubjectStrategyFromName(std::string_view name) {
  if (name == "topic") return SubjectStrategy::kTopic;
  if (name == "record") return SubjectStrategy::kRecord;
  if (name == "topic-record") return SubjectStrategy::kTopicRecord;
  return std::nullopt;
}

std::string SubjectOf(SubjectStrategy strategy, std::string_view topic, const Schema& schema) {
  switch (strategy) {
    case SubjectStrategy::kRecord:
      return schema.root().Describe();
    case SubjectStrategy::kTopicRecord:
      return std::string(topic) + "-" + schema.root().Describe();
    case SubjectStrategy::kTopic:
      break;
  }
  return ValueSubject(topic);
}

std::string ValueSubject(std::string_view topic) { return std::string(topic) + "-value"; }

}  // namespace tillstream
