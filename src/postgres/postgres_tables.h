#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "postgres/postgres_connection.h"

namespace tillstream {

/// A column as SQL has it: "price", "numeric(10,2)".
struct PostgresColumn {
  const char* name;
  const char* type;
  bool is_required = true;  ///< NOT NULL.
};

/// Rows of `sales`, of `store_days`, and how far they go; docs/formats/tables.md.
std::span<const PostgresColumn> SalesColumns();
std::span<const PostgresColumn> StoreDaysColumns();
std::span<const PostgresColumn> OffsetsColumns();

/// "a, b, c".
std::string NamesOf(std::span<const PostgresColumn> columns);

/// The tables' names as statements need them, with their schema.
struct PostgresTables {
  std::string sales;
  std::string store_days;
  std::string offsets;
  bool is_new = false;  ///< All three were made just now.
};

/// Holds the lock under which tables and partitions are made, until the transaction ends.
Status LockTables(PostgresConnection& connection);

/// Finds the tables on the session's search path, and makes those that are not there, `sales` in
/// partitions by date. kRefused for one with other columns, which it names; kForbidden.
Result<PostgresTables> PrepareTables(PostgresConnection& connection);

}  // namespace tillstream
