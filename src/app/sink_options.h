#pragma once

#include <string>

#include "app/arguments.h"
#include "base/result.h"

namespace tillstream {

/// Where `consume` puts events.
enum class SinkKind {
  kLines,     ///< A line each on stdout.
  kCount,     ///< Nowhere: only what they add up to.
  kPostgres,  ///< Tables of a PostgreSQL database.
  kDuckdb,    ///< Tables of a DuckDB file.
  kParquet,   ///< A folder of Parquet files.
};

struct SinkOptions {
  std::string text;                  ///< What --sink was given.
  SinkKind kind = SinkKind::kLines;  ///< Known once CompleteSink() was called.
  std::string target;                ///< What `text` has behind the kind.
  std::string duckdb_library;        ///< What --duckdb was given.

  /// Whether the target keeps rows and positions, as tables do.
  bool is_tables() const { return kind != SinkKind::kLines && kind != SinkKind::kCount; }
};

/// What `consume` was told beside --sink and a sink of tables may have no use for.
struct BesideSink {
  bool group = false;
  bool start = false;
  bool store = false;
  bool format = false;
};

void DeclareSink(Arguments& arguments, SinkOptions* options);

/// Takes `options->text` apart. kUsage for what is no sink, and for options that contradict it.
Status CompleteSink(SinkOptions* options, const BesideSink& beside);

}  // namespace tillstream
