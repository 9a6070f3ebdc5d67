#include <algorithm>

#include "base/check.h"
#include "base/output_file.h"
#include "dataset/dataset.h"
#include "dataset/sales_layout.h"
#include "dataset/synthetic_shape.h"

namespace tillstream {
namespace {

using synthetic::CalendarRow;
using synthetic::Item;
using synthetic::Random;
using synthetic::RandomFor;
using synthetic::Store;

/// Days that the calendar goes on after the last day of sales: M5's forecasting horizon.
constexpr int32_t kCalendarDaysAhead = 28;

void AppendNumber(int64_t number, std::string* out) {
  char digits[20];
  char* begin = digits + sizeof(digits);
  do {
    *--begin = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  out->append(begin, static_cast<size_t>(digits + sizeof(digits) - begin));
}

class Writer {
 public:
  Writer(FileSystem& files, const std::string& directory, const SyntheticOptions& options)
      : files_(files),
        directory_(directory),
        options_(options),
        stores_(synthetic::MakeStores(options.stores, options.seed)),
        items_(synthetic::MakeItems(options.items, options.seed)) {
    for (int32_t day = 1; day <= options.days + kCalendarDaysAhead; ++day) {
      calendar_.push_back(synthetic::MakeCalendarRow(day));
    }
  }

  Status Write() {
    TILLSTREAM_TRY(files_.MakeDirectory(directory_));
    TILLSTREAM_TRY(WriteCalendar());
    TILLSTREAM_ASSIGN(OutputFile sales, Create("sales_train_evaluation.csv"));
    TILLSTREAM_ASSIGN(OutputFile prices, Create("sell_prices.csv"));
    sales.buffer() = "id,item_id,dept_id,cat_id,store_id,state_id";
    for (int32_t day = 1; day <= options_.days; ++day) {
      sales.buffer() += fmt::format(",d_{}", day);
    }
    sales.buffer() += '\n';
    prices.buffer() = "store_id,item_id,wm_yr_wk,sell_price\n";
    for (size_t store = 0; store < stores_.size(); ++store) {
      for (size_t item = 0; item < items_.size(); ++item) {
        const std::vector<int32_t> week_prices = MakePrices(store, item);
        AppendPrices(stores_[store], items_[item], week_prices, &prices.buffer());
        AppendSales(store, item, week_prices, &sales.buffer());
        TILLSTREAM_TRY(prices.WriteWhenFull());
        TILLSTREAM_TRY(sales.WriteWhenFull());
      }
    }
    TILLSTREAM_TRY(prices.Close());
    TILLSTREAM_TRY(sales.Close());
    return files_.SyncDirectory(directory_);
  }

 private:
  Result<OutputFile> Create(const char* name) {
    return OutputFile::Create(files_, JoinPath(directory_, name));
  }

  Status WriteCalendar() {
    static constexpr const char* kWeekdays[] = {"Saturday",  "Sunday",   "Monday", "Tuesday",
                                                "Wednesday", "Thursday", "Friday"};
    TILLSTREAM_ASSIGN(OutputFile file, Create("calendar.csv"));
    file.buffer() =
        "date,wm_yr_wk,weekday,wday,month,year,d,event_name_1,event_type_1,event_name_2,"
        "event_type_2,snap_CA,snap_TX,snap_WI\n";
    for (size_t i = 0; i < calendar_.size(); ++i) {
      const CalendarRow& row = calendar_[i];
      const std::chrono::year_month_day fields{row.date};
      file.buffer() +=
          fmt::format("{},{},{},{},{},{},d_{},{},{},{},{},{},{},{}\n", FormatDate(row.date),
                      row.week_code, kWeekdays[row.weekday - 1], row.weekday,
                      static_cast<unsigned>(fields.month()), static_cast<int>(fields.year()), i + 1,
                      row.event_names[0], row.event_types[0], row.event_names[1],
                      row.event_types[1], int{row.snap[0]}, int{row.snap[1]}, int{row.snap[2]});
    }
    return file.Close();
  }

  /// The price of every week; kNoPrice before the release.
  std::vector<int32_t> MakePrices(size_t store, size_t item) const {
    Random random = RandomFor(options_.seed, {3, store_key(store), item_key(item)});
    const int32_t weeks = calendar_.back().week_index + 1;
    std::vector<int32_t> prices(static_cast<size_t>(weeks), kNoPrice);
    int32_t regular = items_[item].price_cents * random.Between(980, 1030) / 1000;
    for (int32_t week = items_[item].first_week; week < weeks; ++week) {
      if (random.Below(60) == 0) regular = std::max(1, regular * random.Between(950, 1080) / 1000);
      const bool is_promotion = random.Below(16) == 0;
      prices[static_cast<size_t>(week)] =
          is_promotion ? std::max(1, regular * random.Between(700, 900) / 1000) : regular;
    }
    return prices;
  }

  static void AppendPrices(const Store& store, const Item& item, const std::vector<int32_t>& prices,
                           std::string* out) {
    for (size_t week = 0; week < prices.size(); ++week) {
      if (prices[week] == kNoPrice) continue;
      const int32_t code = synthetic::MakeCalendarRow(static_cast<int32_t>(week) * 7 + 1).week_code;
      out->append(store.store_id).append(1, ',').append(item.item_id).append(1, ',');
      AppendNumber(code, out);
      out->append(1, ',');
      AppendNumber(prices[week] / 100, out);
      // As Kaggle's file has it: no zeros at the end.
      const int32_t cents = prices[week] % 100;
      if (cents != 0) {
        out->append(1, '.');
        AppendNumber(cents / 10, out);
        if (cents % 10 != 0) AppendNumber(cents % 10, out);
      }
      out->append(1, '\n');
    }
  }

  void AppendSales(size_t store_index, size_t item_index, const std::vector<int32_t>& prices,
                   std::string* out) const {
    const Store& store = stores_[store_index];
    const Item& item = items_[item_index];
    Random random = RandomFor(options_.seed, {4, store_key(store_index), item_key(item_index)});
    out->append(fmt::format("{}_{}_evaluation,{},{},{},{},{}", item.item_id, store.store_id,
                            item.item_id, item.dept_id, item.cat_id, store.store_id,
                            synthetic::kStates[store.state]));
    const int64_t rate = int64_t{item.rate} * store.level / 1024 * random.Between(512, 1536) / 1024;
    int32_t days_out_of_stock = 0;
    for (int32_t day = 0; day < options_.days; ++day) {
      const CalendarRow& row = calendar_[static_cast<size_t>(day)];
      const int32_t price = prices[static_cast<size_t>(row.week_index)];
      int32_t units = 0;
      // Draws are made whatever comes of them, so that a day does not depend on those before it
      // more than it must.
      int64_t day_rate = rate * row.factor / 1024;
      if (item.is_food && row.snap[store.state]) day_rate = day_rate * 1150 / 1024;
      if (price != kNoPrice && price < item.price_cents * 95 / 100) {
        day_rate = day_rate * 1500 / 1024;
      }
      const int32_t drawn = units_table_.Draw(day_rate, &random);
      if (days_out_of_stock > 0) {
        --days_out_of_stock;
      } else if (random.Below(300) == 0) {
        days_out_of_stock = random.Between(2, 30);
      } else if (price != kNoPrice && !row.is_closed) {
        units = drawn;
      }
      out->append(1, ',');
      AppendNumber(units, out);
    }
    out->append(1, '\n');
  }

  /// Names of stores and items as keys of random streams: the same whatever the options' counts.
  uint64_t store_key(size_t store) const { return KeyOf(stores_[store].store_id); }
  uint64_t item_key(size_t item) const { return KeyOf(items_[item].item_id); }
  static uint64_t KeyOf(std::string_view name) {
    uint64_t key = 0xCBF29CE484222325;  // FNV-1a
    for (const char c : name) key = (key ^ static_cast<uint8_t>(c)) * 0x100000001B3;
    return key;
  }

  FileSystem& files_;
  const std::string& directory_;
  const SyntheticOptions& options_;
  const std::vector<Store> stores_;
  const std::vector<Item> items_;
  const synthetic::UnitsTable units_table_;
  std::vector<CalendarRow> calendar_;
};

Status CheckRange(const char* what, int32_t value, int32_t value_max) {
  if (value >= 1 && value <= value_max) return Ok();
  return MakeError(ErrorCode::kUsage, "{}: expected 1 to {}, found {}", what, value_max, value);
}

}  // namespace

Status WriteSyntheticDataset(FileSystem& files, const std::string& directory,
                             const SyntheticOptions& options) {
  TILLSTREAM_TRY(CheckRange("stores", options.stores, kSyntheticStoresMax));
  TILLSTREAM_TRY(CheckRange("items", options.items, kSyntheticItemsMax));
  TILLSTREAM_TRY(CheckRange("days", options.days, kDayCountMax - kCalendarDaysAhead));
  return Writer(files, directory, options).Write();
}

}  // namespace tillstream
