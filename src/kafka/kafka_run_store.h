#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "kafka/kafka_log.h"
#include "log/run_store.h"

namespace tillstream {

/// The documents of runs as records in partition 0 of `<topic>-positions`, the last of a key being
/// the one that counts: docs/formats/positions_topic.md. The topic must be there to store
/// something; one that is missing holds nothing.
///
/// Update() writes in a transaction with an id of its own, so that of several processes one writes
/// and the others find what it wrote.
///
/// Errors: those of KafkaReader; kUnavailable when nobody answers within the deadline.
class KafkaRunStore final : public RunStore {
 public:
  /// Contacts nobody yet. `log` and `clock` must outlive the store.
  KafkaRunStore(KafkaLog& log, Clock& clock);

  Result<std::optional<std::string>> Load(const std::string& topic, RunDocument document) override;
  Status Store(const std::string& topic, RunDocument document, const std::string& text) override;
  Status Update(const std::string& topic, RunDocument document, const std::string& holder,
                const Merge& merge) override;
  std::string NameOf(const std::string& topic, RunDocument document) const override;

 private:
  /// Merges and writes as the only one; false when another process got in between.
  Result<bool> TryUpdate(const std::string& topic, RunDocument document, const Merge& merge);

  KafkaLog& log_;
  Clock& clock_;
};

}  // namespace tillstream
