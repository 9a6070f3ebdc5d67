#include "duckdb/duckdb_api.h"

#include "base/shared_library.h"

namespace tillstream {
namespace {

class Loader {
 public:
  explicit Loader(const SharedLibrary& library) : library_(library) {}

  template <typename Function>
  void Find(const char* name, Function** function) {
    void* const address = library_.Find(name);
    if (address == nullptr && missing_.empty()) missing_ = name;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how a loaded function is called
    *function = reinterpret_cast<Function*>(address);
  }

  /// The first function that was not there; empty when all were.
  const std::string& missing() const { return missing_; }

 private:
  const SharedLibrary& library_;
  std::string missing_;
};

}  // namespace

Result<DuckdbApi> LoadDuckdb(const std::string& path) {
  const Result<SharedLibrary> library = SharedLibrary::Load(path);
  if (!library) {
    return MakeError(ErrorCode::kUsage,
                     "duckdb: its library cannot be loaded: {}; make duckdb gets it, --duckdb or "
                     "TILLSTREAM_DUCKDB says where it is",
                     library.error().message);
  }
  DuckdbApi api{};
  Loader loader(*library);
  loader.Find("duckdb_library_version", &api.library_version);
  loader.Find("duckdb_create_config", &api.create_config);
  loader.Find("duckdb_set_config", &api.set_config);
  loader.Find("duckdb_destroy_config", &api.destroy_config);
  loader.Find("duckdb_open_ext", &api.open_ext);
  loader.Find("duckdb_close", &api.close);
  loader.Find("duckdb_connect", &api.connect);
  loader.Find("duckdb_disconnect", &api.disconnect);
  loader.Find("duckdb_query", &api.query);
  loader.Find("duckdb_destroy_result", &api.destroy_result);
  loader.Find("duckdb_result_error", &api.result_error);
  loader.Find("duckdb_row_count", &api.row_count);
  loader.Find("duckdb_column_count", &api.column_count);
  loader.Find("duckdb_value_varchar", &api.value_varchar);
  loader.Find("duckdb_free", &api.free);
  loader.Find("duckdb_appender_create", &api.appender_create);
  loader.Find("duckdb_appender_error", &api.appender_error);
  loader.Find("duckdb_appender_flush", &api.appender_flush);
  loader.Find("duckdb_appender_destroy", &api.appender_destroy);
  loader.Find("duckdb_append_data_chunk", &api.append_data_chunk);
  loader.Find("duckdb_create_logical_type", &api.create_logical_type);
  loader.Find("duckdb_create_decimal_type", &api.create_decimal_type);
  loader.Find("duckdb_destroy_logical_type", &api.destroy_logical_type);
  loader.Find("duckdb_create_data_chunk", &api.create_data_chunk);
  loader.Find("duckdb_destroy_data_chunk", &api.destroy_data_chunk);
  loader.Find("duckdb_data_chunk_reset", &api.data_chunk_reset);
  loader.Find("duckdb_data_chunk_get_vector", &api.data_chunk_get_vector);
  loader.Find("duckdb_data_chunk_set_size", &api.data_chunk_set_size);
  loader.Find("duckdb_vector_get_data", &api.vector_get_data);
  loader.Find("duckdb_vector_get_validity", &api.vector_get_validity);
  loader.Find("duckdb_vector_ensure_validity_writable", &api.vector_ensure_validity_writable);
  loader.Find("duckdb_vector_assign_string_element_len", &api.vector_assign_string_element_len);
  loader.Find("duckdb_vector_size", &api.vector_size);
  if (!loader.missing().empty()) {
    return MakeError(ErrorCode::kUsage,
                     "duckdb: {} has no function {}, needed DuckDB 1.0 or later; make duckdb gets "
                     "one that fits",
                     path, loader.missing());
  }
  return api;
}

}  // namespace tillstream
