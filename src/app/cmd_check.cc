#include "app/command.h"
#include "base/json.h"
#include "base/text.h"
#include "dataset/dataset.h"

namespace tillstream {
namespace {

class CheckCommand final : public Command {
 public:
  const char* name() const override { return "check"; }
  const char* summary() const override {
    return "Every fault of a dataset with file, line, column";
  }
  const char* footer() const override {
    return "DATA is a folder with sales_train_evaluation.csv or sales_train_validation.csv,\n"
           "calendar.csv and sell_prices.csv, each also as .gz.\n"
           "Example: tillstream check m5-data\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Positional("DATA", &data_, "Folder of the dataset");
    arguments.Required();
    arguments.Number("--limit", "N", &limit_, 1, 1'000'000,
                     "Faults that are listed; the rest is counted");
  }
  Result<int> Run(Context& context) override {
    FaultList faults(limit_);
    LoadOptions options;
    options.progress = [&context](int64_t done, int64_t total) {
      context.console.Progress(
          fmt::format("reading {} of {}", HumanBytes(done), HumanBytes(total)));
    };
    const Result<Dataset> dataset = LoadDataset(context.files, data_, options, &faults);
    context.console.EndProgress();
    if (!dataset && faults.empty()) return dataset.error();
    if (context.common.json) {
      TILLSTREAM_TRY(PrintJson(context, faults));
    } else {
      for (const Fault& fault : faults.faults()) {
        TILLSTREAM_TRY(context.out.Write(fault.ToString() + "\n"));
      }
    }
    TILLSTREAM_TRY(context.out.Flush());
    if (!faults.empty()) {
      const auto listed = static_cast<int64_t>(faults.faults().size());
      context.console.Info(fmt::format(
          "{}: {} fault{}{}", data_, WithThousands(faults.count()), faults.count() == 1 ? "" : "s",
          listed < faults.count() ? fmt::format(", the first {} listed", WithThousands(listed))
                                  : ""));
      return static_cast<int>(kExitBadInput);
    }
    for (const std::string& note : dataset->notes) context.console.Info("data: " + note);
    const Calendar& calendar = *dataset->calendar;
    context.console.Info(fmt::format(
        "{}: no fault; {}: {} series in {} stores, {} days ({} to {}), {} events", data_,
        dataset->sales_file, WithThousands(dataset->series_count), dataset->stores.size(),
        WithThousands(dataset->day_count), FormatDate(calendar.first_date()),
        FormatDate(calendar.at(Day(dataset->day_count)).date),
        WithThousands(dataset->series_count * dataset->day_count)));
    return static_cast<int>(kExitDone);
  }

 private:
  static Status PrintJson(Context& context, const FaultList& faults) {
    Json list = Json::array();
    for (const Fault& fault : faults.faults()) {
      list.push_back({{"file", fault.file},
                      {"line", fault.line},
                      {"column", fault.column},
                      {"text", fault.text}});
    }
    return context.out.Write(DumpJson({{"count", faults.count()}, {"faults", list}}) + "\n");
  }

  std::string data_;
  int64_t limit_ = 100;
};

}  // namespace

std::unique_ptr<Command> MakeCheckCommand() { return std::make_unique<CheckCommand>(); }

}  // namespace tillstream
