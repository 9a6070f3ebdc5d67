#pragma once

#include <string>

#include "base/result.h"
#include "consume/event_sink.h"

namespace tillstream {

enum class EventFormat {
  kText,  ///< A line for people: date, store, item, units, price.
  kJson,  ///< The value alone, one JSON object a line, unions plain.
  kKcat,  ///< The envelope of kcat -J, with the value as its payload.
};

/// Appends one line, with the line feed, for an event.
void FormatEvent(EventFormat format, const TopicPartition& partition, const RecordView& record,
                 const Event& event, std::string* out);

}  // namespace tillstream
