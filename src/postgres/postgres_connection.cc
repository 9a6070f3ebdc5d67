#include "postgres/postgres_connection.h"

#include <charconv>

#include "base/text.h"

namespace tillstream {
namespace {

/// Seconds to reach a server; a connection string may say otherwise.
constexpr const char* kConnectSeconds = "10";

/// How libpq marks a server's refusal of a session.
constexpr std::string_view kFatal = "FATAL:  ";

/// Longest part of a server's message that is repeated.
constexpr size_t kMessageBytesMax = 300;

/// What may hold a consumer up for good, and what tells a server early that its client's machine is
/// gone, so that the partitions are free again: half a minute. A consumer's own statements are as
/// long as they are; only locks of others it does not wait for. By name, since older servers do not
/// have all of them.
constexpr const char* kSettings = R"(
SELECT set_config(wanted.name, wanted.setting, false)
FROM (VALUES ('lock_timeout', '30s'), ('statement_timeout', '0'),
             ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'),
             ('tcp_keepalives_idle', '10'), ('tcp_keepalives_interval', '5'),
             ('tcp_keepalives_count', '4'), ('tcp_user_timeout', '30s'),
             ('datestyle', 'ISO, YMD'))
     AS wanted (name, setting)
JOIN pg_catalog.pg_settings AS known ON lower(known.name) = wanted.name)";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsPtr = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string ValueOf(const OptionsPtr& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return "";
}

/// The first line of libpq's or the server's words, as part of a message of ours.
std::string FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.starts_with(kFatal)) text.remove_prefix(kFatal.size());
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.remove_suffix(1);
  return PlainOrQuoted(text, kMessageBytesMax);
}

/// libpq has a line for each address that it tried; a server's refusal, in its own words, stands at
/// the end of the last one.
std::string LastLineOfConnecting(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string_view last = text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    // Lines that are set off are its advice.
    if (!line.starts_with('\t')) last = line;
    at = end + 1;
  }
  const size_t refusal = last.find(kFatal);
  if (refusal != std::string_view::npos) last.remove_prefix(refusal);
  return FirstLine(last);
}

std::string PlaceOf(const OptionsPtr& given) {
  const OptionsPtr defaults(PQconndefaults());
  const auto value = [&](std::string_view keyword) {
    const std::string own = ValueOf(given, keyword);
    return own.empty() ? ValueOf(defaults, keyword) : own;
  };
  std::string host = value("host");
  if (host.empty()) host = value("hostaddr");
  std::string database = value("dbname");
  if (database.empty()) database = value("user");
  return fmt::format("{}:{}/{}", host.empty() ? "(local)" : host, value("port"), database);
}

Result<OptionsPtr> ParseAddress(const std::string& address) {
  char* fault = nullptr;
  OptionsPtr given(PQconninfoParse(address.c_str(), &fault));
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(fault, &PQfreemem);
  if (given) {
    // libpq itself looks at it when it connects.
    const std::string port = ValueOf(given, "port");
    if (port.find_first_not_of("0123456789,") == std::string::npos) return given;
    return MakeError(ErrorCode::kUsage, "--sink: postgres: {} is not a port", Quote(port));
  }
  return MakeError(ErrorCode::kUsage,
                   "--sink: postgres: {}; write postgres://USER@HOST:PORT/DATABASE",
                   fault == nullptr ? "out of memory" : FirstLine(fault));
}

}  // namespace

std::optional<std::string_view> PostgresRows::at(int row, int column) const {
  if (PQgetisnull(result_.get(), row, column) != 0) return std::nullopt;
  return std::string_view(PQgetvalue(result_.get(), row, column),
                          static_cast<size_t>(PQgetlength(result_.get(), row, column)));
}

std::optional<int64_t> PostgresRows::Integer(int row, int column) const {
  const std::optional<std::string_view> text = at(row, column);
  int64_t number = 0;
  if (!text) return std::nullopt;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

int64_t PostgresRows::changed() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

ErrorCode CodeOfSqlState(std::string_view sql_state) {
  const std::string_view of_class = sql_state.substr(0, 2);
  // Wrong name or password; no right to do that.
  if (of_class == "28" || sql_state == "42501") return ErrorCode::kForbidden;
  // A value that the column cannot have, as a text with a zero byte.
  if (of_class == "22") return ErrorCode::kCorrupt;
  // A constraint, or partitions, that others made.
  if (of_class == "23") return ErrorCode::kRefused;
  return ErrorCode::kUnavailable;
}

Result<std::string> PlaceOfPostgres(const std::string& address) {
  TILLSTREAM_ASSIGN(const OptionsPtr given, ParseAddress(address));
  return PlaceOf(given);
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(const std::string& address) {
  TILLSTREAM_ASSIGN(const OptionsPtr given, ParseAddress(address));
  // What stands before dbname is a default that the address may change, what stands behind it is
  // ours.
  const char* const keywords[] = {"connect_timeout", "fallback_application_name", "dbname",
                                  "client_encoding", nullptr};
  const char* const values[] = {kConnectSeconds, "tillstream", address.c_str(), "UTF8", nullptr};
  std::unique_ptr<PGconn, PostgresFinish> session(
      PQconnectdbParams(keywords, values, /*expand_dbname=*/1));
  const std::string place = "postgres " + PlaceOf(given);
  if (session == nullptr) return MakeError(ErrorCode::kUnavailable, "{}: out of memory", place);
  if (PQstatus(session.get()) != CONNECTION_OK) {
    return MakeError(ErrorCode::kUnavailable, "{}: {}", place,
                     LastLineOfConnecting(PQerrorMessage(session.get())));
  }
  // Notices are for people at a prompt.
  PQsetNoticeProcessor(session.get(), [](void*, const char*) {}, nullptr);
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(std::move(session), place));
  TILLSTREAM_TRY(connection->Prepare());
  return connection;
}

Status PostgresConnection::Prepare() {
  TILLSTREAM_ASSIGN(const PostgresRows set, Query(kSettings));
  static_cast<void>(set);
  return Ok();
}

Error PostgresConnection::ErrorOf(const PGresult* result) const {
  const auto field = [&](int code) -> std::string {
    const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
  };
  const std::string sql_state = field(PG_DIAG_SQLSTATE);
  std::string message = FirstLine(field(PG_DIAG_MESSAGE_PRIMARY));
  // "COPY sales, line 12, column item".
  const std::string context = field(PG_DIAG_CONTEXT);
  if (context.starts_with("COPY ")) message += " (" + FirstLine(context) + ")";
  if (sql_state.empty()) message = FirstLine(PQerrorMessage(connection_.get()));
  if (message.empty()) message = "the connection is gone";
  // A server that is shut down says so, and closes the session then.
  const bool is_gone = PQstatus(connection_.get()) != CONNECTION_OK || sql_state.starts_with("57P");
  if (is_gone) message += "; what was committed stays, the next start goes on behind it";
  const ErrorCode code =
      is_gone || sql_state.empty() ? ErrorCode::kUnavailable : CodeOfSqlState(sql_state);
  return MakeError(code, "{}: {}", place_, message);
}

Status PostgresConnection::Execute(const std::string& sql) {
  const PostgresResultPtr result(PQexec(connection_.get(), sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return ErrorOf(result.get());
  return Ok();
}

Status PostgresConnection::Commit() {
  const PostgresResultPtr result(PQexec(connection_.get(), "COMMIT"));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return ErrorOf(result.get());
  // That is what a server says of one that had failed before.
  if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return Ok();
  return MakeError(ErrorCode::kUnavailable, "{}: the transaction was rolled back", place_);
}

Result<PostgresRows> PostgresConnection::Query(const std::string& sql,
                                               const Parameters& parameters) {
  std::vector<const char*> values;
  for (const auto& value : parameters) values.push_back(value ? value->c_str() : nullptr);
  PostgresResultPtr result(PQexecParams(connection_.get(), sql.c_str(),
                                        static_cast<int>(values.size()), nullptr, values.data(),
                                        nullptr, nullptr, /*resultFormat=*/0));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return ErrorOf(result.get());
  return PostgresRows(std::move(result));
}

Status PostgresConnection::BeginCopy(const std::string& sql) {
  const PostgresResultPtr result(PQexec(connection_.get(), sql.c_str()));
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) return ErrorOf(result.get());
  return Ok();
}

Status PostgresConnection::SendCopy(std::string_view data) {
  if (PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) == 1) {
    return Ok();
  }
  const PostgresResultPtr result(PQgetResult(connection_.get()));
  return ErrorOf(result.get());
}

Result<int64_t> PostgresConnection::EndCopy() {
  const int ended = PQputCopyEnd(connection_.get(), nullptr);
  PostgresResultPtr result(PQgetResult(connection_.get()));
  if (ended != 1 || PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    return ErrorOf(result.get());
  }
  const PostgresRows rows(std::move(result));
  // libpq wants to be asked until there is nothing more.
  while (PostgresResultPtr(PQgetResult(connection_.get())) != nullptr) {
  }
  return rows.changed();
}

}  // namespace tillstream
