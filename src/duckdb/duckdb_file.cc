#include "duckdb/duckdb_file.h"

#include <string_view>
#include <utility>

namespace tillstream {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The first line without DuckDB's name for the kind of error, which says no more than the rest.
std::string FirstLine(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  const size_t colon = message.find(" Error: ");
  if (colon != std::string_view::npos && !message.substr(0, colon).empty()) {
    message.remove_prefix(colon + 8);
  }
  while (!message.empty() && (message.back() == ' ' || message.back() == '.')) {
    message.remove_suffix(1);
  }
  return std::string(message);
}

}  // namespace

std::string SqlText(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

Result<DuckdbFile> DuckdbFile::Open(const DuckdbApi& api, const Options& options) {
  DuckdbFile file(api, options.path);
  DuckdbConfig config = nullptr;
  if (api.create_config(&config) != kDuckdbSuccess) return file.ErrorOf("no configuration");
  const std::pair<const char*, std::string> settings[] = {
      {"threads", std::to_string(options.threads)},
      {"memory_limit", std::to_string(options.memory_bytes_max >> 20) + "MiB"},
      // Nothing is fetched from anywhere because a statement needed it.
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
  };
  for (const auto& [name, value] : settings) {
    if (api.set_config(config, name, value.c_str()) == kDuckdbSuccess) continue;
    api.destroy_config(&config);
    return MakeError(ErrorCode::kUsage, "duckdb: version {} takes no {}={}; make duckdb",
                     api.library_version(), name, value);
  }
  char* message = nullptr;
  const DuckdbState opened = api.open_ext(options.path.c_str(), &file.database_, config, &message);
  api.destroy_config(&config);
  if (opened != kDuckdbSuccess) {
    const Error error = file.ErrorOf(message == nullptr ? "cannot be opened" : message);
    if (message != nullptr) api.free(message);
    return error;
  }
  if (api.connect(file.database_, &file.connection_) != kDuckdbSuccess) {
    return file.ErrorOf("no connection");
  }
  return file;
}

Result<bool> DuckdbFile::IsInMemory() {
  TILLSTREAM_ASSIGN(const auto databases,
                    Query("SELECT path FROM duckdb_databases() WHERE NOT internal"));
  return databases.empty() || databases.front().front().empty();
}

DuckdbFile::DuckdbFile(DuckdbFile&& other) noexcept
    : api_(other.api_),
      path_(std::move(other.path_)),
      database_(std::exchange(other.database_, nullptr)),
      connection_(std::exchange(other.connection_, nullptr)) {}

DuckdbFile::~DuckdbFile() {
  if (connection_ != nullptr) api_.disconnect(&connection_);
  if (database_ != nullptr) api_.close(&database_);
}

Error DuckdbFile::ErrorOf(const char* message) const {
  const std::string_view text = message == nullptr ? "unknown error" : message;
  if (Contains(text, "Could not set lock")) {
    // "Conflicting lock is held in /usr/bin/python3.11 (PID 4711)".
    const size_t holder = text.find("is held in ");
    const std::string_view rest =
        holder == std::string_view::npos ? std::string_view() : text.substr(holder + 11);
    const std::string_view who = rest.substr(0, rest.find_first_of(".;\n", rest.find(')')));
    return MakeError(ErrorCode::kRefused, "duckdb: {}: in use by {}; end that first", path_,
                     who.empty() ? "another process" : who);
  }
  if (Contains(text, "not a valid DuckDB database") || Contains(text, "database file version")) {
    return MakeError(ErrorCode::kRefused, "duckdb: {}: {}; give another file", path_,
                     FirstLine(text));
  }
  const bool is_storage = text.starts_with("IO Error") || text.starts_with("FATAL Error") ||
                          text.starts_with("Permission Error") ||
                          Contains(text, "No space left on device");
  return MakeError(is_storage ? ErrorCode::kIoError : ErrorCode::kFailed, "duckdb: {}: {}", path_,
                   FirstLine(text));
}

Status DuckdbFile::Execute(const std::string& sql) {
  DuckdbResult result;
  const DuckdbState state = api_.query(connection_, sql.c_str(), &result);
  Status status;
  if (state != kDuckdbSuccess) status = ErrorOf(api_.result_error(&result));
  api_.destroy_result(&result);
  return status;
}

Result<std::vector<std::vector<std::string>>> DuckdbFile::Query(const std::string& sql) {
  DuckdbResult result;
  std::vector<std::vector<std::string>> rows;
  const DuckdbState state = api_.query(connection_, sql.c_str(), &result);
  if (state != kDuckdbSuccess) {
    const Error error = ErrorOf(api_.result_error(&result));
    api_.destroy_result(&result);
    return error;
  }
  const uint64_t columns = api_.column_count(&result);
  for (uint64_t row = 0; row < api_.row_count(&result); ++row) {
    std::vector<std::string>& texts = rows.emplace_back();
    for (uint64_t column = 0; column < columns; ++column) {
      char* const text = api_.value_varchar(&result, column, row);
      texts.emplace_back(text == nullptr ? "" : text);
      api_.free(text);
    }
  }
  api_.destroy_result(&result);
  return rows;
}

}  // namespace tillstream
