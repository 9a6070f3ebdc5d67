#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tillstream {

// What is used of DuckDB's C interface, declared here so that a build needs nothing of DuckDB: its
// library is loaded when a command writes to a DuckDB file. All of it is stable since version 1.0.

struct DuckdbDatabaseTag;
struct DuckdbConnectionTag;
struct DuckdbConfigTag;
struct DuckdbAppenderTag;
struct DuckdbTypeTag;
struct DuckdbChunkTag;
struct DuckdbVectorTag;

using DuckdbDatabase = DuckdbDatabaseTag*;
using DuckdbConnection = DuckdbConnectionTag*;
using DuckdbConfig = DuckdbConfigTag*;
using DuckdbAppender = DuckdbAppenderTag*;
using DuckdbType = DuckdbTypeTag*;
using DuckdbChunk = DuckdbChunkTag*;
using DuckdbVector = DuckdbVectorTag*;

/// A query's result; the library fills it and frees what it points to.
struct DuckdbResult {
  uint64_t column_count = 0;
  uint64_t row_count = 0;
  uint64_t rows_changed = 0;
  void* columns = nullptr;
  char* error_message = nullptr;
  void* internal_data = nullptr;
};

/// A text in a vector: up to kDuckdbInlineBytes of them stand in the vector itself, zero-filled;
/// longer ones are the library's to store.
inline constexpr uint32_t kDuckdbInlineBytes = 12;
struct DuckdbText {
  uint32_t size_bytes = 0;
  char inlined[kDuckdbInlineBytes] = {};
};

/// What a function returns that has nothing else to return.
enum DuckdbState : int { kDuckdbSuccess = 0, kDuckdbError = 1 };

/// Types of columns.
enum DuckdbTypeId : int {
  kDuckdbInteger = 4,
  kDuckdbBigint = 5,
  kDuckdbDate = 13,
  kDuckdbVarchar = 17,
};

/// The functions of a loaded library; none is null.
struct DuckdbApi {
  const char* (*library_version)();
  DuckdbState (*create_config)(DuckdbConfig*);
  DuckdbState (*set_config)(DuckdbConfig, const char* name, const char* value);
  void (*destroy_config)(DuckdbConfig*);
  DuckdbState (*open_ext)(const char* path, DuckdbDatabase*, DuckdbConfig, char** error);
  void (*close)(DuckdbDatabase*);
  DuckdbState (*connect)(DuckdbDatabase, DuckdbConnection*);
  void (*disconnect)(DuckdbConnection*);
  DuckdbState (*query)(DuckdbConnection, const char* sql, DuckdbResult*);
  void (*destroy_result)(DuckdbResult*);
  const char* (*result_error)(DuckdbResult*);
  uint64_t (*row_count)(DuckdbResult*);
  uint64_t (*column_count)(DuckdbResult*);
  char* (*value_varchar)(DuckdbResult*, uint64_t column, uint64_t row);
  void (*free)(void*);
  DuckdbState (*appender_create)(DuckdbConnection, const char* schema, const char* table,
                                 DuckdbAppender*);
  const char* (*appender_error)(DuckdbAppender);
  DuckdbState (*appender_flush)(DuckdbAppender);
  DuckdbState (*appender_destroy)(DuckdbAppender*);
  DuckdbState (*append_data_chunk)(DuckdbAppender, DuckdbChunk);
  DuckdbType (*create_logical_type)(DuckdbTypeId);
  DuckdbType (*create_decimal_type)(uint8_t width, uint8_t scale);
  void (*destroy_logical_type)(DuckdbType*);
  DuckdbChunk (*create_data_chunk)(DuckdbType*, uint64_t column_count);
  void (*destroy_data_chunk)(DuckdbChunk*);
  void (*data_chunk_reset)(DuckdbChunk);
  DuckdbVector (*data_chunk_get_vector)(DuckdbChunk, uint64_t column);
  void (*data_chunk_set_size)(DuckdbChunk, uint64_t row_count);
  void* (*vector_get_data)(DuckdbVector);
  uint64_t* (*vector_get_validity)(DuckdbVector);
  void (*vector_ensure_validity_writable)(DuckdbVector);
  void (*vector_assign_string_element_len)(DuckdbVector, uint64_t row, const char* text,
                                           uint64_t size_bytes);
  uint64_t (*vector_size)();
};

/// Loads DuckDB's library from `path`. kUsage with what to do when it is not there, is no DuckDB,
/// or is older than what is declared here.
Result<DuckdbApi> LoadDuckdb(const std::string& path);

}  // namespace tillstream
