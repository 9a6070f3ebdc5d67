#pragma once

// Private to this folder: what wraps the ZooKeeper library's handle.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "zookeeper/zookeeper_config.h"

struct _zhandle;  // NOLINT(bugprone-reserved-identifier): the library's

namespace tillstream {

struct Znode {
  std::string value;
  int32_t version = 0;  ///< Number of times that it was set.
};

/// What became of a write.
enum class ZnodeWrite {
  kDone,
  kExists,   ///< Create(): there is one.
  kChanged,  ///< Set(): it has another version.
  kMissing,  ///< Set(): there is none; Create(): its parent is not there.
};

/// A session with a ZooKeeper ensemble, made at the first call and made again when the servers have
/// ended it. Thread safe.
///
/// A write whose answer is lost is sent again until a server says what became of it, so kExists and
/// kChanged may be the doing of an earlier try of the same call: the caller looks at what is there.
///
/// Two threads of the library; nothing of ours runs on them.
///
/// Errors of every function: kUnavailable when nobody answers within the deadline, or when the
/// servers refuse.
class ZooKeeperClient {
 public:
  /// Contacts nobody yet. `clock` must outlive the client.
  ZooKeeperClient(ZooKeeperConfig config, Clock& clock);
  ~ZooKeeperClient();
  ZooKeeperClient(const ZooKeeperClient&) = delete;
  ZooKeeperClient& operator=(const ZooKeeperClient&) = delete;

  const ZooKeeperConfig& config() const { return config_; }

  /// None when there is none.
  Result<std::optional<Znode>> Get(const std::string& path);
  Result<ZnodeWrite> Create(const std::string& path, const std::string& value);
  /// Done: the node has `version` + 1.
  Result<ZnodeWrite> Set(const std::string& path, const std::string& value, int32_t version);

 private:
  using HandlePtr = std::shared_ptr<_zhandle>;

  /// The session's handle, a new one when there is none or the servers have ended it.
  Result<HandlePtr> Handle();
  /// Makes a call until it is answered or the deadline has passed, and returns the library's code.
  Result<int> Call(const std::string& path, const std::function<int(_zhandle*)>& call);

  const ZooKeeperConfig config_;
  Clock& clock_;
  Mutex mutex_;
  HandlePtr handle_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
