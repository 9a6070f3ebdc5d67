#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "consume/live_totals.h"
#include "model/date.h"

namespace tillstream {

/// A group of a closed period, with texts of its own.
struct SeenGroup {
  std::string key;  ///< "CA_1,FOODS".
  GroupTotals totals;
  std::vector<std::string> movers;  ///< "A 5<3".
};

struct SeenPeriod {
  std::string begin;
  int32_t days = 0;
  bool complete = false;
  std::vector<SeenGroup> groups;
};

inline SeenPeriod See(const PeriodTotals& totals) {
  SeenPeriod seen{FormatDate(totals.begin), totals.days, totals.complete, {}};
  for (const GroupTotals& group : totals.groups) {
    SeenGroup& copy = seen.groups.emplace_back();
    copy.totals = group;
    for (const std::string_view part : group.key) {
      if (!part.empty()) copy.key.append(copy.key.empty() ? "" : ",").append(part);
    }
    for (const Mover& mover : group.movers) {
      copy.movers.push_back(
          fmt::format("{} {}<{}", mover.item_id, mover.units, mover.units_before));
    }
    copy.totals.movers.clear();
    copy.totals.key = {};
  }
  return seen;
}

/// Feeds a LiveTotals by hand. The stream begins on 2011-01-29, d_1, a Saturday.
class LiveTotalsTest : public testing::Test {
 protected:
  struct Sale {
    const char* item;
    int32_t sold;
    std::optional<float> price;
  };

  static TopicPartition EventsOf(int32_t partition) { return {"sales", PartitionId(partition)}; }

  /// Stores CA_1, CA_2, ... of `series_count` items, a partition each.
  void Begin(TotalsShape shape, int32_t store_count = 1, int64_t series_count = 2) {
    LiveTotalsOptions options;
    options.shape = std::move(shape);
    options.first_date = options.week_anchor = *ParseDate("2011-01-29");
    for (int32_t i = 0; i < store_count; ++i) {
      options.stores.push_back({fmt::format("CA_{}", i + 1),
                                series_count,
                                {EventsOf(i)},
                                {"sales-days", PartitionId(i)}});
    }
    Begin(std::move(options));
  }
  void Begin(LiveTotalsOptions options) {
    closed_.clear();
    sums_.clear();
    first_date_ = options.first_date;
    totals_ = std::make_unique<LiveTotals>(std::move(options), [this](const PeriodTotals& totals) {
      closed_.push_back(See(totals));
      return Ok();
    });
  }

  Timestamp TimeOf(int32_t day) const { return StartOf(first_date_ + std::chrono::days(day - 1)); }

  /// One event; adds to what TotalOf() says unless it is not to be expected.
  void Sell(int32_t day, const Sale& sale, int32_t store = 1, int32_t partition = -1,
            bool is_expected = true) {
    const std::string id = fmt::format("CA_{}", store);
    const std::string item = sale.item;
    const std::string dept = item.substr(0, 1) + "_1";
    const std::string cat = item.substr(0, 1);
    const SalesRecord record{item, dept, cat, id, "CA", Day(day), sale.sold, sale.price};
    ASSERT_TRUE(
        totals_->AddSale(EventsOf(partition < 0 ? store - 1 : partition), TimeOf(day), record));
    if (!is_expected) return;
    StoreDay& sum = sums_[{store, day}];
    ++sum.events;
    sum.units += sale.sold;
    if (sale.price) {
      sum.revenue_cents += *CentsOf(*sale.price) * sale.sold;
    } else {
      sum.unpriced_units += sale.sold;
    }
  }

  /// The end-of-day total of what was sold.
  void CloseDay(int32_t day, int32_t store = 1) {
    const std::string id = fmt::format("CA_{}", store);
    StoreDay total = sums_[{store, day}];
    total.store_id = id;
    total.day = Day(day);
    ASSERT_TRUE(totals_->AddTotal(TimeOf(day), total));
  }

  void SellAndClose(int32_t day, const std::vector<Sale>& sales, int32_t store = 1) {
    for (const Sale& sale : sales) Sell(day, sale, store);
    CloseDay(day, store);
  }

  const LiveTotalsCounts& counts() const { return totals_->counts(); }

  std::unique_ptr<LiveTotals> totals_;
  std::vector<SeenPeriod> closed_;
  std::map<std::pair<int32_t, int32_t>, StoreDay> sums_;
  Date first_date_;
};

}  // namespace tillstream
