#pragma once

#include <cstdint>
#include <memory>

#include "base/file.h"
#include "base/result.h"

namespace tillstream {

/// Inflates a gzip file from its first byte to its last, checking every member's CRC-32 and length.
/// Members that follow each other are read as one text; anything else behind a member is an error.
///
/// Holds about 0.4 MiB whatever the size of the file. Not thread safe.
class GzipReader {
 public:
  /// `file` must outlive the reader.
  explicit GzipReader(File& file);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  /// Writes up to `size` bytes of text to `out`; 0 only at the end of the file. `size` must not be
  /// 0.
  ///
  /// Errors: kBadInput when the file is not gzip, cut short, damaged, or followed by other bytes;
  /// the message says after how many bytes of text, without naming the file. kIoError from the
  /// file. All text that comes before the damage has been handed out by then; of a member with a
  /// wrong CRC that is everything, so a caller may believe what it got only at the end.
  Result<size_t> Read(char* out, size_t size);

  /// Bytes of the file consumed so far, for progress.
  int64_t file_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tillstream
