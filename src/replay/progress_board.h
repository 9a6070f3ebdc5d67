#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "base/shared_memory.h"
#include "model/ids.h"
#include "replay/lag_histogram.h"

namespace tillstream {

/// Where one store's generator process stands. Lock-free atomics only: the process may be killed at
/// any moment, and the next one goes on with the slot.
struct BoardSlot {
  enum State : int32_t { kLive, kDone, kGivenUp };

  std::atomic<int32_t> state{kLive};
  std::atomic<int32_t> next_day{0};     ///< First day that is not wholly written.
  std::atomic<int32_t> durable_day{0};  ///< First that is not wholly durable; 0: not opened yet.
  std::atomic<int64_t> position{0};
  std::atomic<int64_t> durable{0};
  std::atomic<int64_t> bytes_written{0};  ///< By all processes of the store.
  std::atomic<int64_t> reopens{0};        ///< StoreProgress::reopens, of all of them.
  LagHistogram lags;                      ///< Of the days that became durable.
};

/// What a supervisor and its generator processes know of each other: a slot a store, in shared
/// memory. The slots' order is the supervisor's.
///
/// Not the log: what a generator has written becomes visible there only when it is flushed, 16 MiB
/// at a time, which is hundreds of days (docs/decisions/0011).
class ProgressBoard {
 public:
  /// All slots live, at day 0.
  static Result<std::unique_ptr<ProgressBoard>> Make(size_t slot_count);
  /// The board behind a descriptor that its maker handed on. Errors as SharedMemory::Map().
  static Result<std::unique_ptr<ProgressBoard>> Open(int fd, size_t slot_count);

  size_t size() const { return slot_count_; }
  /// For the processes that shall Open() it.
  int fd() const { return memory_->fd(); }

  BoardSlot& at(size_t index) const;

  /// The day that the slowest live store writes next; `fallback` when none lives.
  Day SlowestLive(Day fallback) const;

 private:
  ProgressBoard(std::unique_ptr<SharedMemory> memory, size_t slot_count)
      : memory_(std::move(memory)), slot_count_(slot_count) {}

  const std::unique_ptr<SharedMemory> memory_;
  const size_t slot_count_;
};

/// A generator process' place at the board of its supervisor.
struct BoardSeat {
  const ProgressBoard* board = nullptr;
  size_t index = 0;
};

}  // namespace tillstream
