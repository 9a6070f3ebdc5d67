#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace tillstream {

/// Answers that are asked for once, whatever the threads, and kept for good. Thread safe.
template <typename Key, typename Value>
class OnceCache {
 public:
  using Answer = Result<std::optional<Value>>;

  /// What is kept for `key`, or what `ask` answers. Threads that miss the same key while one asks
  /// wait for its answer and share it: an error or nothing as well, which are not kept, so that who
  /// comes later asks again. `ask` is called without a lock.
  template <typename Ask>
  Answer Get(const Key& key, Ask ask) TILLSTREAM_EXCLUDES(mutex_) {
    std::shared_ptr<Question> question;
    {
      const MutexLock lock(mutex_);
      if (const auto kept = kept_.find(key); kept != kept_.end()) return Answer(kept->second);
      auto& open = open_[key];
      if (open != nullptr) {
        question = open;
        ++waiting_count_;
        while (!question->answer) answered_.wait(mutex_);
        --waiting_count_;
        return *question->answer;
      }
      open = question = std::make_shared<Question>();
    }
    Answer answer = ask();
    const MutexLock lock(mutex_);
    if (answer && *answer) kept_.emplace(key, **answer);
    question->answer = answer;
    open_.erase(key);
    answered_.notify_all();
    return answer;
  }

  /// Threads that wait for another's answer now.
  int waiting_count() TILLSTREAM_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return waiting_count_;
  }

  /// Keeps `value` for `key`, if nothing is kept yet.
  void Keep(const Key& key, const Value& value) TILLSTREAM_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    kept_.emplace(key, value);
  }

 private:
  struct Question {
    std::optional<Answer> answer;  ///< Set once, with the cache's mutex held.
  };

  Mutex mutex_;
  ConditionVariable answered_;
  int waiting_count_ TILLSTREAM_GUARDED_BY(mutex_) = 0;
  std::map<Key, Value> kept_ TILLSTREAM_GUARDED_BY(mutex_);
  std::map<Key, std::shared_ptr<Question>> open_ TILLSTREAM_GUARDED_BY(mutex_);
};

}  // namespace tillstream
