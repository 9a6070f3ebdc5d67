#include "parquet/file_maker.h"

#include <utility>

namespace tillstream {

FileMaker::FileMaker(FileSystem& files) : files_(files), thread_([this] { Run(); }) {}

FileMaker::~FileMaker() {
  {
    MutexLock lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

Status FileMaker::Add(FileJob job) {
  MutexLock lock(mutex_);
  while (failure_ && row_count_ >= kWaitingRowsMax) changed_.wait(mutex_);
  if (!failure_) return failure_;
  row_count_ += job.row_count;
  jobs_.push_back(std::move(job));
  changed_.notify_all();
  return Ok();
}

Result<std::vector<int64_t>> FileMaker::Finish() {
  MutexLock lock(mutex_);
  while (failure_ && (!jobs_.empty() || is_busy_)) changed_.wait(mutex_);
  if (!failure_) return failure_.error();
  return std::exchange(sizes_, {});
}

void FileMaker::Run() {
  while (true) {
    FileJob job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !is_ending_) changed_.wait(mutex_);
      if (is_ending_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      is_busy_ = true;
    }
    const Result<int64_t> size = Make(job);
    MutexLock lock(mutex_);
    is_busy_ = false;
    row_count_ -= job.row_count;
    if (size) {
      sizes_.push_back(*size);
    } else {
      failure_ = size.error();
      jobs_.clear();
    }
    changed_.notify_all();
  }
}

Result<int64_t> FileMaker::Make(const FileJob& job) {
  const std::string& bytes = sales_file_.Make(job.store_id, job.known, job.days);
  TILLSTREAM_ASSIGN(const auto file, files_.Open(job.path, OpenMode::kAppend));
  TILLSTREAM_TRY(file->Append(bytes));
  TILLSTREAM_TRY(file->Sync());
  TILLSTREAM_TRY(files_.MakeDirectory(job.folder));
  return static_cast<int64_t>(bytes.size());
}

}  // namespace tillstream
