#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "consume/live_totals_fixture.h"

// What LiveTotals keeps up to date, added up anew from a plain list of events.

namespace tillstream {
namespace {

struct ListedSale {
  int32_t day;
  std::string store, state, cat, dept, item;
  int32_t sold;
  std::optional<int64_t> cents;
};

struct Panel {
  int32_t days = 0;
  std::vector<std::string> stores;
  std::vector<ListedSale> sales;  ///< Store by store, day by day.
};

Panel MakePanel(std::mt19937& random) {
  const auto up_to = [&](int32_t most) {
    return std::uniform_int_distribution<int32_t>(0, most)(random);
  };
  Panel panel;
  panel.days = 1 + up_to(80);
  const int32_t items = 1 + up_to(6);
  for (int32_t s = 0; s <= up_to(3); ++s) {
    const std::string store = fmt::format("S{}", s);
    panel.stores.push_back(store);
    std::vector<std::optional<int64_t>> cents(items);
    for (int32_t day = 1; day <= panel.days; ++day) {
      for (int32_t i = 0; i < items; ++i) {
        if (up_to(5) == 0)
          cents[i] = up_to(3) == 0 ? std::nullopt : std::optional(100 + up_to(900));
        panel.sales.push_back({day, store, s % 2 == 0 ? "A" : "B", fmt::format("C{}", i % 2),
                               fmt::format("D{}", i % 3), fmt::format("I{}", i),
                               up_to(2) == 0 ? 0 : up_to(9), cents[i]});
      }
    }
  }
  return panel;
}

std::string ValueOf(TotalsDimension dimension, const ListedSale& sale) {
  switch (dimension) {
    case TotalsDimension::kState:
      return sale.state;
    case TotalsDimension::kStore:
      return sale.store;
    case TotalsDimension::kCategory:
      return sale.cat;
    case TotalsDimension::kDepartment:
      return sale.dept;
    case TotalsDimension::kItem:
      return sale.item;
  }
  return "";
}

struct BruteSeries {
  int64_t units = 0;
  int64_t cents = 0;
  int64_t listed = 0;
  double price() const { return static_cast<double>(cents) / static_cast<double>(listed); }
};

/// What one group of one period comes to, by brute force.
struct BruteGroup {
  int64_t units = 0, revenue = 0, unpriced = 0, events = 0, listed = 0, zeros = 0;
  std::map<std::pair<std::string, std::string>, BruteSeries> series;  ///< By store and item.
  std::map<std::string, int64_t> items;
};

using BrutePeriods = std::map<Date, std::map<std::string, BruteGroup>>;

BrutePeriods AddUp(const Panel& panel, const TotalsShape& shape, Date first) {
  const PeriodCalendar calendar(shape.period, first);
  BrutePeriods periods;
  for (const ListedSale& sale : panel.sales) {
    std::string key;
    for (const TotalsDimension dimension : shape.dimensions) {
      key += (key.empty() ? "" : ",") + ValueOf(dimension, sale);
    }
    const Date date = first + std::chrono::days(sale.day - 1);
    BruteGroup& group = periods[calendar.BeginOf(date)][key];
    group.units += sale.sold;
    ++group.events;
    BruteSeries& series = group.series[{sale.store, sale.item}];
    series.units += sale.sold;
    group.items[sale.item] += sale.sold;
    if (!sale.cents) {
      group.unpriced += sale.sold;
      continue;
    }
    group.revenue += *sale.cents * sale.sold;
    ++group.listed;
    group.zeros += sale.sold == 0 ? 1 : 0;
    series.cents += *sale.cents;
    ++series.listed;
  }
  return periods;
}

/// Fisher's index, in floating point all the way; NaN for none.
double IndexOf(const BruteGroup& before, const BruteGroup& now) {
  double p1q0 = 0, p0q0 = 0, p1q1 = 0, p0q1 = 0;
  for (const auto& [key, one] : now.series) {
    const auto zero = before.series.find(key);
    if (zero == before.series.end() || zero->second.listed == 0 || one.listed == 0) continue;
    p1q0 += one.price() * static_cast<double>(zero->second.units);
    p0q0 += zero->second.price() * static_cast<double>(zero->second.units);
    p1q1 += one.price() * static_cast<double>(one.units);
    p0q1 += zero->second.price() * static_cast<double>(one.units);
  }
  if (p0q0 == 0 || p0q1 == 0) return std::nan("");
  return std::sqrt(p1q0 / p0q0 * (p1q1 / p0q1));
}

std::vector<std::string> MoversOf(const BruteGroup& before, const BruteGroup& now, size_t top) {
  std::vector<std::tuple<int64_t, std::string, std::string>> changes;
  for (const auto& [item, units] : now.items) {
    const auto at = before.items.find(item);
    const int64_t units_before = at == before.items.end() ? 0 : at->second;
    if (units == units_before) continue;
    changes.emplace_back(-std::abs(units - units_before), item,
                         fmt::format("{} {}<{}", item, units, units_before));
  }
  std::sort(changes.begin(), changes.end());
  std::vector<std::string> movers;
  for (size_t i = 0; i < std::min(top, changes.size()); ++i) {
    movers.push_back(std::get<2>(changes[i]));
  }
  return movers;
}

/// One partition a store, read in a random order that keeps each partition's.
std::vector<SeenPeriod> ReadAll(const Panel& panel, const TotalsShape& shape, Date first,
                                std::mt19937& random) {
  LiveTotalsOptions options;
  options.shape = shape;
  options.first_date = options.week_anchor = first;
  std::map<std::string, std::vector<const ListedSale*>> events;
  for (const ListedSale& sale : panel.sales) events[sale.store].push_back(&sale);
  for (const std::string& store : panel.stores) {
    const auto p = PartitionId(static_cast<int32_t>(options.stores.size()));
    const auto count = static_cast<int64_t>(events[store].size());
    options.stores.push_back({store, count / panel.days, {{"sales", p}}, {"days", p}});
  }
  std::vector<SeenPeriod> closed;
  LiveTotals totals(options, [&](const PeriodTotals& period) {
    closed.push_back(See(period));
    return Ok();
  });
  std::vector<size_t> next(panel.stores.size(), 0);
  std::vector<int32_t> next_total(panel.stores.size(), 1);
  const auto finished = [&](size_t s) {
    return next[s] == events[panel.stores[s]].size() && next_total[s] > panel.days;
  };
  for (size_t open = panel.stores.size(); open > 0;) {
    const size_t s = random() % panel.stores.size();
    if (finished(s)) continue;
    const std::string& store = panel.stores[s];
    const auto& of_store = events[store];
    if (random() % 8 == 0 && next_total[s] <= panel.days) {
      StoreDay total;
      total.store_id = store;
      total.day = Day(next_total[s]);
      for (const ListedSale* sale : of_store) {
        if (sale->day != next_total[s]) continue;
        ++total.events;
        total.units += sale->sold;
        total.revenue_cents += sale->cents ? *sale->cents * sale->sold : 0;
        total.unpriced_units += sale->cents ? 0 : sale->sold;
      }
      EXPECT_TRUE(totals.AddTotal(StartOf(first + std::chrono::days(next_total[s]++ - 1)), total));
    } else if (next[s] < of_store.size()) {
      const ListedSale& sale = *of_store[next[s]++];
      std::optional<float> price;
      if (sale.cents) price = PriceOf(*sale.cents);
      const SalesRecord record{sale.item,  sale.dept,     sale.cat,  sale.store,
                               sale.state, Day(sale.day), sale.sold, price};
      EXPECT_TRUE(totals.AddSale({"sales", PartitionId(static_cast<int32_t>(s))},
                                 StartOf(first + std::chrono::days(sale.day - 1)), record));
    }
    if (finished(s)) --open;
  }
  EXPECT_EQ(totals.counts().late + totals.counts().foreign + totals.counts().misdated, 0);
  return closed;
}

void ExpectEqual(const BrutePeriods& expected, const std::vector<SeenPeriod>& seen,
                 const TotalsShape& shape, Date end) {
  const bool has_item = std::find(shape.dimensions.begin(), shape.dimensions.end(),
                                  TotalsDimension::kItem) != shape.dimensions.end();
  size_t i = 0;
  const std::map<std::string, BruteGroup>* before = nullptr;
  for (const auto& [begin, groups] : expected) {
    // The last period is open unless the data ends with it.
    if (PeriodCalendar(shape.period, expected.begin()->first).EndOf(begin) > end) break;
    ASSERT_LT(i, seen.size());
    const SeenPeriod& period = seen[i++];
    EXPECT_EQ(period.begin, FormatDate(begin));
    EXPECT_TRUE(period.complete);
    ASSERT_EQ(period.groups.size(), groups.size());
    auto group = period.groups.begin();
    for (const auto& [key, sums] : groups) {
      SCOPED_TRACE(period.begin + " " + key);
      const GroupTotals& totals = group->totals;
      EXPECT_EQ(group->key, key);
      EXPECT_EQ(totals.units, sums.units);
      EXPECT_EQ(totals.revenue_cents, sums.revenue);
      EXPECT_EQ(totals.unpriced_units, sums.unpriced);
      EXPECT_EQ(totals.events, sums.events);
      EXPECT_EQ(totals.listed_events, sums.listed);
      EXPECT_EQ(totals.zero_events, sums.zeros);
      EXPECT_EQ(totals.units_before.has_value(), before != nullptr);
      if (before != nullptr) {
        const BruteGroup& past = before->at(key);
        EXPECT_EQ(totals.units_before, past.units);
        const double index = IndexOf(past, sums);
        EXPECT_EQ(totals.price_index.has_value(), !std::isnan(index));
        if (totals.price_index) {
          // Ours is of prices to a thousandth of a cent, and none is below a dollar.
          EXPECT_NEAR(*totals.price_index, index, 2e-5 * index);
        }
        const size_t top = has_item ? 0 : static_cast<size_t>(shape.top);
        EXPECT_EQ(group->movers, MoversOf(past, sums, top));
      }
      ++group;
    }
    before = &groups;
  }
  EXPECT_EQ(i, seen.size());
}

TEST(LiveTotalsRandomTest, TotalsOfRandomPanelsAreThoseOfBruteForce) {
  constexpr int kPanels = 300;
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  for (int i = 0; i < kPanels && !testing::Test::HasFailure(); ++i) {
    const Panel panel = MakePanel(random);
    const Date first = *ParseDate("2011-01-29") + std::chrono::days(random() % 400);
    TotalsShape shape;
    shape.period = static_cast<Period>(random() % 3);
    shape.top = static_cast<int32_t>(random() % 4);
    const auto one = static_cast<TotalsDimension>(random() % 5);
    const auto two = static_cast<TotalsDimension>(random() % 5);
    shape.dimensions = one == two ? std::vector{one} : std::vector{one, two};
    BrutePeriods expected = AddUp(panel, shape, first);
    ExpectEqual(expected, ReadAll(panel, shape, first, random), shape,
                first + std::chrono::days(panel.days));
  }
}

}  // namespace
}  // namespace tillstream
