#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "consume/table_sink.h"
#include "postgres/postgres_connection.h"
#include "postgres/postgres_tables.h"

namespace tillstream {

/// How far the rows of the tables go in each partition: `tillstream_offsets`.
///
/// A partition is held by one session at a time, by an advisory lock of the server that ends with
/// the session. Each start also raises the partition's epoch, and Update() changes nothing where
/// another epoch or offset is found than its own: where the lock does not hold, as behind a pooler
/// that gives a session to several clients, the one that came last goes on and the other gets
/// kRefused.
class OffsetTable {
 public:
  /// `connection` and `clock` must outlive this. `owner` is who another consumer is told of.
  OffsetTable(PostgresConnection& connection, Clock& clock, const PostgresTables& tables,
              TableStream stream, std::string owner);

  /// Holds the partition from now on; its position, none where it has not been read yet. kRefused
  /// when another session holds it, with who, or when the tables are another stream's.
  Result<std::optional<GroupPosition>> Claim(const TopicPartition& partition);

  /// As part of the transaction that is open. kRefused when a partition was taken over.
  Status Update(const std::map<TopicPartition, GroupPosition>& positions);
  /// That transaction was committed.
  void Committed(const std::map<TopicPartition, GroupPosition>& positions);

 private:
  struct Held {
    int64_t epoch = 0;
    std::optional<Offset> next;  ///< As the table has it.
  };

  /// Waits for the end of a session that is about to end, as after a kill.
  Status Lock(const TopicPartition& partition);
  Error HeldError(const TopicPartition& partition);
  Status CheckStream();

  PostgresConnection& connection_;
  Clock& clock_;
  const PostgresTables tables_;
  const TableStream stream_;
  const std::string owner_;
  std::map<TopicPartition, Held> held_;
};

}  // namespace tillstream
