#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace tillstream {

/// What is kept of a run beside its topic.
enum class RunDocument {
  kIdentity,  ///< What must not change from one start to the next.
  kClock,     ///< The virtual clock; may be rewritten.
};

/// Keeps the documents of runs, a text each, where their events are. Thread safe.
///
/// Every write is atomic and durable: a reader finds the old text or the new one.
class RunStore {
 public:
  /// Makes the text to store from the one that is there, if any; an Error keeps that one.
  using Merge = std::function<Result<std::string>(const std::optional<std::string>& stored)>;

  virtual ~RunStore() = default;

  /// The document of the run that writes `topic`; none when it was never stored.
  virtual Result<std::optional<std::string>> Load(const std::string& topic,
                                                  RunDocument document) = 0;

  virtual Status Store(const std::string& topic, RunDocument document, const std::string& text) = 0;

  /// Load(), `merge`, and Store() if the text is another, as one step among all processes that call
  /// this for the document. `merge` may be called more than once. kRefused when others kept it
  /// from that for too long; `holder` is who they are told.
  virtual Status Update(const std::string& topic, RunDocument document, const std::string& holder,
                        const Merge& merge) = 0;

  /// Where the document is, for messages: "log/sales.run.json".
  virtual std::string NameOf(const std::string& topic, RunDocument document) const = 0;
};

}  // namespace tillstream
