#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "log/position_store.h"
#include "zookeeper/zookeeper_config.h"

namespace tillstream {

class ZooKeeperClient;

/// A PositionStore in ZooKeeper: the znode PATH/<topic>/<stream> holds a PositionRecord as JSON and
/// is set with its version. docs/formats/position_znode.md. Thread safe; one session for all
/// streams.
///
/// A lost connection leaves a write ambiguous: it is sent again with the same version, and what is
/// there then tells whose it is. A session that has ended is no fault, since nothing here is bound
/// to one: a new session is made. Deleting a znode while its writer runs is not noticed when
/// another writer makes it again with as many changes.
class ZooKeeperPositionStore final : public PositionStore {
 public:
  /// Contacts nobody yet. `clock` must outlive the store.
  ZooKeeperPositionStore(ZooKeeperConfig config, Clock& clock);
  ~ZooKeeperPositionStore() override;

  /// Errors: those of PositionStore; kUnavailable comes at the latest with the deadline and the
  /// session's timeout.
  Result<std::optional<Entry>> Load(const StreamName& stream) override;
  /// Makes the parents of a znode that is not there.
  Result<PositionVersion> Store(const StreamName& stream, const PositionRecord& record,
                                std::optional<PositionVersion> expected) override;
  std::string Describe() const override;

 private:
  std::string PathOf(const StreamName& stream) const;
  Status CreateParents(const std::string& path);
  /// What is there instead of what was to be written: the same, or another writer's.
  Result<PositionVersion> Compare(const StreamName& stream, const PositionRecord& record);

  const std::unique_ptr<ZooKeeperClient> client_;
};

}  // namespace tillstream
