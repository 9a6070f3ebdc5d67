#pragma once

// Private to this folder: what wraps libpq's handles.

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tillstream {

struct PostgresFinish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct PostgresClear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResultPtr = std::unique_ptr<PGresult, PostgresClear>;

/// The rows that a query gave.
class PostgresRows {
 public:
  explicit PostgresRows(PostgresResultPtr result) : result_(std::move(result)) {}

  int size() const { return PQntuples(result_.get()); }
  /// None for null. The view is valid as long as the rows.
  std::optional<std::string_view> at(int row, int column) const;
  /// Of a value that the query makes sure is there; empty for null.
  std::string Text(int row, int column) const { return std::string(at(row, column).value_or("")); }
  /// A whole number; none for null.
  std::optional<int64_t> Integer(int row, int column) const;
  /// Rows that a statement changed.
  int64_t changed() const;

 private:
  PostgresResultPtr result_;
};

/// What the SQLSTATE of a server's error lets a caller do.
ErrorCode CodeOfSqlState(std::string_view sql_state);

/// "localhost:5432/retail": the server and database of a connection string, without its secrets,
/// where libpq's defaults fill in what is left out. kUsage for what is none.
Result<std::string> PlaceOfPostgres(const std::string& address);

/// A session of one database; its calls wait for the server's answer. Not thread safe.
///
/// Errors are those of CodeOfSqlState(), kUnavailable when the server is gone, with the server's
/// words in one line behind where it is.
class PostgresConnection {
 public:
  /// `address` as libpq takes it: "postgres://user@host:port/database?option=value" or
  /// "host=... dbname=...". kUsage for what is neither.
  static Result<std::unique_ptr<PostgresConnection>> Open(const std::string& address);

  /// "postgres localhost:5432/retail".
  const std::string& place() const { return place_; }

  /// Statements without parameters.
  Status Execute(const std::string& sql);

  /// Commits the open transaction. On an Error of a connection that is gone nobody knows whether it
  /// was.
  Status Commit();

  /// One statement; "$1" is the first parameter. None: null.
  using Parameters = std::vector<std::optional<std::string>>;
  Result<PostgresRows> Query(const std::string& sql, const Parameters& parameters = {});

  /// `sql` is a COPY ... FROM STDIN. Then the data, in pieces of any size, and EndCopy(), which
  /// returns the number of rows that the server took. What the server has against the data is
  /// often said at the end only.
  Status BeginCopy(const std::string& sql);
  Status SendCopy(std::string_view data);
  Result<int64_t> EndCopy();

 private:
  PostgresConnection(std::unique_ptr<PGconn, PostgresFinish> connection, std::string place)
      : connection_(std::move(connection)), place_(std::move(place)) {}

  /// The session's settings that do not depend on the server's.
  Status Prepare();
  /// The error of a result that is not what was expected, or of the connection.
  Error ErrorOf(const PGresult* result) const;

  std::unique_ptr<PGconn, PostgresFinish> connection_;
  const std::string place_;
};

}  // namespace tillstream
