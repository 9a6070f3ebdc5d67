#include "base/error.h"

namespace tillstream {

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFailed:
      return "failed";
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kBadInput:
      return "bad input";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kIoError:
      return "i/o error";
    case ErrorCode::kRefused:
      return "refused";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kTimedOut:
      return "timed out";
    case ErrorCode::kStopped:
      return "stopped";
  }
  return "unknown";
}

}  // namespace tillstream
