#include "app/command.h"
#include "app/run_forecast_show.h"

namespace tillstream {
namespace {

class ForecastShowCommand final : public Command {
 public:
  const char* name() const override { return "forecast show"; }
  const char* summary() const override {
    return "The next 28 days of an item, a store or a group: a chart, and what drives it";
  }
  const char* footer() const override {
    return "Without ids all items of all stores; ids together show what has all of them. Bars are "
           "what\n"
           "was sold, the fan behind them are intervals of 50, 67 and 95 %. Drivers multiply to "
           "the\n"
           "mean: the level in units, the others as factors, 1.20 being a fifth more. Sales are "
           "not\n"
           "demand: where an item sold nothing for longer than chance makes it, a note says so.\n"
           "Example: tillstream forecast show --data m5-data --item FOODS_3_090 --store CA_3 "
           "--svg f.svg\n";
  }
  void Declare(Arguments& arguments) override {
    ForecastRequest& follow = request_.follow;
    arguments.Text("--data", "DIR", &follow.data, "Folder with calendar.csv of the dataset");
    arguments.Required();
    DeclareLogOrKafka(arguments, &follow.log);
    DeclareTopic(arguments, &follow.log);
    DeclareRegistry(arguments, &follow.registry);
    arguments.Text("--item", "ID", &request_.choice.item, "An item, as FOODS_3_090");
    arguments.Text("--store", "ID", &request_.choice.store, "A store, as CA_3");
    arguments.Text("--state", "ID", &request_.choice.state, "The stores of a state, as CA");
    arguments.Text("--dept", "ID", &request_.choice.dept, "A department, as FOODS_3");
    arguments.Text("--cat", "ID", &request_.choice.cat, "A category, as FOODS");
    arguments.Text("--svg", "FILE", &request_.svg, "Write the chart as SVG, too");
    arguments.Number("--past", "DAYS", &request_.past_days, 0, kRecentDays,
                     "Past days to show, as far as they fit");
    arguments.Flag("--table", &request_.has_table, "The 28 days as a table below the chart");
    arguments.Flag("--ascii", &request_.is_ascii, "No block characters");
    arguments.Text("--snapshot", "FILE", &follow.snapshot,
                   "The snapshot of forecast, to go on from; default as there");
    arguments.Text("--holidays", "FILE", &follow.holidays,
                   "Names of events and holidays; default those of M5");
  }
  Result<int> Run(Context& context) override { return RunForecastShow(context, request_); }

 private:
  ForecastShowRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastShowCommand() {
  return std::make_unique<ForecastShowCommand>();
}

}  // namespace tillstream
