#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "testing/memory_files.h"
#include "testing/small_dataset.h"

namespace tillstream {

/// A small dataset in memory that a test spoils and loads. For tests of dataset/ only.
class DatasetFixture : public testing::Test {
 protected:
  static constexpr const char* kSales = "sales_train_evaluation.csv";
  static constexpr const char* kCalendar = "calendar.csv";
  static constexpr const char* kPrices = "sell_prices.csv";

  DatasetFixture() { Reset(SmallDataset()); }

  void Reset(const SmallDataset& small) {
    files_.contents = {{small.SalesFile(), small.SalesCsv()},
                       {kCalendar, small.CalendarCsv()},
                       {kPrices, small.PricesCsv()}};
  }

  /// Replaces the one place where `from` stands.
  void Change(const std::string& file, const std::string& from, const std::string& to) {
    std::string& content = files_.contents[file];
    const size_t place = content.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    ASSERT_EQ(content.find(from, place + 1), std::string::npos) << "more than once: " << from;
    content.replace(place, from.size(), to);
  }

  /// The line, without its line break; 1-based.
  static size_t LineBegin(const std::string& content, int64_t line) {
    size_t begin = 0;
    for (; line > 1; --line) begin = content.find('\n', begin) + 1;
    return begin;
  }
  std::string LineAt(const std::string& file, int64_t line) {
    const std::string& content = files_.contents[file];
    const size_t begin = LineBegin(content, line);
    return content.substr(begin, content.find('\n', begin) - begin);
  }
  void SetLine(const std::string& file, int64_t line, const std::string& text) {
    std::string& content = files_.contents[file];
    const size_t begin = LineBegin(content, line);
    content.replace(begin, content.find('\n', begin) - begin, text);
  }
  void InsertLine(const std::string& file, int64_t line, const std::string& text) {
    std::string& content = files_.contents[file];
    content.insert(LineBegin(content, line), text + "\n");
  }

  Result<Dataset> Load(const LoadOptions& options = {}) {
    faults_ = FaultList();
    return LoadDataset(files_, "data", options, &faults_);
  }

  /// All faults as the user sees them; fails the test when error and faults do not agree.
  std::vector<std::string> Faults() {
    const Result<Dataset> dataset = Load();
    EXPECT_EQ(dataset.has_value(), faults_.empty());
    if (!dataset) {
      EXPECT_EQ(dataset.error().code, ErrorCode::kBadInput);
    }
    std::vector<std::string> texts;
    for (const Fault& fault : faults_.faults()) texts.push_back(fault.ToString());
    return texts;
  }

  /// Everything that a dataset says, as text: two are the same when these are.
  static std::string Describe(const Dataset& dataset) {
    std::string text = fmt::format("{} days, {} series\n", dataset.day_count, dataset.series_count);
    DaySlice slice;
    for (const auto& store : dataset.stores) {
      text += fmt::format("{} {}\n", store->store_id(), store->state_id());
      for (const Series& series : store->series()) {
        text += fmt::format("{} {} {}\n", series.item_id, series.dept_id, series.cat_id);
      }
      for (Day day(1); day.value() <= dataset.day_count; ++day) {
        store->CopyDay(day, &slice);
        text += FormatDate(dataset.calendar->at(day).date);
        for (size_t i = 0; i < slice.units.size(); ++i) {
          text += fmt::format(" {}@{}", slice.units[i], slice.price_cents[i]);
        }
        text += '\n';
      }
    }
    return text;
  }

  MemoryFiles files_;
  FaultList faults_;
};

}  // namespace tillstream
