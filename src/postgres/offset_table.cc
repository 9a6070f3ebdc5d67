#include "postgres/offset_table.h"

#include <fmt/format.h>

#include "base/text.h"

namespace tillstream {
namespace {

/// A server notices within milliseconds that the other end of a session was killed, and ends it
/// when its statement has ended.
constexpr std::chrono::seconds kLockWait{5};
constexpr std::chrono::milliseconds kLockPoll{50};

/// The two halves of a partition's lock: the table, and a hash of the partition's name.
constexpr const char* kTryLock =
    "SELECT pg_try_advisory_lock(to_regclass($1)::oid::int4, hashtext($2))";
constexpr const char* kFindHolder = R"(
SELECT lock.pid
FROM pg_catalog.pg_locks AS lock
WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 2
  AND lock.classid = to_regclass($1)::oid
  AND lock.objid = (hashtext($2)::bigint & 4294967295)::oid
  AND lock.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
LIMIT 1)";

std::string ToText(int64_t number) { return std::to_string(number); }
template <typename T>
std::optional<std::string> ToText(const std::optional<T>& number) {
  return number ? std::optional(ToText(number->value())) : std::nullopt;
}

/// "{a,b}": an array of SQL, of numbers and names of topics, which need no quotes.
class ArrayText {
 public:
  void Add(const std::optional<std::string>& value) {
    text_ += (text_.empty() ? "{" : ",") + value.value_or("NULL");
  }
  std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

OffsetTable::OffsetTable(PostgresConnection& connection, Clock& clock, const PostgresTables& tables,
                         TableStream stream, std::string owner)
    : connection_(connection),
      clock_(clock),
      tables_(tables),
      stream_(std::move(stream)),
      owner_(std::move(owner)) {}

Error OffsetTable::HeldError(const TopicPartition& partition) {
  const std::string name = partition.ToString();
  const auto owner = connection_.Query(
      fmt::format("SELECT owner FROM {} WHERE topic = $1 AND partition = $2", tables_.offsets),
      {partition.topic, ToText(partition.partition.value())});
  const auto session = connection_.Query(kFindHolder, {tables_.offsets, name});
  const std::string who = owner && owner->size() > 0 ? owner->Text(0, 0) : "another consumer";
  const std::string pid = session && session->size() > 0 ? session->Text(0, 0) : "?";
  return MakeError(ErrorCode::kRefused,
                   "{}: {}: held by {}, session {} of the server; end it, or wait until it ends",
                   connection_.place(), name, who, pid);
}

Status OffsetTable::Lock(const TopicPartition& partition) {
  const auto deadline = clock_.Monotonic() + kLockWait;
  for (;;) {
    TILLSTREAM_ASSIGN(const PostgresRows locked,
                      connection_.Query(kTryLock, {tables_.offsets, partition.ToString()}));
    if (locked.Text(0, 0) == "t") return Ok();
    if (clock_.Monotonic() >= deadline) return HeldError(partition);
    clock_.SleepUntil(clock_.Monotonic() + kLockPoll, {});
  }
}

Status OffsetTable::CheckStream() {
  TILLSTREAM_ASSIGN(const PostgresRows other,
                    connection_.Query(fmt::format("SELECT stream, run FROM {} WHERE stream <> $1 OR"
                                                  " (run <> '' AND $2 <> '' AND run <> $2) LIMIT 1",
                                                  tables_.offsets),
                                      {stream_.topic, stream_.run}));
  if (other.size() == 0) return Ok();
  const auto describe = [](const std::string& topic, const std::string& run) {
    return Quote(topic) + (run.empty() ? "" : " (" + run + ")");
  };
  return MakeError(ErrorCode::kRefused,
                   "{}: the tables hold topic {}, found {}; use another database or schema",
                   connection_.place(), describe(other.Text(0, 0), other.Text(0, 1)),
                   describe(stream_.topic, stream_.run));
}

Result<std::optional<GroupPosition>> OffsetTable::Claim(const TopicPartition& partition) {
  TILLSTREAM_TRY(Lock(partition));
  TILLSTREAM_TRY(connection_.Execute("BEGIN"));
  TILLSTREAM_TRY(LockTables(connection_));
  TILLSTREAM_TRY(CheckStream());
  TILLSTREAM_ASSIGN(
      const PostgresRows row,
      connection_.Query(
          fmt::format("INSERT INTO {} AS o (topic, partition, stream, run, epoch, owner, updated)"
                      " VALUES ($1, $2, $3, $4, 1, $5, now())"
                      " ON CONFLICT (topic, partition) DO UPDATE SET epoch = o.epoch + 1,"
                      " owner = excluded.owner, updated = now(),"
                      " run = CASE WHEN o.run = '' THEN excluded.run ELSE o.run END"
                      " RETURNING epoch, next_offset, records, last_offset, last_hash",
                      tables_.offsets),
          {partition.topic, ToText(partition.partition.value()), stream_.topic, stream_.run,
           owner_}));
  TILLSTREAM_TRY(connection_.Commit());
  Held& held = held_[partition];
  held.epoch = row.Integer(0, 0).value_or(0);
  const auto next = row.Integer(0, 1);
  if (!next) return std::optional<GroupPosition>();
  held.next = Offset(*next);
  GroupPosition position{Offset(*next), row.Integer(0, 2)};
  if (const auto last = row.Integer(0, 3)) {
    position.last = {Offset(*last), static_cast<uint64_t>(row.Integer(0, 4).value_or(0))};
  }
  return std::optional(position);
}

Status OffsetTable::Update(const std::map<TopicPartition, GroupPosition>& positions) {
  ArrayText topics, partitions, epochs, before, next, records, last_offset, last_hash;
  for (const auto& [partition, position] : positions) {
    const Held& held = held_[partition];
    topics.Add(partition.topic);
    partitions.Add(ToText(partition.partition.value()));
    epochs.Add(ToText(held.epoch));
    before.Add(ToText(held.next));
    next.Add(ToText(position.next.value()));
    records.Add(position.records_before ? std::optional(ToText(*position.records_before))
                                        : std::nullopt);
    const auto& last = position.last;
    last_offset.Add(last ? std::optional(ToText(last->offset.value())) : std::nullopt);
    last_hash.Add(last ? std::optional(ToText(static_cast<int64_t>(last->hash))) : std::nullopt);
  }
  TILLSTREAM_ASSIGN(
      const PostgresRows changed,
      connection_.Query(
          fmt::format(
              "UPDATE {} AS o SET next_offset = n.next, records = n.records,"
              " last_offset = n.last_offset, last_hash = n.last_hash, updated = now()"
              " FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[],"
              " $6::int8[], $7::int8[], $8::int8[]) AS n (topic, partition, epoch, before, next,"
              " records, last_offset, last_hash)"
              " WHERE o.topic = n.topic AND o.partition = n.partition AND o.epoch = n.epoch"
              " AND o.next_offset IS NOT DISTINCT FROM n.before",
              tables_.offsets),
          {topics.text(), partitions.text(), epochs.text(), before.text(), next.text(),
           records.text(), last_offset.text(), last_hash.text()}));
  if (changed.changed() == static_cast<int64_t>(positions.size())) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "{}: another consumer has taken the partitions over, or their offsets were "
                   "changed; what was not committed is left to it",
                   connection_.place());
}

void OffsetTable::Committed(const std::map<TopicPartition, GroupPosition>& positions) {
  for (const auto& [partition, position] : positions) held_[partition].next = position.next;
}

}  // namespace tillstream
