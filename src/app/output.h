#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tillstream {

/// stdout, buffered. Not thread safe. When the reader goes away (a closed pipe) writing ends
/// quietly: closed() tells it, and further text is dropped.
class Output {
 public:
  /// `fd` stays the caller's.
  explicit Output(int fd);
  ~Output();

  /// Appends text; writes when the buffer is full. kIoError when the system refuses (a full disk).
  Status Write(std::string_view text);
  /// Writes what is buffered, and looks whether the reader is still there.
  Status Flush();

  bool closed() const { return closed_; }
  bool is_terminal() const { return is_terminal_; }

 private:
  const int fd_;
  bool is_terminal_ = false;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace tillstream
