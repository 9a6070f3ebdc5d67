#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "dataset/faults.h"
#include "dataset/store_table.h"
#include "model/date.h"
#include "model/ids.h"

namespace tillstream {

/// What happens on a day: "SuperBowl", "Sporting".
struct CalendarEvent {
  std::string name;  ///< Empty for none.
  std::string type;
};

/// One row of calendar.csv, as far as anyone here uses it.
struct CalendarDay {
  Date date;
  int32_t week = 0;                       ///< wm_yr_wk, the week that prices are given for.
  std::array<CalendarEvent, 2> events{};  ///< event_name_1 and _2; empty where no column is.
  uint32_t snap = 0;                      ///< Bit k: SNAP is accepted in snap_states()[k].
};

/// Most snap_<STATE> columns that are kept: the bits of CalendarDay::snap.
inline constexpr size_t kSnapStatesMax = 32;

/// The calendar: d_1 is the first day; dates follow each other without a gap. It may go on beyond
/// the last day of sales.
class Calendar {
 public:
  explicit Calendar(std::vector<CalendarDay> days, std::vector<std::string> snap_states = {})
      : days_(std::move(days)), snap_states_(std::move(snap_states)) {}
  int32_t day_count() const { return static_cast<int32_t>(days_.size()); }
  /// `day` must be in [1, day_count()].
  const CalendarDay& at(Day day) const { return days_[static_cast<size_t>(day.value() - 1)]; }
  Date first_date() const { return days_.front().date; }
  /// The states that have a snap_<STATE> column, in the order of the columns.
  const std::vector<std::string>& snap_states() const { return snap_states_; }

  /// The same days and weeks with all dates moved by `weeks`, so that each keeps its weekday.
  Calendar Moved(std::chrono::weeks weeks) const {
    std::vector<CalendarDay> days = days_;
    for (CalendarDay& day : days) day.date += weeks;
    return Calendar(std::move(days));
  }

 private:
  std::vector<CalendarDay> days_;
  std::vector<std::string> snap_states_;
};

/// A dataset in memory: right in every respect that `tillstream check` looks at.
struct Dataset {
  std::string sales_file;          ///< Name of the sales file that was read.
  std::vector<std::string> notes;  ///< What the user should know: which sales file was chosen,
                                   ///< columns ignored, prices of items without sales.
  std::shared_ptr<const Calendar> calendar;
  std::vector<std::string> store_ids;                     ///< All stores of the sales file, sorted.
  std::vector<std::shared_ptr<const StoreTable>> stores;  ///< The stores asked for, by id.
  int32_t day_count = 0;     ///< Days with sales, the same for every store.
  int64_t series_count = 0;  ///< Over the stores asked for.
};

struct LoadOptions {
  /// Stores to keep; empty for all. Rows of others are checked and not kept. An unknown id is
  /// kUsage with "did you mean".
  std::vector<std::string> stores;
  /// Whether rows of other stores are checked too. Without, nothing is kept of them but that there
  /// is such a store, which takes a third of the time and of the memory: for a process that knows
  /// that the dataset was checked a moment ago.
  bool checks_others = true;
  /// Called now and then with bytes of input read so far and in total (compressed sizes).
  std::function<void(int64_t done_bytes, int64_t total_bytes)> progress;
};

/// kUsage, with "did you mean", when one of `wanted` is not among `ids`, the stores of
/// `sales_file`.
Status CheckStoreIds(const std::vector<std::string>& wanted, const std::vector<std::string>& ids,
                     const std::string& sales_file);

/// Reads sales_train_{evaluation,validation}.csv[.gz], calendar.csv[.gz] and sell_prices.csv[.gz]
/// from `directory`. Faults of the content go to `faults`, which is empty before; the result is an
/// Error exactly when there is at least one (kBadInput, FaultList::ToError()), or `directory` is no
/// folder (kBadInput), the options are wrong (kUsage), or reading failed (kIoError).
///
/// Files are streamed: peak memory is that of the tables plus a few MiB. One thread.
Result<Dataset> LoadDataset(FileSystem& files, const std::string& directory,
                            const LoadOptions& options, FaultList* faults);

/// The same for calendar.csv[.gz] alone.
Result<std::shared_ptr<const Calendar>> LoadCalendar(FileSystem& files,
                                                     const std::string& directory,
                                                     FaultList* faults);

/// Most stores and items of a synthetic dataset: beyond any retailer's, within memory.
inline constexpr int32_t kSyntheticStoresMax = 10'000;
inline constexpr int32_t kSyntheticItemsMax = 100'000;

struct SyntheticOptions {
  int32_t stores = 10;  ///< Over 3 states.
  int32_t items = 300;  ///< Over 3 categories and 7 departments.
  int32_t days = 400;
  uint64_t seed = 1;
};

/// Writes an M5-shaped dataset in Kaggle's file formats (plain CSV) into `directory`, made when it
/// is not there: weekday, season, SNAP and event effects, prices with promotions, late releases,
/// many zeros. The same options give the same bytes on every machine; with more days, a store's
/// days and prices before those stay the same. Existing files of the same names are replaced.
///
/// Errors: kUsage for a number out of range, kIoError.
Status WriteSyntheticDataset(FileSystem& files, const std::string& directory,
                             const SyntheticOptions& options);

}  // namespace tillstream
