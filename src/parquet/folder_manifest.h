#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "log/event_log.h"
#include "log/reader_group.h"
#include "model/money.h"

namespace tillstream {

/// Names below a folder of Parquet files: docs/formats/parquet_folder.md.
inline constexpr const char* kParquetControlFolder = "_tillstream";

/// A file that is published.
struct PublishedFile {
  std::string path;  ///< Below the folder.
  std::string store_id;
  Day first_day;
  Day last_day;
  int64_t rows = 0;
  int64_t units = 0;
  Cents revenue_cents = 0;
  int64_t size_bytes = 0;
};

/// How far a partition was read when the manifest was written.
struct PublishedPosition {
  /// The first record that may be of a day that is not published.
  Offset next;
  /// One past the last record that was taken; those from `next` on are read again, and the ones of
  /// published days among them are known by that.
  Offset taken;
  /// Whether offsets count records, as on the embedded log.
  bool is_dense = false;
  std::optional<RecordMark> last;  ///< GroupPosition::last of what was taken.
};

/// What a folder of Parquet files holds, and how far it goes: a published file is one that it
/// names.
struct FolderManifest {
  std::string topic;
  std::string run;                       ///< TableStream::run.
  std::map<std::string, Day> published;  ///< Last day of each store.
  std::map<TopicPartition, PublishedPosition> positions;
  std::vector<PublishedFile> files;
};

/// Reads the manifest of `folder`; none when it has none. kCorrupt when it is damaged.
Result<std::optional<FolderManifest>> LoadFolderManifest(FileSystem& files,
                                                         const std::string& folder);

/// Replaces it atomically and durably.
Status StoreFolderManifest(FileSystem& files, const std::string& folder,
                           const FolderManifest& manifest);

}  // namespace tillstream
