#pragma once

#include <string>
#include <utility>

namespace tillstream {

/// What a caller can do about an error. Few on purpose: the text says what happened, the code says
/// what follows from it. app/ maps each to an exit code.
enum class ErrorCode {
  kFailed,       ///< Nothing more specific; exit 1.
  kUsage,        ///< The command line or a configuration file is wrong; exit 2.
  kBadInput,     ///< The dataset, or a schema, is not acceptable; exit 3.
  kCorrupt,      ///< Stored bytes are damaged, or a record cannot be decoded; exit 4.
  kUnavailable,  ///< A server is away or refuses; exit 5.
  kForbidden,  ///< A server does not let this user in, or do that; trying again is no use; exit 5.
  kIoError,    ///< Local storage failed; what reached the disk is not known; exit 6.
  kRefused,    ///< Held by another writer, or the data of another run; exit 7.
  kNotFound,   ///< The named thing does not exist; exit 1 unless handled.
  kTimedOut,   ///< Not done in the time given; calling again may help; exit 5.
  kStopped,    ///< Given up since a stop was asked for; no line, and the signal's exit code.
};

/// An expected failure. `message` is one line in the form
/// `<where>: <found, needed>[; <what to do>]`, lower case, without a full stop.
struct Error {
  ErrorCode code = ErrorCode::kFailed;
  std::string message;
  /// The number that a server's protocol has for it, e.g. 40401; 0 without one.
  int protocol_code = 0;

  /// The same error seen from one layer up: "`where`: `message`".
  [[nodiscard]] Error At(const std::string& where) const {
    return {code, where + ": " + message, protocol_code};
  }
};

/// The name of a code for logs and tests, e.g. "bad input".
const char* ErrorCodeName(ErrorCode code);

}  // namespace tillstream
