#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/date.h"
#include "postgres/postgres_connection.h"

namespace tillstream {

/// The partitions of `sales`: one a month, made when its first row comes. Partitions that somebody
/// else made are used as they are, and a table that is not partitioned by `date` is left alone.
class MonthPartitions {
 public:
  /// `connection` must outlive this; `table` is its name with the schema.
  MonthPartitions(PostgresConnection& connection, std::string table)
      : connection_(connection), table_(std::move(table)) {}

  /// Looks at what is there.
  Status Load();

  /// Whether a row of `date` has a place, as far as is known.
  bool Covers(Date date) const;

  /// Makes the partition of the month that `date` is in, unless another consumer did meanwhile.
  /// Needs a transaction, in which it holds the tables' lock from then on: a new partition is
  /// there for all when that ends.
  Status Make(Date date);

 private:
  /// Dates from `begin`, to `end` excluded.
  struct Range {
    Date begin;
    Date end;
  };

  PostgresConnection& connection_;
  const std::string table_;
  bool takes_all_ = false;  ///< Not partitioned by date, or with a place for whatever is left.
  std::vector<Range> ranges_;
};

/// Months as partitions are named: "sales_2011_01", with their first date and that of the next one.
struct Month {
  std::string suffix;  ///< "_2011_01".
  Date begin;
  Date end;
};
Month MonthOf(Date date);

}  // namespace tillstream
