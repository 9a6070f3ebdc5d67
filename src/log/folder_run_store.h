#pragma once

#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "log/run_store.h"

namespace tillstream {

/// The documents as files in the directory of an embedded log: docs/formats/run_manifest.md.
/// Update() holds a lock file and waits for it.
class FolderRunStore final : public RunStore {
 public:
  /// `files` and `clock` must outlive the store. Touches nothing on disk.
  FolderRunStore(FileSystem& files, Clock& clock, std::string directory);

  Result<std::optional<std::string>> Load(const std::string& topic, RunDocument document) override;
  Status Store(const std::string& topic, RunDocument document, const std::string& text) override;
  Status Update(const std::string& topic, RunDocument document, const std::string& holder,
                const Merge& merge) override;
  std::string NameOf(const std::string& topic, RunDocument document) const override;

 private:
  FileSystem& files_;
  Clock& clock_;
  const std::string directory_;
};

}  // namespace tillstream
