#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "model/date.h"

namespace tillstream {

/// A dataset small enough to write down in a test. What is not set has a plain default, so that a
/// test names only what it is about:
///
///     SmallDataset dataset;
///     dataset.days = 3;
///     dataset.cells[{"CA_1", "FOODS_1_001", 2}] = 70'000;
///     dataset.prices[{"CA_1", "FOODS_1_001", 11101}] = std::nullopt;  // not listed that week
///     dataset.Write(folder.path());
struct SmallDataset {
  std::vector<std::string> stores = {"CA_1", "TX_1"};  ///< The state is what stands before the "_".
  std::vector<std::string> items = {"FOODS_1_001", "FOODS_1_002",
                                    "HOBBIES_1_001"};  ///< <category>_<n>_<number>
  int32_t days = 10;  ///< Of sales, from 2011-01-29, a Saturday, on which week 11101 begins.
  int32_t calendar_days = 14;  ///< At least `days`; the calendar is made as long as that.
  bool evaluation = true;      ///< Which of Kaggle's two sales files.

  /// Units by store, item and day; DefaultUnits() where there is no entry.
  std::map<std::tuple<std::string, std::string, int32_t>, int32_t> cells;

  /// Cents by store, item and week code; none for an item that is not listed. DefaultCents() where
  /// there is no entry.
  std::map<std::tuple<std::string, std::string, int32_t>, std::optional<int32_t>> prices;

  /// 0 to 4, zero more often than the others.
  static int32_t DefaultUnits(size_t store, size_t item, int32_t day) {
    const auto mixed = (store * 7 + item * 3 + static_cast<size_t>(day) * 5) % 9;
    return mixed < 5 ? 0 : static_cast<int32_t>(mixed) - 4;
  }
  static int32_t DefaultCents(size_t item) { return 101 + 99 * static_cast<int32_t>(item); }
  static int32_t WeekOf(int32_t day) { return 11101 + (day - 1) / 7; }

  int32_t UnitsOf(size_t store, size_t item, int32_t day) const {
    const auto found = cells.find({stores[store], items[item], day});
    return found == cells.end() ? DefaultUnits(store, item, day) : found->second;
  }
  std::optional<int32_t> CentsOf(size_t store, size_t item, int32_t week) const {
    const auto found = prices.find({stores[store], items[item], week});
    return found == prices.end() ? DefaultCents(item) : found->second;
  }

  std::string CalendarCsv() const {
    std::string text = "date,wm_yr_wk,d\n";
    const Date first = *ParseDate("2011-01-29");
    for (int32_t day = 1; day <= std::max(days, calendar_days); ++day) {
      text += fmt::format("{},{},d_{}\n", FormatDate(first + std::chrono::days(day - 1)),
                          WeekOf(day), day);
    }
    return text;
  }

  std::string SalesCsv() const {
    std::string text = "id,item_id,dept_id,cat_id,store_id,state_id";
    for (int32_t day = 1; day <= days; ++day) text += fmt::format(",d_{}", day);
    text += '\n';
    for (size_t store = 0; store < stores.size(); ++store) {
      for (size_t item = 0; item < items.size(); ++item) {
        const std::string& id = items[item];
        text += fmt::format("{}_{}_{},{},{},{},{},{}", id, stores[store],
                            evaluation ? "evaluation" : "validation", id,
                            id.substr(0, id.rfind('_')), id.substr(0, id.find('_')), stores[store],
                            stores[store].substr(0, stores[store].find('_')));
        for (int32_t day = 1; day <= days; ++day) {
          text += fmt::format(",{}", UnitsOf(store, item, day));
        }
        text += '\n';
      }
    }
    return text;
  }

  std::string PricesCsv() const {
    std::string text = "store_id,item_id,wm_yr_wk,sell_price\n";
    for (size_t store = 0; store < stores.size(); ++store) {
      for (size_t item = 0; item < items.size(); ++item) {
        for (int32_t week = WeekOf(1); week <= WeekOf(std::max(days, calendar_days)); ++week) {
          const std::optional<int32_t> cents = CentsOf(store, item, week);
          if (!cents) continue;
          text += fmt::format("{},{},{},{}.{:02}\n", stores[store], items[item], week, *cents / 100,
                              *cents % 100);
        }
      }
    }
    return text;
  }

  std::string SalesFile() const {
    return evaluation ? "sales_train_evaluation.csv" : "sales_train_validation.csv";
  }

  /// Writes the three files into a folder that is there.
  void Write(const std::string& directory) const {
    WriteText(directory + "/calendar.csv", CalendarCsv());
    WriteText(directory + "/" + SalesFile(), SalesCsv());
    WriteText(directory + "/sell_prices.csv", PricesCsv());
  }

 private:
  static void WriteText(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    TILLSTREAM_CHECK_MSG(file.good(), path);
  }
};

}  // namespace tillstream
