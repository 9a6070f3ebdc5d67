#include "app/command.h"
#include "base/text.h"
#include "dataset/dataset.h"

namespace tillstream {
namespace {

class SynthCommand final : public Command {
 public:
  const char* name() const override { return "synth"; }
  const char* summary() const override {
    return "Write an M5-shaped dataset in Kaggle's file formats";
  }
  const char* footer() const override {
    return "The same options give the same bytes on every machine.\n"
           "Example: tillstream synth --out small --stores 3 --items 50 --days 120\n";
  }
  bool has_json() const override { return false; }
  void Declare(Arguments& arguments) override {
    arguments.Text("--out", "DIR", &directory_, "Folder to write to, made when it is not there");
    arguments.Required();
    arguments.Number("--stores", "N", &stores_, 1, 1'000, "Stores, over 3 states");
    arguments.Number("--items", "N", &items_, 1, 100'000, "Items, over 7 departments");
    arguments.Number("--days", "N", &days_, 1, 20'000, "Days of sales");
    arguments.Number("--seed", "S", &seed_, 0, INT64_MAX, "Another seed, another dataset");
  }
  Result<int> Run(Context& context) override {
    SyntheticOptions options;
    options.stores = static_cast<int32_t>(stores_);
    options.items = static_cast<int32_t>(items_);
    options.days = static_cast<int32_t>(days_);
    options.seed = static_cast<uint64_t>(seed_);
    context.console.Info(fmt::format("target: folder {}", directory_));
    TILLSTREAM_TRY(WriteSyntheticDataset(context.files, directory_, options));
    context.console.Info(fmt::format(
        "{}: {} items in {} stores, {} days: {} events", directory_, WithThousands(items_),
        WithThousands(stores_), WithThousands(days_), WithThousands(items_ * stores_ * days_)));
    return static_cast<int>(kExitDone);
  }

 private:
  std::string directory_;
  int64_t stores_ = SyntheticOptions().stores;
  int64_t items_ = SyntheticOptions().items;
  int64_t days_ = SyntheticOptions().days;
  int64_t seed_ = static_cast<int64_t>(SyntheticOptions().seed);
};

}  // namespace

std::unique_ptr<Command> MakeSynthCommand() { return std::make_unique<SynthCommand>(); }

}  // namespace tillstream
