#include "zookeeper/zookeeper_client.h"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace tillstream {
namespace {

/// How long to wait before a call is made again; the library tries servers on its own meanwhile.
constexpr std::chrono::milliseconds kAskAgain{50};

/// What a server takes by default (jute.maxbuffer), so a znode is never larger.
constexpr size_t kZnodeBytesMax = size_t{1} << 20;
/// Enough for a position; a larger znode is read again with its size.
constexpr size_t kZnodeBytesFirst = 4096;

/// What goes wrong comes back from the calls.
void IgnoreLog(const char* /*text*/) {}

bool MayBeLost(int code) {
  switch (code) {
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZSESSIONEXPIRED:
    case ZSESSIONMOVED:
    case ZINVALIDSTATE:  // A handle whose session has ended.
    case ZCLOSING:
    case ZTHROTTLEDOP:
      return true;
    default:
      return false;
  }
}

}  // namespace

ZooKeeperClient::ZooKeeperClient(ZooKeeperConfig config, Clock& clock)
    : config_(std::move(config)), clock_(clock) {}

ZooKeeperClient::~ZooKeeperClient() = default;

Result<ZooKeeperClient::HandlePtr> ZooKeeperClient::Handle() {
  MutexLock lock(mutex_);
  // Calls that others still make on the old one end by themselves, and the last of them closes it.
  if (handle_ && is_unrecoverable(handle_.get()) != ZOK) handle_.reset();
  if (handle_) return handle_;
  zhandle_t* const handle = zookeeper_init2(config_.servers.c_str(), nullptr,
                                            static_cast<int>(config_.session_timeout.count()),
                                            nullptr, nullptr, 0, IgnoreLog);
  if (handle == nullptr) {
    return MakeError(ErrorCode::kUnavailable,
                     "zookeeper: {}: no such host, or no memory for a session; check the address",
                     config_.servers);
  }
  handle_ = HandlePtr(handle, [](zhandle_t* ended) { zookeeper_close(ended); });
  return handle_;
}

Result<int> ZooKeeperClient::Call(const std::string& path,
                                  const std::function<int(_zhandle*)>& call) {
  const std::chrono::nanoseconds deadline = clock_.Monotonic() + config_.deadline;
  for (;;) {
    TILLSTREAM_ASSIGN(const HandlePtr handle, Handle());
    const int code = call(handle.get());
    if (code == ZNOAUTH || code == ZAUTHFAILED || code == ZSESSIONCLOSEDREQUIRESASLAUTH) {
      return MakeError(ErrorCode::kUnavailable,
                       "zookeeper: {}: access is denied; give everybody the right to it with an "
                       "ACL, or use another path",
                       path);
    }
    if (!MayBeLost(code)) return code;
    if (clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kUnavailable,
                       "zookeeper: no server answered within {} s ({}); check the address, and "
                       "that the servers run",
                       static_cast<double>(config_.deadline.count()) / 1000, config_.servers);
    }
    clock_.SleepUntil(clock_.Monotonic() + kAskAgain, {});
  }
}

Result<std::optional<Znode>> ZooKeeperClient::Get(const std::string& path) {
  std::vector<char> buffer(kZnodeBytesFirst);
  for (;;) {
    auto size = static_cast<int>(buffer.size());
    Stat stat{};
    TILLSTREAM_ASSIGN(const int code, Call(path, [&](zhandle_t* handle) {
                        size = static_cast<int>(buffer.size());
                        return zoo_get(handle, path.c_str(), 0, buffer.data(), &size, &stat);
                      }));
    if (code == ZNONODE) return std::optional<Znode>();
    if (code != ZOK) {
      return MakeError(ErrorCode::kUnavailable, "zookeeper: {}: {}", path, zerror(code));
    }
    const auto needed = static_cast<size_t>(std::max(stat.dataLength, 0));
    if (needed <= buffer.size()) {
      // -1: no value at all.
      const auto used = static_cast<size_t>(std::max(size, 0));
      return std::optional<Znode>(Znode{{buffer.data(), used}, stat.version});
    }
    if (needed > kZnodeBytesMax) {
      return MakeError(ErrorCode::kCorrupt, "zookeeper: {}: {} bytes, needed at most {}", path,
                       needed, kZnodeBytesMax);
    }
    buffer.resize(needed);
  }
}

Result<ZnodeWrite> ZooKeeperClient::Create(const std::string& path, const std::string& value) {
  TILLSTREAM_ASSIGN(const int code, Call(path, [&](zhandle_t* handle) {
                      return zoo_create(handle, path.c_str(), value.data(),
                                        static_cast<int>(value.size()), &ZOO_OPEN_ACL_UNSAFE, 0,
                                        nullptr, 0);
                    }));
  switch (code) {
    case ZOK:
      return ZnodeWrite::kDone;
    case ZNODEEXISTS:
      return ZnodeWrite::kExists;
    case ZNONODE:
      return ZnodeWrite::kMissing;
    default:
      return MakeError(ErrorCode::kUnavailable, "zookeeper: {}: {}", path, zerror(code));
  }
}

Result<ZnodeWrite> ZooKeeperClient::Set(const std::string& path, const std::string& value,
                                        int32_t version) {
  TILLSTREAM_ASSIGN(const int code, Call(path, [&](zhandle_t* handle) {
                      return zoo_set(handle, path.c_str(), value.data(),
                                     static_cast<int>(value.size()), version);
                    }));
  switch (code) {
    case ZOK:
      return ZnodeWrite::kDone;
    case ZBADVERSION:
      return ZnodeWrite::kChanged;
    case ZNONODE:
      return ZnodeWrite::kMissing;
    default:
      return MakeError(ErrorCode::kUnavailable, "zookeeper: {}: {}", path, zerror(code));
  }
}

}  // namespace tillstream
