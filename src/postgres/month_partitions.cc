#include "postgres/month_partitions.h"

#include <fmt/format.h>

#include <algorithm>

#include "postgres/postgres_tables.h"

namespace tillstream {
namespace {

/// What the bounds of a partition say, as days since 1970: "FOR VALUES FROM ('2011-01-01') TO
/// ('2011-02-01')", with MINVALUE or MAXVALUE as null, and "DEFAULT".
constexpr const char* kBounds = R"(
SELECT bound = 'DEFAULT',
       substring(bound from 'FROM \(''(\d+-\d\d-\d\d)''\)')::date - '1970-01-01'::date,
       substring(bound from 'TO \(''(\d+-\d\d-\d\d)''\)')::date - '1970-01-01'::date
FROM (SELECT pg_get_expr(part.relpartbound, part.oid) AS bound
      FROM pg_catalog.pg_inherits AS child
      JOIN pg_catalog.pg_class AS part ON part.oid = child.inhrelid
      WHERE child.inhparent = to_regclass($1)) AS bounds)";

constexpr const char* kIsByDate = R"(
SELECT TRUE
FROM pg_catalog.pg_partitioned_table AS parted
JOIN pg_catalog.pg_attribute AS key
  ON key.attrelid = parted.partrelid AND key.attnum = parted.partattrs[0]
WHERE parted.partrelid = to_regclass($1) AND parted.partstrat = 'r' AND parted.partnatts = 1
  AND key.attname = 'date')";

Date DateOfDays(int64_t days) { return Date(std::chrono::days(days)); }

}  // namespace

Month MonthOf(Date date) {
  const std::chrono::year_month_day day(date);
  const std::chrono::year_month month = day.year() / day.month();
  return {
      fmt::format("_{:04}_{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month())),
      Date(month / 1), Date((month + std::chrono::months(1)) / 1)};
}

Status MonthPartitions::Load() {
  TILLSTREAM_ASSIGN(const PostgresRows by_date, connection_.Query(kIsByDate, {table_}));
  takes_all_ = by_date.size() == 0;
  if (takes_all_) return Ok();
  TILLSTREAM_ASSIGN(const PostgresRows bounds, connection_.Query(kBounds, {table_}));
  ranges_.clear();
  for (int row = 0; row < bounds.size(); ++row) {
    if (bounds.Text(row, 0) == "t") takes_all_ = true;
    const auto begin = bounds.Integer(row, 1);
    const auto end = bounds.Integer(row, 2);
    ranges_.push_back(
        {begin ? DateOfDays(*begin) : Date::min(), end ? DateOfDays(*end) : Date::max()});
  }
  return Ok();
}

bool MonthPartitions::Covers(Date date) const {
  return takes_all_ || std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
           return range.begin <= date && date < range.end;
         });
}

Status MonthPartitions::Make(Date date) {
  TILLSTREAM_TRY(LockTables(connection_));
  TILLSTREAM_TRY(Load());
  if (Covers(date)) return Ok();
  const Month month = MonthOf(date);
  // "retail.sales_2011_01"; a quoted name ends with its quote.
  std::string name = table_;
  name.insert(name.ends_with('"') ? name.size() - 1 : name.size(), month.suffix);
  // Made first and then attached, which holds up nobody who reads or writes the table.
  TILLSTREAM_TRY(connection_.Execute(
      fmt::format("CREATE TABLE {0} (LIKE {1} INCLUDING ALL EXCLUDING INDEXES);"
                  "ALTER TABLE {1} ATTACH PARTITION {0} FOR VALUES FROM ('{2}') TO ('{3}')",
                  name, table_, FormatDate(month.begin), FormatDate(month.end))));
  ranges_.push_back({month.begin, month.end});
  return Ok();
}

}  // namespace tillstream
