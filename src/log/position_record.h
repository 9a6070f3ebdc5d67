#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// How far a store stream has come: what its writer commits together with the events.
/// docs/formats/positions_topic.md has the bytes.
struct PositionRecord {
  Position position;         ///< Index of the next event.
  int64_t totals_count = 0;  ///< End-of-day totals so far.
  std::string owner;         ///< Random id of the writer that wrote this.
  std::string holder;        ///< Who that is, for people.
  std::string identity;      ///< WriterSpec::identity.
  /// Events before `position` that were never written, since somebody moved the position forward.
  int64_t left_out = 0;
  friend bool operator==(const PositionRecord&, const PositionRecord&) = default;
};

/// One line of JSON.
std::string EncodePosition(const PositionRecord& record);

/// kCorrupt for anything else than EncodePosition() writes; members that are not known are passed
/// over.
Result<PositionRecord> DecodePosition(std::string_view text);

}  // namespace tillstream
