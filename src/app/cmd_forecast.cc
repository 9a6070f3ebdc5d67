#include "app/command.h"
#include "app/run_forecast.h"

namespace tillstream {
namespace {

class ForecastCommand final : public Command {
 public:
  const char* name() const override { return "forecast"; }
  const char* summary() const override {
    return "Forecast the unit sales of every item from the stream";
  }
  const char* footer() const override {
    return "Follows the sales of the stream day by day and publishes what every item of every\n"
           "store, and what they add up to, will sell in the next 28 days, with quantiles. When\n"
           "the days have come, each forecast is scored. The calendar comes from --data, sales\n"
           "from the stream alone. After a crash it goes on; no forecast is there twice.\n"
           "Without -e the stream is followed until Ctrl-C.\n"
           "Examples: tillstream forecast --data m5-data -e\n"
           "          tillstream consume -t sales-scores -e\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &request_.data, "Folder with calendar.csv of the dataset");
    arguments.Required();
    DeclareLogOrKafka(arguments, &request_.log);
    DeclareTopic(arguments, &request_.log);
    DeclareRegistry(arguments, &request_.registry);
    DeclareSubjects(arguments, &request_.subjects);
    arguments.Text("--every", "WHEN", &request_.every,
                   "Days from which forecasts are published: day, week (Sundays), or auto: "
                   "Sundays, and every last day there is");
    arguments.Number("--wait-days", "N", &request_.wait_days, 0, 365,
                     "A store's day that does not agree with its total is given up once the "
                     "stream is more than so many days further");
    arguments.Text("--snapshot", "FILE", &request_.snapshot,
                   "Where the state is kept; default .forecast/<topic>.snapshot beside the log "
                   "(<topic>.unpublished.snapshot of --no-publish), "
                   "with Kafka in the working directory");
    arguments.Number("--snapshot-every", "SECONDS", &request_.snapshot_every_s, 0, 86'400,
                     "How often it is written while days come; 0: after each");
    arguments.Text("--holidays", "FILE", &request_.holidays,
                   "Names of events and holidays; default those of M5");
    arguments.Flag("-e,--exit", &request_.stop_at_end, "Exit at the end instead of following it");
    arguments.Flag("--no-publish", &request_.no_publish,
                   "Keep the state up to date and write no forecasts");
  }
  Result<int> Run(Context& context) override { return RunForecast(context, request_); }

 private:
  ForecastRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeForecastCommand() { return std::make_unique<ForecastCommand>(); }

}  // namespace tillstream
