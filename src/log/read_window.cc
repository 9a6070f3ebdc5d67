#include "log/read_window.h"

#include <algorithm>

namespace tillstream {

Result<std::string_view> ReadWindow::At(File& file, int64_t position, size_t size) {
  if (!Holds(position, size)) {
    if (position < begin_ || position > end()) {
      bytes_.Clear();
    } else {
      bytes_.RemoveFront(static_cast<size_t>(position - begin_));
    }
    begin_ = position;
    const size_t wanted = std::max(size, read_ahead_bytes_) - bytes_.size();
    char* target = bytes_.Reserve(wanted);
    TILLSTREAM_ASSIGN(const size_t got, file.ReadAt(end(), target, wanted));
    bytes_.Commit(got);
  }
  const auto skip = static_cast<size_t>(position - begin_);
  return bytes_.view().substr(skip, size);
}

void ReadWindow::DropFrom(int64_t position) {
  if (position < end()) bytes_.Cut(static_cast<size_t>(std::max(position, begin_) - begin_));
}

}  // namespace tillstream
