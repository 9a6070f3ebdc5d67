#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "log/position_record.h"
#include "model/ids.h"

namespace tillstream {

/// A store stream, as a PositionStore names it.
struct StreamName {
  std::string topic;
  std::string stream;  ///< The store's id, or the partition's number.
  friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

/// Counts the writes of one position, so that a writer notices another's.
using PositionVersion = NamedInteger<struct PositionVersionTag, int64_t>;

/// Keeps the positions of store streams beside a log whose writers cannot commit a position
/// together with the events. Thread safe.
///
/// A writer stores only what is acknowledged, so a position is never ahead of the log; how far it
/// is behind is what a crash repeats.
class PositionStore {
 public:
  struct Entry {
    PositionRecord record;
    PositionVersion version;
  };

  virtual ~PositionStore() = default;

  /// None when the stream has no position yet. Errors: kUnavailable; kCorrupt for what is no
  /// position.
  virtual Result<std::optional<Entry>> Load(const StreamName& stream) = 0;

  /// Writes `record` if the stream's position is still that of version `expected` (none: if there
  /// is no position yet), and returns its version then. Whoever else may write has another
  /// `record.owner`.
  ///
  /// Errors: kRefused when the position is another one, with who wrote it; kUnavailable when nobody
  /// answered: then it may be written or not, and calling again with the same tells.
  virtual Result<PositionVersion> Store(const StreamName& stream, const PositionRecord& record,
                                        std::optional<PositionVersion> expected) = 0;

  /// Where it is, for messages: "zookeeper localhost:2181/tillstream".
  virtual std::string Describe() const = 0;
};

}  // namespace tillstream
