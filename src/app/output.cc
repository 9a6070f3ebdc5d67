#include "app/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tillstream {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;

}  // namespace

Output::Output(int fd) : fd_(fd), is_terminal_(::isatty(fd) == 1) { buffer_.reserve(kBufferBytes); }

Output::~Output() {
  // A command that cares has flushed and seen the error.
  (void)Flush();
}

Status Output::Write(std::string_view text) {
  if (closed_) return Ok();
  buffer_ += text;
  return buffer_.size() >= kBufferBytes ? Flush() : Ok();
}

Status Output::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && !closed_) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      const int error = errno;
      buffer_.clear();
      closed_ = true;
      return MakeError(ErrorCode::kIoError, "standard output: {}", std::strerror(error));
    }
  }
  buffer_.clear();
  // A follower that has nothing to write would never find out that its reader is gone.
  pollfd pipe{fd_, 0, 0};
  if (!closed_ && ::poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR) != 0) closed_ = true;
  return Ok();
}

}  // namespace tillstream
