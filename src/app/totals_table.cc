#include "app/totals_table.h"

#include <algorithm>
#include <cstdlib>

#include "app/table.h"
#include "base/result.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Movers in a row at most; what is published has all.
constexpr size_t kMoversShown = 3;

std::string Printable(std::string_view text) {
  return IsPrintableUtf8(text) ? std::string(text) : Quote(text);
}

int64_t ChangeOf(const GroupTotals& group) {
  return group.units_before ? group.units - *group.units_before : 0;
}

std::string MoversText(const std::vector<Mover>& movers) {
  std::string text;
  for (size_t i = 0; i < std::min(movers.size(), kMoversShown); ++i) {
    text += fmt::format("{}{} {:+}", i > 0 ? ", " : "", Printable(movers[i].item_id),
                        movers[i].units - movers[i].units_before);
  }
  return text;
}

std::string MoneyText(Cents cents) {
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", WithThousands(std::abs(cents / 100)),
                     std::abs(cents % 100));
}

/// The groups to show, by key.
std::vector<const GroupTotals*> Choose(const std::vector<GroupTotals>& groups) {
  std::vector<const GroupTotals*> chosen;
  for (const GroupTotals& group : groups) chosen.push_back(&group);
  if (chosen.size() <= kTableGroupsMax) return chosen;
  const auto by_key = [](const GroupTotals* a, const GroupTotals* b) { return a->key < b->key; };
  std::sort(chosen.begin(), chosen.end(), [&](const GroupTotals* a, const GroupTotals* b) {
    const int64_t of_a = std::abs(ChangeOf(*a));
    const int64_t of_b = std::abs(ChangeOf(*b));
    return of_a != of_b ? of_a > of_b : by_key(a, b);
  });
  chosen.resize(kTableGroupsMax);
  std::sort(chosen.begin(), chosen.end(), by_key);
  return chosen;
}

/// The units of the same group in another period; empty where it has none.
std::string UnitsIn(const PeriodTotals& period, const GroupTotals& group) {
  const auto at =
      std::lower_bound(period.groups.begin(), period.groups.end(), group,
                       [](const GroupTotals& a, const GroupTotals& b) { return a.key < b.key; });
  if (at == period.groups.end() || at->key != group.key) return "";
  return WithThousands(at->units);
}

}  // namespace

std::string NameOfPeriod(const PeriodTotals& totals) {
  const Date last = totals.end - std::chrono::days(1);
  if (totals.period == Period::kDay) return "day " + FormatDate(totals.begin);
  return fmt::format("{} {} to {}", PeriodName(totals.period), FormatDate(totals.begin),
                     FormatDate(last));
}

std::string DescribeRunning(const PeriodTotals& running, std::string_view slowest_store) {
  return fmt::format("{}: {} of {} days closed, waits for store {}", NameOfPeriod(running),
                     running.days, (running.end - running.begin).count(), Printable(slowest_store));
}

std::string TotalsTable(const TotalsShape& shape, const PeriodTotals& closed,
                        const PeriodTotals* running) {
  std::string text = NameOfPeriod(closed);
  const auto period_days = (closed.end - closed.begin).count();
  if (closed.days < period_days) {
    text += fmt::format(", {} of {} days in the stream", closed.days, period_days);
  }
  text += closed.complete ? "\n" : ", not complete: events or end-of-day totals are missing\n";
  std::vector<std::string> header;
  for (const TotalsDimension dimension : shape.dimensions) {
    header.emplace_back(DimensionName(dimension));
  }
  header.insert(header.end(), {"units", "change", "revenue", "zeros", "prices"});
  if (running != nullptr) header.emplace_back("since then");
  header.emplace_back("top movers");
  Table table(std::move(header));
  const auto chosen = Choose(closed.groups);
  for (const GroupTotals* group : chosen) {
    std::vector<std::string> row;
    for (size_t i = 0; i < shape.dimensions.size(); ++i) row.push_back(Printable(group->key[i]));
    row.push_back(WithThousands(group->units));
    row.push_back(group->units_before ? WithThousands(ChangeOf(*group)) : "");
    row.push_back(MoneyText(group->revenue_cents));
    const auto zeros = group->ShareOfZeros();
    row.push_back(zeros ? fmt::format("{:.1f} %", *zeros * 100) : "");
    row.push_back(group->price_index ? fmt::format("{:.4f}", *group->price_index) : "");
    if (running != nullptr) row.push_back(UnitsIn(*running, *group));
    row.push_back(MoversText(group->movers));
    table.Add(std::move(row));
  }
  text += table.ToString();
  if (chosen.size() < closed.groups.size()) {
    text += fmt::format("the {} of {} that changed most\n", chosen.size(),
                        WithThousands(static_cast<int64_t>(closed.groups.size())));
  }
  return text;
}

}  // namespace tillstream
