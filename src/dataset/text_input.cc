#include "dataset/text_input.h"

#include "base/text.h"

namespace tillstream {

TextInput::TextInput(FileSystem& files, std::unique_ptr<File> file, FileInfo info,
                     Progress progress)
    : files_(files), file_(std::move(file)), info_(info), progress_(std::move(progress)) {
  if (file_->path().ends_with(".gz")) gzip_ = std::make_unique<GzipReader>(*file_);
}

Result<std::unique_ptr<TextInput>> TextInput::Open(FileSystem& files, const std::string& path,
                                                   Progress progress) {
  TILLSTREAM_ASSIGN(std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  TILLSTREAM_ASSIGN(const FileInfo info, file->Info());
  return std::unique_ptr<TextInput>(
      new TextInput(files, std::move(file), info, std::move(progress)));
}

Result<size_t> TextInput::Read(char* out, size_t size) {
  const int64_t offset_before = offset_;
  size_t made = 0;
  if (gzip_ != nullptr) {
    TILLSTREAM_ASSIGN(made, gzip_->Read(out, size));
    offset_ = gzip_->file_bytes();
  } else {
    TILLSTREAM_ASSIGN(made, file_->ReadAt(offset_, out, size));
    offset_ += static_cast<int64_t>(made);
  }
  if (progress_ && offset_ != offset_before) progress_(offset_ - offset_before);
  return made;
}

Result<std::string> TextInput::FindChange() {
  // Asked by name, so that a file put in the place of the one that was read is seen as well.
  const Result<FileInfo> now = files_.Info(file_->path());
  if (!now) {
    if (now.error().code == ErrorCode::kNotFound) return std::string("it was removed");
    return now.error();
  }
  if (now->inode != info_.inode) return std::string("another file took its place");
  if (now->size_bytes != info_.size_bytes) {
    return fmt::format("its size changed from {} to {} bytes", WithThousands(info_.size_bytes),
                       WithThousands(now->size_bytes));
  }
  if (now->modified_ns != info_.modified_ns) return std::string("it was written to");
  return std::string();
}

}  // namespace tillstream
