#pragma once

#include <condition_variable>
#include <mutex>

// Clang's thread safety analysis: fields say which lock guards them, and -Wthread-safety holds the
// code to it. Empty for other compilers.
#if defined(__clang__)
#define TILLSTREAM_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TILLSTREAM_THREAD_ATTRIBUTE(x)
#endif
#define TILLSTREAM_GUARDED_BY(x) TILLSTREAM_THREAD_ATTRIBUTE(guarded_by(x))
#define TILLSTREAM_REQUIRES(...) TILLSTREAM_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TILLSTREAM_EXCLUDES(...) TILLSTREAM_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace tillstream {

/// std::mutex with annotations.
class TILLSTREAM_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() TILLSTREAM_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() TILLSTREAM_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class TILLSTREAM_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TILLSTREAM_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() TILLSTREAM_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable that waits on a Mutex.
using ConditionVariable = std::condition_variable_any;

}  // namespace tillstream
