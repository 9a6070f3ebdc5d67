#include "dataset/sales_reader.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "dataset/csv.h"
#include "dataset/sales_layout.h"
#include "dataset/text_index.h"
#include "dataset/tiled_table.h"
#include "model/names.h"

namespace tillstream {
namespace {

/// Reads the rows behind the header.
class SalesRows {
 public:
  SalesRows(const SalesLayout& layout, FileFaults* faults,
            const std::function<bool(const std::string&)>& keeps_units, bool checks_others)
      : layout_(layout),
        faults_(faults),
        keeps_units_(keeps_units),
        checks_others_(checks_others),
        stride_((static_cast<size_t>(layout.day_count()) + 7) / 8 * 8),
        pending_(stride_ * kTileRows) {}

  void ReadAll(LineReader* lines) {
    Line line;
    while (lines->Next(&line)) ReadRow(line);
    Flush();
  }

  std::vector<std::unique_ptr<TiledTable>> TakeStores() {
    std::vector<std::unique_ptr<TiledTable>> stores;
    for (auto& [id, store] : stores_) stores.push_back(std::move(store.table));
    std::sort(stores.begin(), stores.end(),
              [](const auto& a, const auto& b) { return a->store_id() < b->store_id(); });
    return stores;
  }
  bool is_complete() const { return is_complete_; }
  bool had_rows() const { return had_rows_; }

 private:
  struct Store {
    std::unique_ptr<TiledTable> table;
    int64_t line;  ///< Where it came first.
  };
  struct Item {
    std::string dept_id;
    std::string cat_id;
    int64_t line;  ///< Where it came first; 0 when it was wrong there.
  };

  void ReadRow(const Line& line) {
    had_rows_ = true;
    if (!checks_others_ && layout_.ParseTexts(line, &row_)) {
      const TiledTable* const table = FindStore(line.number);
      if (table != nullptr && !table->keeps_units()) return;
    }
    row_.cells = pending_.data() + pending_rows_ * stride_;
    const bool is_right =
        layout_.ParseFast(line, &row_) || layout_.ParseCarefully(line, faults_, &row_);
    if (row_.texts[kItemId].data() == nullptr) {
      is_complete_ = false;
      return;
    }
    TiledTable* const table = FindStore(line.number);
    const bool is_item_right = CheckItem(line.number);
    if (table == nullptr || !is_item_right) {
      is_complete_ = false;
      return;
    }
    if (!CheckKey(line.number)) return;
    // The series of a row with faulty cells is kept without them, so that the row's prices are not
    // called prices of an item without sales: nothing comes of a faulty dataset but its faults.
    if (table != pending_table_) {
      // The row was parsed behind those that are flushed now.
      if (pending_rows_ > 0) {
        Flush();
        std::copy_n(row_.cells, stride_, pending_.data());
      }
      pending_table_ = table;
    }
    const int32_t row =
        table->AddSeries({std::string(row_.texts[kItemId]), std::string(row_.texts[kDeptId]),
                          std::string(row_.texts[kCatId])});
    if (is_right && table->keeps_units()) {
      for (const LargeUnits& cell : row_.large) table->AddLarge(row, cell.day, cell.units);
    }
    if (++pending_rows_ == kTileRows) Flush();
  }

  void Flush() {
    if (pending_rows_ > 0) pending_table_->AppendRows(pending_.data(), stride_, pending_rows_);
    pending_rows_ = 0;
  }

  /// Checks an id that is not a store's; reports it and returns false when it is none.
  bool CheckId(SalesText which, int64_t line) {
    const std::string_view id = row_.texts[which];
    const std::string_view column = kSalesTextNames[which];
    if (id.empty()) {
      faults_->Add(line, column, "expected an id, found an empty cell");
    } else if (id.size() > kIdBytesMax) {
      faults_->Add(line, column, "expected an id of at most {} bytes, found {} bytes", kIdBytesMax,
                   id.size());
    } else if (!IsPrintableUtf8(id)) {
      faults_->Add(line, column, "expected printable text in UTF-8, found {}", Quote(id));
    } else {
      return true;
    }
    return false;
  }

  /// The table of the row's store, made when it is new; nullptr when its ids are wrong.
  TiledTable* FindStore(int64_t line) {
    const std::string_view id = row_.texts[kStoreId];
    const std::string_view state = row_.texts[kStateId];
    if (last_store_ != nullptr && last_store_->table->store_id() == id &&
        last_store_->table->state_id() == state) {
      return last_store_->table.get();
    }
    const std::string name(id);
    if (!IsStoreId(id)) {
      // Once for each, not on every row of the store.
      if (bad_stores_.insert(name).second) {
        faults_->Add(line, kSalesTextNames[kStoreId],
                     "expected a store id of 1 to {} letters, digits, \".\", \"_\" and \"-\", "
                     "found {}",
                     kStoreIdBytesMax, Quote(id));
      }
      return nullptr;
    }
    if (!CheckId(kStateId, line)) return nullptr;
    const auto found = stores_.find(name);
    if (found == stores_.end()) {
      const bool keeps_units = keeps_units_(name);
      auto table = std::make_unique<TiledTable>(name, std::string(state), layout_.day_count(),
                                                keeps_units, keeps_units ? arena_ : check_arena_);
      last_store_ = &stores_.emplace(name, Store{std::move(table), line}).first->second;
      return last_store_->table.get();
    }
    Store& store = found->second;
    if (store.table->state_id() != state) {
      faults_->Add(line, kSalesTextNames[kStateId],
                   "expected {} as for store {} on line {}, found {}",
                   Quote(store.table->state_id()), name, store.line, Quote(state));
      return store.table.get();
    }
    last_store_ = &store;
    return store.table.get();
  }

  /// Whether the item has an id; what else is wrong with it is reported.
  bool CheckItem(int64_t line) {
    if (!CheckId(kItemId, line)) return false;
    const TextIndex::Found found = item_index_.FindOrAdd(row_.texts[kItemId]);
    if (found.is_new) {
      // With an id that is none, a later row is not compared with this one.
      const bool is_dept_right = CheckId(kDeptId, line);
      const bool is_right = CheckId(kCatId, line) && is_dept_right;
      items_.push_back(
          {std::string(row_.texts[kDeptId]), std::string(row_.texts[kCatId]), is_right ? line : 0});
      return true;
    }
    const Item& item = items_[static_cast<size_t>(found.index)];
    if (item.line == 0) return true;
    CheckSame(kDeptId, item.dept_id, item.line, line);
    CheckSame(kCatId, item.cat_id, item.line, line);
    return true;
  }

  void CheckSame(SalesText which, const std::string& needed, int64_t first_line, int64_t line) {
    if (row_.texts[which] == needed) return;
    faults_->Add(line, kSalesTextNames[which], "expected {} as for item {} on line {}, found {}",
                 Quote(needed), row_.texts[kItemId], first_line, Quote(row_.texts[which]));
  }

  bool CheckKey(int64_t line) {
    text_.clear();
    AppendSeriesKey(row_.texts[kItemId], row_.texts[kStoreId], &text_);
    const TextIndex::Found found = key_index_.FindOrAdd(text_);
    if (found.is_new) {
      line_of_key_.push_back(line);
      return true;
    }
    faults_->Add(line, "", "expected each series once, found {} again; it is on line {} too",
                 Quote(text_), line_of_key_[static_cast<size_t>(found.index)]);
    return false;
  }

  const SalesLayout& layout_;
  FileFaults* const faults_;
  const std::function<bool(const std::string&)>& keeps_units_;
  const bool checks_others_;

  /// Rows of pending_table_ that are parsed and not yet transposed, stride_ cells each.
  const size_t stride_;
  std::vector<uint16_t> pending_;
  size_t pending_rows_ = 0;
  TiledTable* pending_table_ = nullptr;

  const std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();
  /// Of the tables that go when all is checked.
  const std::shared_ptr<Arena> check_arena_ = std::make_shared<Arena>();
  SalesRow row_;
  std::string text_;
  std::unordered_map<std::string, Store> stores_;
  Store* last_store_ = nullptr;
  std::unordered_set<std::string> bad_stores_;
  TextIndex item_index_;
  std::vector<Item> items_;  ///< By item_index_.
  TextIndex key_index_;
  std::vector<int64_t> line_of_key_;  ///< By key_index_.
  bool is_complete_ = true;
  bool had_rows_ = false;
};

}  // namespace

Result<SalesTables> ReadSales(LineReader* lines, FileFaults* faults,
                              const std::function<bool(const std::string& store)>& keeps_units,
                              bool checks_others, std::vector<std::string>* notes) {
  SalesTables tables;
  std::vector<std::string> names;
  std::vector<std::string> ignored;
  SalesLayout layout;
  if (!ReadHeader(lines, faults, &names) || !layout.Compile(names, faults, &ignored)) {
    TILLSTREAM_TRY(lines->status());
    return tables;
  }
  if (!ignored.empty()) notes->push_back(IgnoredColumnsNote(faults->file(), ignored));
  SalesRows rows(layout, faults, keeps_units, checks_others);
  rows.ReadAll(lines);
  TILLSTREAM_TRY(lines->status());
  if (!rows.had_rows() && lines->is_complete()) {
    faults->Add(0, "", "expected rows after the header, found none");
  }
  tables.stores = rows.TakeStores();
  tables.day_count = layout.day_count();
  tables.is_complete = rows.had_rows() && rows.is_complete() && lines->is_complete();
  return tables;
}

}  // namespace tillstream
