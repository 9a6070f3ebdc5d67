#include "replay/progress_board.h"

#include <algorithm>
#include <new>

#include "base/check.h"

namespace tillstream {

static_assert(std::atomic<int32_t>::is_always_lock_free);

Result<std::unique_ptr<ProgressBoard>> ProgressBoard::Make(size_t slot_count) {
  TILLSTREAM_ASSIGN(std::unique_ptr<SharedMemory> memory,
                    SharedMemory::Make(slot_count * sizeof(BoardSlot)));
  new (memory->data()) BoardSlot[slot_count];
  return std::unique_ptr<ProgressBoard>(new ProgressBoard(std::move(memory), slot_count));
}

Result<std::unique_ptr<ProgressBoard>> ProgressBoard::Open(int fd, size_t slot_count) {
  TILLSTREAM_ASSIGN(std::unique_ptr<SharedMemory> memory,
                    SharedMemory::Map(fd, slot_count * sizeof(BoardSlot)));
  return std::unique_ptr<ProgressBoard>(new ProgressBoard(std::move(memory), slot_count));
}

BoardSlot& ProgressBoard::at(size_t index) const {
  TILLSTREAM_CHECK(index < slot_count_);
  return static_cast<BoardSlot*>(memory_->data())[index];
}

Day ProgressBoard::SlowestLive(Day fallback) const {
  Day slowest = fallback;
  for (size_t i = 0; i < slot_count_; ++i) {
    const BoardSlot& slot = at(i);
    if (slot.state.load() != BoardSlot::kLive) continue;
    slowest = std::min(slowest, Day(slot.next_day.load()));
  }
  return slowest;
}

}  // namespace tillstream
