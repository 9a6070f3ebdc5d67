#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/file.h"

namespace tillstream {

/// One folder of files in memory, to read from: for tests that go through thousands of inputs.
/// Paths are "<folder>/<name>"; what a path has before the last slash does not matter.
class MemoryFiles final : public FileSystem {
 public:
  /// Content by name.
  std::map<std::string, std::string> contents;
  /// Names that are folders.
  std::map<std::string, bool> folders;
  /// Called after every read with the name, to change contents meanwhile.
  std::function<void(const std::string& name)> after_read;
  /// Reads of this name fail, from this byte on.
  std::string broken_name;
  int64_t broken_offset = 0;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    if (mode != OpenMode::kRead) return Refuse(path);
    TILLSTREAM_ASSIGN(const FileInfo info, Info(path));
    return std::unique_ptr<File>(new OpenFile(*this, path, info));
  }
  Result<FileInfo> Info(const std::string& path) override {
    FileInfo info;
    const std::string name = NameOf(path);
    const auto found = contents.find(name);
    if (found != contents.end()) {
      info.size_bytes = static_cast<int64_t>(found->second.size());
      info.inode = inodes[name];
      info.modified_ns = times[name];
      return info;
    }
    info.is_directory = true;
    if (folders.contains(name) || name == "data") return info;
    return MakeError(ErrorCode::kNotFound, "{}: no such file or directory", path);
  }
  Result<std::vector<std::string>> List(const std::string& path) override { return Refuse(path); }
  Status MakeDirectory(const std::string& path) override { return Refuse(path); }
  Status Rename(const std::string& path, const std::string&) override { return Refuse(path); }
  Status Remove(const std::string& path) override { return Refuse(path); }
  Status SyncDirectory(const std::string& path) override { return Refuse(path); }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, std::string_view) override {
    return Refuse(path);
  }

  /// What Info() says of a name beside its size.
  std::map<std::string, uint64_t> inodes;
  std::map<std::string, int64_t> times;

 private:
  class OpenFile final : public File {
   public:
    OpenFile(MemoryFiles& files, std::string path, FileInfo info)
        : files_(files), path_(std::move(path)), name_(NameOf(path_)), info_(info) {}
    Result<size_t> ReadAt(int64_t offset, char* buffer, size_t size) override {
      if (name_ == files_.broken_name &&
          offset + static_cast<int64_t>(size) > files_.broken_offset) {
        return MakeError(ErrorCode::kIoError, "{}: input/output error", path_);
      }
      const std::string& content = files_.contents[name_];
      const auto begin = std::min(static_cast<size_t>(offset), content.size());
      const size_t count = content.copy(buffer, size, begin);
      if (files_.after_read) files_.after_read(name_);
      return count;
    }
    Status Append(std::string_view) override { return Refuse(path_); }
    Status WriteAt(int64_t, std::string_view) override { return Refuse(path_); }
    Status Truncate(int64_t) override { return Refuse(path_); }
    Status Sync() override { return Refuse(path_); }
    Result<FileInfo> Info() override { return info_; }
    const std::string& path() const override { return path_; }

   private:
    MemoryFiles& files_;
    const std::string path_;
    const std::string name_;
    const FileInfo info_;
  };

  static Error Refuse(const std::string& path) {
    return MakeError(ErrorCode::kIoError, "{}: read-only in memory", path);
  }
  static std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }
};

}  // namespace tillstream
