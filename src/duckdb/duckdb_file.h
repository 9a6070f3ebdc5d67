#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "duckdb/duckdb_api.h"

namespace tillstream {

/// A DuckDB file that this process alone has open, with one connection to it. Not thread safe.
class DuckdbFile {
 public:
  struct Options {
    std::string path;
    int32_t threads = 1;
    int64_t memory_bytes_max = 0;  ///< Of DuckDB's own; beyond it goes to a folder beside the file.
  };

  /// Makes the file when it is not there. kRefused when another process has it open, or it is no
  /// DuckDB file; kIoError for a folder that cannot be written.
  static Result<DuckdbFile> Open(const DuckdbApi& api, const Options& options);

  DuckdbFile(DuckdbFile&& other) noexcept;
  DuckdbFile& operator=(DuckdbFile&&) = delete;
  /// What was not committed is gone.
  ~DuckdbFile();

  /// Whether nothing will be left of it: ":memory:", and what DuckDB makes of CSV, JSON and Parquet
  /// files, which it opens too.
  Result<bool> IsInMemory();

  /// Runs statements. Errors name the file: kIoError for a full disk and the like, else kFailed.
  Status Execute(const std::string& sql);

  /// The rows of a query as texts; null becomes empty.
  Result<std::vector<std::vector<std::string>>> Query(const std::string& sql);

  /// The Error for a message of DuckDB's: its first line, with the file's name.
  Error ErrorOf(const char* message) const;

  const DuckdbApi& api() const { return api_; }
  DuckdbConnection connection() const { return connection_; }

 private:
  DuckdbFile(const DuckdbApi& api, std::string path) : api_(api), path_(std::move(path)) {}

  DuckdbApi api_;
  std::string path_;
  DuckdbDatabase database_ = nullptr;
  DuckdbConnection connection_ = nullptr;
};

/// `text` in single quotes, as SQL has it.
std::string SqlText(const std::string& text);

}  // namespace tillstream
