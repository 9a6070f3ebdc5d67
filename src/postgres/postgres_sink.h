#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "consume/table_sink.h"

namespace tillstream {

struct PostgresSinkOptions {
  std::string address;  ///< As PostgresConnection::Open() takes it.
  TableStream stream;
  std::string owner;  ///< Who a second consumer is told of.
  /// Called after each transaction with what was kept so far. May be empty.
  std::function<void(const TableCounts&)> on_kept = {};
};

/// "localhost:5432/retail" of an address, without its secrets; kUsage for what is no address.
Result<std::string> PlaceOfPostgres(const std::string& address);

/// Finds or makes the tables, and connects; `clock` must outlive the sink. kUnavailable and
/// kForbidden of the server, kRefused when the tables are not ours to fill.
///
/// Rows go to the server as they come, in one COPY for each transaction; only the rows of
/// `store_days`, which are few, wait in memory for the end of it.
Result<std::unique_ptr<TableSink>> OpenPostgresSink(Clock& clock, PostgresSinkOptions options);

}  // namespace tillstream
