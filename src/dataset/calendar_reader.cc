#include "dataset/calendar_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>

#include "base/text.h"
#include "dataset/csv.h"
#include "dataset/sales_layout.h"

namespace tillstream {
namespace {

enum CalendarColumn : size_t { kCalendarDate, kCalendarWeek, kCalendarDay, kCalendarColumnCount };
constexpr std::string_view kCalendarColumns[kCalendarColumnCount] = {"date", "wm_yr_wk", "d"};

constexpr std::string_view kSnapPrefix = "snap_";
constexpr size_t kNoColumn = SIZE_MAX;

/// Kaggle's other columns: known, and not needed to replay sales.
constexpr std::string_view kKnownNames[] = {
    "weekday",      "wday",         "month",   "year",    "event_name_1", "event_type_1",
    "event_name_2", "event_type_2", "snap_CA", "snap_TX", "snap_WI"};

/// A whole number without sign in all of `text`.
std::optional<int32_t> ParseNumber(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text[0] == '-') {
    return std::nullopt;
  }
  return number;
}

/// Numbers that should follow each other. After a fault either the number that was expected next or
/// the one behind what was found is right, so that one slip is one fault.
class Sequence {
 public:
  /// Any number may be first.
  Sequence() = default;
  explicit Sequence(int64_t first) : has_expected_(true), expected_(first) {}

  bool Accept(int64_t found) {
    const bool is_right = !has_expected_ || found == expected_ || found == alternative_;
    alternative_ = is_right ? kNone : found + 1;
    expected_ = is_right ? found + 1 : expected_ + 1;
    has_expected_ = true;
    return is_right;
  }
  /// Passes over a place whose number cannot be read.
  void Skip() {
    if (has_expected_) ++expected_;
    if (alternative_ != kNone) ++alternative_;
  }
  int64_t expected() const { return expected_; }

 private:
  static constexpr int64_t kNone = INT64_MIN;
  bool has_expected_ = false;
  int64_t expected_ = 0;
  int64_t alternative_ = kNone;
};

/// The columns that may be missing: events and SNAP.
struct OptionalColumns {
  explicit OptionalColumns(const std::vector<std::string>& names) {
    const auto find = [&names](std::string_view name) {
      const auto found = std::find(names.begin(), names.end(), name);
      return found == names.end() ? kNoColumn : static_cast<size_t>(found - names.begin());
    };
    for (size_t k = 0; k < event_names.size(); ++k) {
      event_names[k] = find(fmt::format("event_name_{}", k + 1));
      event_types[k] = find(fmt::format("event_type_{}", k + 1));
    }
    for (size_t i = 0; i < names.size() && snaps.size() < kSnapStatesMax; ++i) {
      if (!names[i].starts_with(kSnapPrefix)) continue;
      snaps.push_back(i);
      snap_states.push_back(names[i].substr(kSnapPrefix.size()));
    }
  }

  std::array<size_t, 2> event_names{};
  std::array<size_t, 2> event_types{};
  std::vector<size_t> snaps;
  std::vector<std::string> snap_states;
};

class CalendarRows {
 public:
  explicit CalendarRows(FileFaults* faults) : faults_(faults) {}

  void ReadRow(int64_t line, std::string_view date_text, std::string_view week_text,
               std::string_view day_text) {
    const int64_t expected_day = days_.expected();
    std::optional<int64_t> jump;  // How far the day number is ahead, when it is wrong.
    std::optional<int32_t> day;
    if (day_text.starts_with("d_")) day = ParseNumber(day_text.substr(2));
    if (!day || fmt::format("d_{}", *day) != day_text) {
      faults_->Add(line, kCalendarColumns[kCalendarDay], "expected \"d_{}\", found {}",
                   expected_day, Quote(day_text));
      days_.Skip();
    } else if (!days_.Accept(*day)) {
      faults_->Add(line, kCalendarColumns[kCalendarDay], "expected \"d_{}\", found {}",
                   expected_day, Quote(day_text));
      jump = *day - expected_day;
    }
    CheckDate(line, date_text, jump);
    const std::optional<int32_t> week = ParseNumber(week_text);
    if (!week) {
      faults_->Add(line, kCalendarColumns[kCalendarWeek],
                   "expected a week as a whole number, found {}", Quote(week_text));
    }
    calendar_.push_back({date_, week.value_or(0)});
  }

  /// Completes the row that was read last.
  void ReadOptional(int64_t line, const OptionalColumns& columns,
                    std::span<const std::string_view> cells) {
    CalendarDay& day = calendar_.back();
    const auto text_of = [&](size_t column) {
      return column == kNoColumn ? std::string() : std::string(cells[column]);
    };
    for (size_t k = 0; k < day.events.size(); ++k) {
      day.events[k] = {text_of(columns.event_names[k]), text_of(columns.event_types[k])};
    }
    for (size_t k = 0; k < columns.snaps.size(); ++k) {
      const std::string_view cell = cells[columns.snaps[k]];
      if (cell == "1") {
        day.snap |= uint32_t{1} << k;
      } else if (cell != "0" && !cell.empty()) {
        faults_->Add(line, "snap_" + columns.snap_states[k], "expected 0 or 1, found {}",
                     Quote(cell));
      }
    }
  }

  /// Passes over a row that cannot be read.
  void SkipRow() {
    days_.Skip();
    dates_.Skip();
  }

  std::vector<CalendarDay> Take() { return std::move(calendar_); }
  bool empty() const { return calendar_.empty(); }

 private:
  void CheckDate(int64_t line, std::string_view text, std::optional<int64_t> day_jump) {
    const int64_t expected = dates_.expected();
    const Result<Date> date = ParseDate(text);
    if (!date) {
      faults_->Add(line, kCalendarColumns[kCalendarDate], "{}", date.error().message);
      dates_.Skip();
      return;
    }
    date_ = *date;
    const int64_t number = date->time_since_epoch().count();
    if (dates_.Accept(number)) return;
    // A row that is missing, or there twice, shows in both columns; once is enough.
    if (day_jump == number - expected) return;
    faults_->Add(line, kCalendarColumns[kCalendarDate], "expected {}, the next date, found {}",
                 FormatDate(Date(std::chrono::days(expected))), text);
  }

  FileFaults* const faults_;
  Sequence days_{1};
  Sequence dates_;
  Date date_;
  std::vector<CalendarDay> calendar_;
};

}  // namespace

Result<std::shared_ptr<const Calendar>> ReadCalendar(LineReader* lines, FileFaults* faults,
                                                     std::vector<std::string>* notes) {
  const auto is_known = [](std::string_view name) {
    return std::find(std::begin(kKnownNames), std::end(kKnownNames), name) !=
               std::end(kKnownNames) ||
           name.starts_with(kSnapPrefix);
  };
  std::vector<std::string> names;
  std::vector<size_t> columns;
  std::vector<std::string> ignored;
  if (!ReadHeader(lines, faults, &names) ||
      !FindColumns(names, kCalendarColumns, is_known, faults, &columns, &ignored)) {
    TILLSTREAM_TRY(lines->status());
    return std::shared_ptr<const Calendar>();
  }
  if (!ignored.empty()) notes->push_back(IgnoredColumnsNote(faults->file(), ignored));

  const OptionalColumns optional(names);
  CalendarRows rows(faults);
  Line line;
  std::vector<std::string_view> cells;
  int64_t dropped_lines = lines->dropped_lines();
  while (lines->Next(&line)) {
    for (; dropped_lines < lines->dropped_lines(); ++dropped_lines) rows.SkipRow();
    if (!SplitRow(line, names, faults, &cells)) {
      rows.SkipRow();
      continue;
    }
    rows.ReadRow(line.number, cells[columns[kCalendarDate]], cells[columns[kCalendarWeek]],
                 cells[columns[kCalendarDay]]);
    rows.ReadOptional(line.number, optional, cells);
  }
  TILLSTREAM_TRY(lines->status());
  if (rows.empty() && lines->is_complete() && faults->count() == 0) {
    faults->Add(0, "", "expected rows after the header, found none");
  }
  if (faults->count() > 0 || !lines->is_complete()) return std::shared_ptr<const Calendar>();
  return std::make_shared<const Calendar>(rows.Take(), optional.snap_states);
}

}  // namespace tillstream
