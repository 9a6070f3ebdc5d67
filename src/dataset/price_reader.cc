#include "dataset/price_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "dataset/csv.h"
#include "model/money.h"

namespace tillstream {
namespace {

enum PriceColumn : size_t { kStore, kItem, kWeek, kPrice, kColumnCount };
constexpr std::string_view kNames[kColumnCount] = {"store_id", "item_id", "wm_yr_wk", "sell_price"};

/// Stores and weeks that are unknown are reported once each, as long as there are no more.
constexpr size_t kUnknownNamesMax = 10'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
uint32_t DigitOf(char c) { return static_cast<uint32_t>(c - '0'); }

/// A row as it stands in the file.
struct PriceRow {
  int64_t line = 0;
  std::string_view cells[kColumnCount];
};

class PriceRows {
 public:
  PriceRows(const PriceContext& context, FileFaults* faults) : context_(context), faults_(faults) {
    for (const auto& table : context_.sales->stores) {
      table_of_store_.emplace(table->store_id(), table.get());
      store_ids_.push_back(table->store_id());
    }
    if (context_.weeks != nullptr) {
      week_lines_.resize(static_cast<size_t>(context_.weeks->week_count()));
    }
  }

  void ReadRow(const PriceRow& row) {
    had_rows_ = true;
    if (row.cells[kStore] != store_id_ || row.cells[kItem] != item_id_) {
      EnterSeries(row);
      if (!week_lines_.empty()) ++series_epoch_;
    }
    const int32_t week = FindWeek(row);
    const std::optional<int32_t> cents = ReadPrice(row);
    if (week < 0 || table_ == nullptr || !cents) return;
    if (row_of_item_ < 0) {
      if (IsLeftOut(*table_)) return;
      if (unsold_prices_++ == 0) first_unsold_line_ = row.line;
      return;
    }
    WeekLine& week_line = week_lines_[static_cast<size_t>(week)];
    if (table_->SetPrice(row_of_item_, week, *cents)) {
      week_line = {series_epoch_, row.line};
      return;
    }
    // The line of the first price is known when it stands in the same run of rows.
    faults_->Add(row.line, kNames[kWeek],
                 "expected one price for item {} in store {} in week {}, found a second{}",
                 item_id_, store_id_, context_.weeks->code(week),
                 week_line.epoch == series_epoch_
                     ? fmt::format("; the first is on line {}", week_line.line)
                     : "");
  }

  /// Reads a line in Kaggle's order of columns whose store and item are those of the row before,
  /// when nothing else about it is unusual; otherwise returns false and has changed nothing, and
  /// ReadRow() is to be called.
  bool ReadFast(const Line& line) {
    const size_t size = static_cast<size_t>(line.end - line.begin);
    if (row_of_item_ < 0 || prefix_.empty() || line.has_quote || size <= prefix_.size() ||
        std::memcmp(line.begin, prefix_.data(), prefix_.size()) != 0) {
      return false;
    }
    // The comma at the line's end stops every loop over digits.
    const char* in = line.begin + prefix_.size();
    uint32_t code = 0;  // Unsigned, since a number that is too long may wrap before it is refused.
    const char* const code_begin = in;
    while (IsDigit(*in)) code = code * 10 + DigitOf(*in++);
    if (in == code_begin || in - code_begin > 9 || *in != ',') return false;
    const char* const whole_begin = ++in;
    if (in > line.end) return false;
    uint32_t cents = 0;
    while (IsDigit(*in)) cents = cents * 10 + DigitOf(*in++);
    if (in == whole_begin || in - whole_begin > 7) return false;
    cents *= 100;
    if (*in == '.') {
      if (!IsDigit(*++in)) return false;
      cents += 10 * DigitOf(*in++);
      if (IsDigit(*in)) cents += DigitOf(*in++);
    }
    if (in != line.end) return false;
    const int32_t week = FindWeekIndex(static_cast<int32_t>(code));
    if (week < 0 || !table_->SetPrice(row_of_item_, week, static_cast<int32_t>(cents))) {
      return false;
    }
    last_week_ = week;
    week_lines_[static_cast<size_t>(week)] = {series_epoch_, line.number};
    return true;
  }

  /// Whether a line in Kaggle's order of columns is the price of a store that is not to be checked.
  bool LeavesOut(const Line& line) {
    if (context_.checks_others || line.has_quote) return false;
    const std::string_view text = line.text();
    if (!left_out_.empty() && text.starts_with(left_out_)) return true;
    const auto found = table_of_store_.find(std::string(text.substr(0, text.find(','))));
    if (found == table_of_store_.end() || !IsLeftOut(*found->second)) return false;
    // Rows mostly go on with the same store.
    left_out_ = found->first + ",";
    had_rows_ = true;
    return text.starts_with(left_out_);
  }

  bool had_rows() const { return had_rows_; }
  int64_t unsold_prices() const { return unsold_prices_; }
  int64_t first_unsold_line() const { return first_unsold_line_; }

 private:
  struct WeekLine {
    int64_t epoch = 0;
    int64_t line = 0;
  };

  /// Looks up the store and the item of a row that differ from those of the row before.
  void EnterSeries(const PriceRow& row) {
    if (row.cells[kStore] != store_id_ || table_ == nullptr) {
      store_id_.assign(row.cells[kStore]);
      const auto found = table_of_store_.find(store_id_);
      table_ = found == table_of_store_.end() ? nullptr : found->second;
      if (table_ == nullptr && context_.sales->is_complete && IsNew(store_id_, &unknown_stores_)) {
        const std::string near = Nearest(store_id_, store_ids_);
        faults_->Add(row.line, kNames[kStore], "expected a store of {}, found {}{}",
                     context_.sales_file, Quote(store_id_),
                     near.empty() ? "" : "; did you mean " + near);
      }
    }
    item_id_.assign(row.cells[kItem]);
    if (item_id_.empty()) {
      faults_->Add(row.line, kNames[kItem], "expected an id, found an empty cell");
    }
    prefix_ = fmt::format("{},{},", store_id_, item_id_);
    // An id with a comma in it, which must stand in quotes, has no such beginning.
    if (std::count(prefix_.begin(), prefix_.end(), ',') != 2) prefix_.clear();
    row_of_item_ = table_ == nullptr || context_.weeks == nullptr ? -1 : table_->FindItem(item_id_);
  }

  int32_t FindWeekIndex(int32_t code) const {
    // Rows mostly go from week to week.
    const int32_t next = last_week_ + 1;
    if (next < context_.weeks->week_count() && context_.weeks->code(next) == code) return next;
    return context_.weeks->Find(code);
  }

  /// The index of the row's week, -1 when it has none.
  int32_t FindWeek(const PriceRow& row) {
    const std::string_view text = row.cells[kWeek];
    int32_t code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error != std::errc() || end != text.data() + text.size() || code < 0) {
      faults_->Add(row.line, kNames[kWeek], "expected a week as a whole number, found {}",
                   Quote(text));
      return -1;
    }
    if (context_.weeks == nullptr) return -1;
    const int32_t week = FindWeekIndex(code);
    if (week < 0) {
      if (IsNew(std::string(text), &unknown_weeks_)) {
        faults_->Add(row.line, kNames[kWeek], "expected a week of {}, found {}",
                     context_.calendar_file, Quote(text));
      }
      return -1;
    }
    last_week_ = week;
    return week;
  }

  std::optional<int32_t> ReadPrice(const PriceRow& row) {
    const std::string_view text = row.cells[kPrice];
    Cents cents = 0;
    const auto report = [&](std::string_view needed) {
      faults_->Add(row.line, kNames[kPrice], "expected {}, found {}", needed, Quote(text));
      return std::nullopt;
    };
    switch (ParsePrice(text, &cents)) {
      case PriceFault::kNone:
        return static_cast<int32_t>(cents);
      case PriceFault::kNotANumber:
        return report("a price like 9.58");
      case PriceFault::kNegative:
        return report("a price of 0 or more");
      case PriceFault::kTooManyDecimals:
        return report("a price with at most two decimals");
      case PriceFault::kTooLarge:
        return report(
            fmt::format("a price of at most {}.{:02}", kPriceCentsMax / 100, kPriceCentsMax % 100));
    }
    return std::nullopt;
  }

  bool IsLeftOut(const TiledTable& table) const {
    return !context_.checks_others && !table.keeps_units();
  }

  static bool IsNew(std::string name, std::unordered_set<std::string>* names) {
    return names->size() >= kUnknownNamesMax || names->insert(std::move(name)).second;
  }

  const PriceContext& context_;
  FileFaults* const faults_;
  std::unordered_map<std::string, TiledTable*> table_of_store_;
  std::vector<std::string> store_ids_;
  std::string left_out_;  ///< How lines of the store begin that was left out last.

  // The store and item of the row before.
  std::string store_id_;
  std::string item_id_;
  std::string prefix_;  ///< Both as a line begins with them; empty when it cannot.
  TiledTable* table_ = nullptr;
  int32_t row_of_item_ = -1;
  int32_t last_week_ = -1;

  std::vector<WeekLine> week_lines_;  ///< By week: the line of the price in this run of rows.
  int64_t series_epoch_ = 1;
  std::unordered_set<std::string> unknown_stores_;
  std::unordered_set<std::string> unknown_weeks_;
  bool had_rows_ = false;
  int64_t unsold_prices_ = 0;
  int64_t first_unsold_line_ = 0;
};

}  // namespace

Status ReadPrices(LineReader* lines, FileFaults* faults, const PriceContext& context,
                  std::vector<std::string>* notes) {
  std::vector<std::string> names;
  std::vector<size_t> columns;
  std::vector<std::string> ignored;
  const auto is_known = [](std::string_view) { return false; };
  if (!ReadHeader(lines, faults, &names) ||
      !FindColumns(names, kNames, is_known, faults, &columns, &ignored)) {
    return lines->status();
  }
  if (!ignored.empty()) notes->push_back(IgnoredColumnsNote(faults->file(), ignored));

  const bool is_kaggle_order =
      names.size() == kColumnCount && std::equal(names.begin(), names.end(), kNames);
  PriceRows rows(context, faults);
  Line line;
  PriceRow row;
  std::vector<std::string_view> cells;
  while (lines->Next(&line)) {
    if (is_kaggle_order && (rows.LeavesOut(line) || rows.ReadFast(line))) continue;
    if (!SplitRow(line, names, faults, &cells)) continue;
    row.line = line.number;
    for (size_t k = 0; k < kColumnCount; ++k) row.cells[k] = cells[columns[k]];
    rows.ReadRow(row);
  }
  TILLSTREAM_TRY(lines->status());
  if (!rows.had_rows() && lines->is_complete() && faults->count() == 0) {
    faults->Add(0, "", "expected rows after the header, found none");
  }
  if (rows.unsold_prices() > 0) {
    notes->push_back(fmt::format(
        "{}: {} price{} of items that have no row for that store in {} {} not used, the first on "
        "line {}",
        faults->file(), WithThousands(rows.unsold_prices()), rows.unsold_prices() == 1 ? "" : "s",
        context.sales_file, rows.unsold_prices() == 1 ? "is" : "are", rows.first_unsold_line()));
  }
  return Ok();
}

}  // namespace tillstream
