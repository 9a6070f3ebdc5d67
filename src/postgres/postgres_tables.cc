#include "postgres/postgres_tables.h"

#include <fmt/ranges.h>

#include <vector>

#include "base/text.h"

namespace tillstream {
namespace {

constexpr PostgresColumn kSales[] = {
    {"store", "text"}, {"item", "text"},    {"dept", "text"},
    {"cat", "text"},   {"state", "text"},   {"day", "integer"},
    {"date", "date"},  {"sold", "integer"}, {"price", "numeric(10,2)", false}};

constexpr PostgresColumn kStoreDays[] = {{"store", "text"},
                                         {"state", "text"},
                                         {"day", "integer"},
                                         {"date", "date"},
                                         {"events", "integer"},
                                         {"units", "bigint"},
                                         {"revenue", "numeric(18,2)"},
                                         {"unpriced_units", "bigint"},
                                         {"revision", "integer"}};

constexpr PostgresColumn kOffsets[] = {{"topic", "text"},
                                       {"partition", "integer"},
                                       {"next_offset", "bigint", false},
                                       {"records", "bigint", false},
                                       {"last_offset", "bigint", false},
                                       {"last_hash", "bigint", false},
                                       {"stream", "text"},
                                       {"run", "text"},
                                       {"epoch", "bigint"},
                                       {"owner", "text"},
                                       {"updated", "timestamp with time zone"}};

/// Any number that other programs are unlikely to lock.
constexpr int64_t kTablesLock = 0x74696c6c73747265;

struct Table {
  const char* name;
  std::span<const PostgresColumn> columns;
  const char* keys;    ///< Behind the columns.
  const char* suffix;  ///< Behind the table.
};

constexpr Table kTables[] = {
    {"sales", kSales, "", " PARTITION BY RANGE (date)"},
    {"store_days", kStoreDays, "", ""},
    {"tillstream_offsets", kOffsets, ", PRIMARY KEY (topic, partition)", ""}};

std::string CreateSql(const Table& table) {
  std::vector<std::string> columns;
  for (const PostgresColumn& column : table.columns) {
    columns.push_back(
        fmt::format("{} {}{}", column.name, column.type, column.is_required ? " NOT NULL" : ""));
  }
  return fmt::format("CREATE TABLE {} ({}{}){}", table.name, fmt::join(columns, ", "), table.keys,
                     table.suffix);
}

/// The table's name with its schema; empty when it is not there.
Result<std::string> FindTable(PostgresConnection& connection, const std::string& name) {
  TILLSTREAM_ASSIGN(
      const PostgresRows found,
      connection.Query("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
                       ", c.relkind IN ('r', 'p') FROM pg_catalog.pg_class c"
                       " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                       " WHERE c.oid = to_regclass($1)",
                       {name}));
  if (found.size() == 0) return std::string();
  if (found.Text(0, 1) == "t") return found.Text(0, 0);
  return MakeError(ErrorCode::kRefused, "{}: {} is no table; use another database or schema",
                   connection.place(), found.Text(0, 0));
}

Error OtherColumn(const PostgresConnection& connection, const std::string& table,
                  const std::string& column, const std::string& found, const std::string& needed) {
  return MakeError(ErrorCode::kRefused,
                   "{}: table {}: column {}: found {}, needed {}; use another database or schema",
                   connection.place(), table, Quote(column), found, needed);
}

std::string TypeText(std::string_view type, bool is_required) {
  return std::string(type) + (is_required ? " not null" : "");
}

Status CheckColumns(PostgresConnection& connection, const std::string& name,
                    std::span<const PostgresColumn> columns) {
  TILLSTREAM_ASSIGN(
      const PostgresRows found,
      connection.Query("SELECT attname, format_type(atttypid, atttypmod), attnotnull"
                       " FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1)"
                       " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                       {name}));
  for (const PostgresColumn& column : columns) {
    int row = 0;
    while (row < found.size() && found.Text(row, 0) != column.name) ++row;
    const std::string needed = TypeText(column.type, column.is_required);
    if (row == found.size()) return OtherColumn(connection, name, column.name, "none", needed);
    const std::string type = TypeText(found.Text(row, 1), found.Text(row, 2) == "t");
    if (type != needed) return OtherColumn(connection, name, column.name, type, needed);
  }
  for (int row = 0; row < found.size(); ++row) {
    bool is_known = false;
    for (const PostgresColumn& column : columns) is_known |= found.Text(row, 0) == column.name;
    if (!is_known) {
      return OtherColumn(connection, name, found.Text(row, 0), found.Text(row, 1), "none");
    }
  }
  return Ok();
}

/// The table's name with its schema.
Result<std::string> PrepareTable(PostgresConnection& connection, const Table& table, bool* is_new) {
  TILLSTREAM_ASSIGN(std::string name, FindTable(connection, table.name));
  *is_new = name.empty();
  if (*is_new) {
    TILLSTREAM_TRY(connection.Execute(CreateSql(table)));
    return FindTable(connection, table.name);
  }
  TILLSTREAM_TRY(CheckColumns(connection, name, table.columns));
  return name;
}

}  // namespace

std::span<const PostgresColumn> SalesColumns() { return kSales; }
std::span<const PostgresColumn> StoreDaysColumns() { return kStoreDays; }
std::span<const PostgresColumn> OffsetsColumns() { return kOffsets; }

std::string NamesOf(std::span<const PostgresColumn> columns) {
  std::vector<std::string> names;
  for (const PostgresColumn& column : columns) names.emplace_back(column.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Status LockTables(PostgresConnection& connection) {
  return connection.Execute(fmt::format("SELECT pg_advisory_xact_lock({})", kTablesLock));
}

Result<PostgresTables> PrepareTables(PostgresConnection& connection) {
  TILLSTREAM_TRY(connection.Execute("BEGIN"));
  TILLSTREAM_TRY(LockTables(connection));
  std::string names[std::size(kTables)];
  bool are_new = true;
  for (size_t i = 0; i < std::size(kTables); ++i) {
    bool is_new = false;
    TILLSTREAM_ASSIGN(names[i], PrepareTable(connection, kTables[i], &is_new));
    are_new = are_new && is_new;
  }
  TILLSTREAM_TRY(connection.Commit());
  return PostgresTables{names[0], names[1], names[2], are_new};
}

}  // namespace tillstream
