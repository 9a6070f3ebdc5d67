#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"
#include "base/result.h"
#include "parquet/sales_file.h"
#include "parquet/store_rows.h"

namespace tillstream {

/// A store's days that are to be a file.
struct FileJob {
  std::string path;
  std::string folder;  ///< That is made for it to be moved to.
  std::string store_id;
  SeriesTexts known;  ///< Its views must stay valid until Finish().
  std::map<Day, DayRows> days;
  int64_t row_count = 0;
};

/// Encodes, writes and syncs files on a thread of its own, one after the other in the order in
/// which they came, while its caller reads what goes into the next. To be used by one thread.
class FileMaker {
 public:
  /// `files` must outlive it.
  explicit FileMaker(FileSystem& files);
  /// A file that is begun is written; what waits is dropped.
  ~FileMaker();

  /// Waits while kWaitingRowsMax rows or more wait or are written. kIoError when an earlier file
  /// could not be written; nothing is written after that.
  Status Add(FileJob job);

  /// Waits until all files are durable. Their sizes, in the order in which they came.
  Result<std::vector<int64_t>> Finish();

 private:
  static constexpr int64_t kWaitingRowsMax = 250'000;

  void Run();
  Result<int64_t> Make(const FileJob& job);

  FileSystem& files_;
  SalesFile sales_file_;  ///< Of the thread.

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<FileJob> jobs_ TILLSTREAM_GUARDED_BY(mutex_);
  int64_t row_count_ TILLSTREAM_GUARDED_BY(mutex_) = 0;  ///< Of the jobs, the begun one too.
  bool is_busy_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  bool is_ending_ TILLSTREAM_GUARDED_BY(mutex_) = false;
  std::vector<int64_t> sizes_ TILLSTREAM_GUARDED_BY(mutex_);
  Status failure_ TILLSTREAM_GUARDED_BY(mutex_) = Ok();
  std::thread thread_;
};

}  // namespace tillstream
