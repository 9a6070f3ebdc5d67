#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"
#include "log/read_window.h"
#include "log/record_batch.h"

namespace tillstream {

/// One read of a file serves many compressed batches, which are some 25 KB.
inline constexpr size_t kReadAheadBytes = size_t{1} << 20;
/// Where only headers are wanted: one, and what stands around it in the same page.
inline constexpr size_t kHeaderReadBytes = 4096;

/// What stands at a place in a segment.
enum class BatchState {
  kComplete,    ///< A batch with a sane header, whole in the file. Its CRC is another question.
  kEnd,         ///< The file ends here.
  kUnfinished,  ///< The rest of the file is the beginning of a batch: torn, or being written now.
};

/// A batch that was searched for.
struct FoundBatch {
  int64_t position = 0;
  BatchHeader header;
};

/// The first whole batch with a sane header, the right CRC and a base offset of at least
/// `offset_min` that begins in [position, end) of `file` and ends by `end`: how a walk goes on
/// behind damage, and how damage is told from an unfinished end.
Result<std::optional<FoundBatch>> FindNextBatch(File& file, int64_t position, int64_t end,
                                                Offset offset_min);

/// Walks the batches of one segment file by their headers. Tolerates a file that grows meanwhile,
/// or that a recovery cuts. Not thread safe.
class SegmentWalker {
 public:
  /// Starts at the segment's first batch, whose base offset is `base`. `where` names the file in
  /// messages. `read_ahead_bytes` is what a read takes at least: little for headers alone, much for
  /// whole batches.
  SegmentWalker(std::unique_ptr<File> file, std::string where, Offset base,
                size_t read_ahead_bytes);

  int64_t position() const { return position_; }
  /// Base offset of the batch at position(), or of the next to come.
  Offset next_offset() const { return next_offset_; }
  const std::string& where() const { return where_; }
  File& file() { return *file_; }

  /// Looks at what stands at position(). kCorrupt, with file and byte, when it is damaged: then the
  /// walker stays.
  Result<BatchState> Look();

  /// After Look() said kComplete: the batch's header.
  const BatchHeader& header() const { return header_; }
  /// After Look() said kComplete: all bytes of the batch, valid until the next call. Nothing of
  /// them but the header is checked. Fewer bytes than header() says when the file was cut
  /// meanwhile.
  Result<std::string_view> Bytes();
  /// After Look() said kComplete: goes to the next batch.
  void Step();

  /// Continues at `position`, where the batch with base offset `next_offset` begins.
  void MoveTo(int64_t position, Offset next_offset);

  /// After Bytes() turned out damaged: whether the batch is rather the unfinished end of the file,
  /// of which blocks never reached the disk and read as zeros.
  Result<bool> EndsInUnwrittenBlocks();

  /// Forgets what was read and the file's size, so that both are looked up again.
  void Forget();

  /// The size of the file now.
  Result<int64_t> FileSize();

 private:
  Result<BatchState> LookAtRest(int64_t file_size);
  Result<BatchState> JudgeIncomplete(int64_t file_size);
  Result<bool> ReachesUnwrittenBlocks(int64_t end, int64_t file_size);
  Error Corrupt(const std::string& what) const;

  std::unique_ptr<File> file_;
  const std::string where_;
  ReadWindow window_;
  int64_t position_ = 0;
  Offset next_offset_;
  BatchHeader header_;
  /// Size when it was last asked for; the file may have grown since.
  int64_t known_file_size_ = 0;
  /// An end that was judged unfinished is not judged again before the file has changed.
  int64_t judged_position_ = -1;
  int64_t judged_file_size_ = -1;
};

}  // namespace tillstream
