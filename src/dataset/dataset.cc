#include "dataset/dataset.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "dataset/calendar_reader.h"
#include "dataset/line_reader.h"
#include "dataset/price_reader.h"
#include "dataset/sales_reader.h"
#include "dataset/text_input.h"

namespace tillstream {
namespace {

constexpr const char* kCalendarFile = "calendar.csv";
constexpr const char* kPriceFile = "sell_prices.csv";
/// The one with more days first: it is the one that is read when both are there.
constexpr std::array kSalesFiles = {"sales_train_evaluation.csv", "sales_train_validation.csv"};

class Loader {
 public:
  Loader(FileSystem& files, const std::string& directory, const LoadOptions& options,
         FaultList* faults)
      : files_(files), directory_(directory), options_(options), faults_(faults) {}

  Result<Dataset> Load() {
    TILLSTREAM_TRY(CheckDirectory());
    TILLSTREAM_TRY(ChooseFiles());
    TILLSTREAM_TRY(LoadCalendar());
    TILLSTREAM_TRY(LoadSales());
    TILLSTREAM_TRY(LoadPrices());
    if (!faults_->empty()) return faults_->ToError();
    return Finish();
  }

  Result<std::shared_ptr<const Calendar>> LoadCalendarAlone() {
    TILLSTREAM_TRY(CheckDirectory());
    TILLSTREAM_TRY(ChooseFile(kCalendarFile, &calendar_file_));
    TILLSTREAM_TRY(LoadCalendar());
    if (!faults_->empty()) return faults_->ToError();
    return calendar_;
  }

 private:
  Status CheckDirectory() {
    const Result<FileInfo> info = files_.Info(directory_);
    if (!info && info.error().code != ErrorCode::kNotFound) return info.error();
    if (info && info->is_directory) return Ok();
    return MakeError(ErrorCode::kBadInput, "{}: expected a folder with the files of a dataset, {}",
                     directory_, info ? "found a file" : "found nothing");
  }

  /// Finds out which of `name` and `name`.gz is there; an empty string when neither is. Both at
  /// once are a fault.
  Result<std::string> FindEncoding(const std::string& name) {
    std::string found;
    for (const std::string& candidate : {name, name + ".gz"}) {
      const Result<FileInfo> info = files_.Info(JoinPath(directory_, candidate));
      if (!info) {
        if (info.error().code != ErrorCode::kNotFound) return info.error();
        continue;
      }
      if (!found.empty()) {
        FileFaults(name, faults_).Add(0, "", "expected either {} or {}.gz, found both", name, name);
        continue;
      }
      if (info->is_directory) {
        FileFaults(candidate, faults_).Add(0, "", "expected a file, found a folder");
      } else {
        total_bytes_ += info->size_bytes;
      }
      found = candidate;
    }
    return found;
  }

  Status ChooseFile(const char* name, std::string* chosen) {
    TILLSTREAM_ASSIGN(*chosen, FindEncoding(name));
    if (chosen->empty()) {
      FileFaults(name, faults_).Add(0, "", "expected this file or {}.gz, found neither", name);
    }
    return Ok();
  }

  Status ChooseFiles() {
    TILLSTREAM_TRY(ChooseFile(kCalendarFile, &calendar_file_));
    TILLSTREAM_TRY(ChooseFile(kPriceFile, &price_file_));
    std::string other;
    const int64_t bytes_before = total_bytes_;
    TILLSTREAM_ASSIGN(sales_file_, FindEncoding(kSalesFiles[0]));
    const int64_t bytes_with_first = total_bytes_;
    TILLSTREAM_ASSIGN(other, FindEncoding(kSalesFiles[1]));
    if (sales_file_.empty()) {
      sales_file_ = other;
    } else if (!other.empty()) {
      notes_.push_back(fmt::format("{}: read; {} is there too and not read", sales_file_, other));
      total_bytes_ = bytes_with_first;
    }
    if (sales_file_.empty()) {
      total_bytes_ = bytes_before;
      FileFaults(kSalesFiles[0], faults_)
          .Add(0, "", "expected this file or {}, plain or .gz, found none", kSalesFiles[1]);
    }
    return Ok();
  }

  /// Opens a file and calls `read` with its lines; nothing when there is none.
  template <typename Read>
  Status WithLines(const std::string& name, FileFaults* faults, Read read) {
    if (name.empty()) return Ok();
    const std::string path = JoinPath(directory_, name);
    TILLSTREAM_ASSIGN(const FileInfo info, files_.Info(path));
    if (info.is_directory) return Ok();  // Reported when the files were chosen.
    TILLSTREAM_ASSIGN(const std::unique_ptr<TextInput> input,
                      TextInput::Open(files_, path, [this](int64_t file_bytes) {
                        done_bytes_ += file_bytes;
                        if (options_.progress) options_.progress(done_bytes_, total_bytes_);
                      }));
    LineReader lines(input.get(), faults);
    TILLSTREAM_TRY(read(&lines));
    TILLSTREAM_ASSIGN(const std::string change, input->FindChange());
    if (!change.empty()) {
      faults->Add(0, "", "expected a file that stays as it is while it is read, found that {}",
                  change);
    }
    return Ok();
  }

  Status LoadCalendar() {
    FileFaults faults(calendar_file_, faults_);
    TILLSTREAM_TRY(WithLines(calendar_file_, &faults, [&](LineReader* lines) -> Status {
      TILLSTREAM_ASSIGN(calendar_, ReadCalendar(lines, &faults, &notes_));
      return Ok();
    }));
    if (calendar_ != nullptr) weeks_ = std::make_shared<const WeekIndex>(*calendar_);
    return Ok();
  }

  Status LoadSales() {
    FileFaults faults(sales_file_, faults_);
    const std::vector<std::string>& wanted = options_.stores;
    const auto is_wanted = [&](const std::string& store) {
      return wanted.empty() || std::find(wanted.begin(), wanted.end(), store) != wanted.end();
    };
    TILLSTREAM_TRY(WithLines(sales_file_, &faults, [&](LineReader* lines) -> Status {
      TILLSTREAM_ASSIGN(sales_,
                        ReadSales(lines, &faults, is_wanted, options_.checks_others, &notes_));
      return Ok();
    }));
    if (calendar_ != nullptr && calendar_->day_count() < sales_.day_count) {
      FileFaults(calendar_file_, faults_)
          .Add(0, "", "expected at least {} days as in {}, found {}", sales_.day_count, sales_file_,
               calendar_->day_count());
      // Nor does it have the weeks of all prices: that is not said again for each.
      calendar_.reset();
      weeks_.reset();
    }
    return sales_.is_complete ? CheckWantedStores() : Ok();
  }

  Status CheckWantedStores() {
    std::vector<std::string> ids;
    for (const auto& table : sales_.stores) ids.push_back(table->store_id());
    return CheckStoreIds(options_.stores, ids, sales_file_);
  }

  Status LoadPrices() {
    if (calendar_ != nullptr) {
      for (const auto& table : sales_.stores) table->BeginPrices(calendar_, weeks_);
    }
    FileFaults faults(price_file_, faults_);
    const PriceContext context{sales_file_, calendar_file_, &sales_, weeks_.get(),
                               options_.checks_others};
    return WithLines(price_file_, &faults, [&](LineReader* lines) {
      return ReadPrices(lines, &faults, context, &notes_);
    });
  }

  Dataset Finish() {
    Dataset dataset;
    dataset.sales_file = sales_file_;
    dataset.notes = std::move(notes_);
    dataset.calendar = calendar_;
    dataset.day_count = sales_.day_count;
    for (auto& table : sales_.stores) {
      dataset.store_ids.push_back(table->store_id());
      if (!table->keeps_units()) continue;
      table->Finish();
      dataset.series_count += static_cast<int64_t>(table->series().size());
      dataset.stores.push_back(std::move(table));
    }
    return dataset;
  }

  FileSystem& files_;
  const std::string& directory_;
  const LoadOptions& options_;
  FaultList* const faults_;
  std::string calendar_file_;
  std::string sales_file_;
  std::string price_file_;
  int64_t done_bytes_ = 0;
  int64_t total_bytes_ = 0;
  std::vector<std::string> notes_;
  std::shared_ptr<const Calendar> calendar_;
  std::shared_ptr<const WeekIndex> weeks_;
  SalesTables sales_;
};

}  // namespace

Status CheckStoreIds(const std::vector<std::string>& wanted, const std::vector<std::string>& ids,
                     const std::string& sales_file) {
  for (const std::string& id : wanted) {
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
    const std::string near = Nearest(id, ids);
    return MakeError(ErrorCode::kUsage, "store {}: not among the {} stores of {}{}", Quote(id),
                     ids.size(), sales_file, near.empty() ? "" : "; did you mean " + near);
  }
  return Ok();
}

Result<Dataset> LoadDataset(FileSystem& files, const std::string& directory,
                            const LoadOptions& options, FaultList* faults) {
  return Loader(files, directory, options, faults).Load();
}

Result<std::shared_ptr<const Calendar>> LoadCalendar(FileSystem& files,
                                                     const std::string& directory,
                                                     FaultList* faults) {
  const LoadOptions options;
  return Loader(files, directory, options, faults).LoadCalendarAlone();
}

}  // namespace tillstream
