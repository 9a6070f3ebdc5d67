#include "zookeeper/zookeeper_position_store.h"

#include <utility>

#include "zookeeper/zookeeper_client.h"

namespace tillstream {

ZooKeeperPositionStore::ZooKeeperPositionStore(ZooKeeperConfig config, Clock& clock)
    : client_(std::make_unique<ZooKeeperClient>(std::move(config), clock)) {}

ZooKeeperPositionStore::~ZooKeeperPositionStore() = default;

std::string ZooKeeperPositionStore::Describe() const {
  const ZooKeeperConfig& config = client_->config();
  return fmt::format("zookeeper {}{}", config.servers, config.path);
}

std::string ZooKeeperPositionStore::PathOf(const StreamName& stream) const {
  return fmt::format("{}/{}/{}", client_->config().path, stream.topic, stream.stream);
}

Result<std::optional<PositionStore::Entry>> ZooKeeperPositionStore::Load(const StreamName& stream) {
  const std::string path = PathOf(stream);
  TILLSTREAM_ASSIGN(const std::optional<Znode> znode, client_->Get(path));
  if (!znode) return std::optional<Entry>();
  auto record = DecodePosition(znode->value);
  if (!record) return record.error().At("zookeeper: " + path);
  return std::optional<Entry>(Entry{*std::move(record), PositionVersion(znode->version)});
}

Status ZooKeeperPositionStore::CreateParents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    TILLSTREAM_ASSIGN(const ZnodeWrite outcome, client_->Create(parent, ""));
    if (outcome == ZnodeWrite::kMissing) {
      return MakeError(ErrorCode::kUnavailable, "zookeeper: {}: its parents are being deleted",
                       parent);
    }
  }
  return Ok();
}

Result<PositionVersion> ZooKeeperPositionStore::Store(const StreamName& stream,
                                                      const PositionRecord& record,
                                                      std::optional<PositionVersion> expected) {
  const std::string path = PathOf(stream);
  const std::string value = EncodePosition(record);
  if (expected) {
    TILLSTREAM_ASSIGN(const ZnodeWrite outcome,
                      client_->Set(path, value, static_cast<int32_t>(expected->value())));
    if (outcome == ZnodeWrite::kDone) return *expected + 1;
    return Compare(stream, record);
  }
  TILLSTREAM_ASSIGN(ZnodeWrite outcome, client_->Create(path, value));
  if (outcome == ZnodeWrite::kMissing) {
    TILLSTREAM_TRY(CreateParents(path));
    TILLSTREAM_ASSIGN(outcome, client_->Create(path, value));
  }
  if (outcome == ZnodeWrite::kDone) return PositionVersion(0);
  return Compare(stream, record);
}

Result<PositionVersion> ZooKeeperPositionStore::Compare(const StreamName& stream,
                                                        const PositionRecord& record) {
  // The same session never reads what is older than the answer that it has just had.
  TILLSTREAM_ASSIGN(const std::optional<Entry> found, Load(stream));
  if (!found) {
    return MakeError(
        ErrorCode::kRefused,
        "zookeeper: {}: the position is gone; somebody deleted it while its writer ran",
        PathOf(stream));
  }
  if (found->record == record) return found->version;
  return MakeError(ErrorCode::kRefused,
                   "zookeeper: {}: another writer took the stream over ({}); it goes on from the "
                   "stored position, so leave it to that one, or stop it first",
                   PathOf(stream), found->record.holder);
}

}  // namespace tillstream
