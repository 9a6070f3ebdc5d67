#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"

namespace tillstream {

/// Operations of a file system that change something, or promise that a change lasts.
enum class FileOperation {
  kCreate,
  kWrite,
  kTruncate,
  kSync,
  kRename,
  kRemove,
  kMakeDirectory,
  kSyncDirectory,
};

/// What of the changes that were never synced is there after a power cut.
enum class Survival {
  kNothing,   ///< No byte and no directory entry.
  kAll,       ///< Everything: a process ended, not the machine. Still not durable.
  kSome,      ///< Each file a random part from the front, each directory entry by chance.
  kSomeZero,  ///< As kSome, but files keep their size and the rest of them reads as zeros.
};

/// A file system in memory that forgets at a power cut and fails on demand as a real one does.
///
/// Bytes last when their file was synced, directory entries when their directory was. After a
/// failed sync the unsynced bytes still read well, but a later sync that succeeds does not save
/// them: only writing them again does. Thread safe.
class FaultyFileSystem final : public FileSystem {
 public:
  FaultyFileSystem();
  ~FaultyFileSystem() override;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Result<FileInfo> Info(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& path) override;
  Status MakeDirectory(const std::string& path) override;
  Status Rename(const std::string& source, const std::string& target) override;
  Status Remove(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path, std::string_view holder) override;

  /// Operations that were tried so far, of all kinds or of some.
  int64_t operation_count() const;
  int64_t operation_count(const std::set<FileOperation>& kinds) const;

  /// Bytes that were read from files.
  int64_t bytes_read() const;

  /// The n-th (from 0, counted from now) operation of one of `kinds` fails with kIoError and
  /// `reason`. A failing write leaves half of its bytes behind. One failure is planned at a time.
  void FailNth(const std::set<FileOperation>& kinds, int64_t n,
               const std::string& reason = "input/output error");
  /// Whether the planned failure has happened.
  bool failed() const;

  /// Operation number `n` (from 0, counted from now) and everything after it, reading included,
  /// fails: the power is off. A write on which it goes off leaves half of its bytes behind.
  void TurnOffBefore(int64_t n);
  /// Turns the power off, and on again: what is open fails from now on, locks are free, and of what
  /// was not synced there is what `survival` says. `seed` is for chance.
  void PowerCut(Survival survival, uint64_t seed = 0);

  /// All files with their content by path; those under a folder ".locks" are left out.
  std::map<std::string, std::string> Contents() const;
  /// Replaces everything by these files, durable, with the folders that they need.
  void SetContents(const std::map<std::string, std::string>& contents);
  /// One file, durable.
  void SetContent(const std::string& path, const std::string& content);

 private:
  struct Inode;
  struct State;
  class MemoryFile;
  class MemoryLock;

  std::shared_ptr<State> state_;
};

}  // namespace tillstream
