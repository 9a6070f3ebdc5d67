#include "app/command.h"
#include "app/run_evaluate.h"

namespace tillstream {
namespace {

class EvaluateCommand final : public Command {
 public:
  const char* name() const override { return "evaluate"; }
  const char* summary() const override {
    return "Score forecasts of unit sales on past days, model by model";
  }
  const char* footer() const override {
    return "Each model sees the days up to an origin and forecasts the 28 days after it; those "
           "are\n"
           "scored with the measures of the M5 competition (WRMSSE, WSPL over its 12 levels). An\n"
           "origin whose 28 days are not in the data gets a forecast and no score. --submission "
           "and\n"
           "--uncertainty write Kaggle's files for the highest model asked for: _validation rows\n"
           "are the forecast 28 days before the last day, _evaluation rows that from the last "
           "origin.\n"
           "Of quantiles it shows how many days lie in the intervals, and as PIT how many of them "
           "do\n"
           "when a day counts with the part of its probability that is inside: small counts fill\n"
           "an interval to its ends, so that it holds more of them than it is called.\n"
           "--score FILE --actuals FILE scores such a file; its actuals are a sales file with the\n"
           "28 days.\n"
           "Example: tillstream evaluate --data m5-data --models snaive,ana,pooled\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &request_.data, "Folder of the dataset");
    arguments.Required();
    arguments.List("--origins", "N", &request_.origins,
                   "Last days that the models see; default the last 13 that can be scored, 28 "
                   "days apart");
    arguments.List("--models", "NAME", &request_.models,
                   "Models; default all: naive, snaive, mean4, ma28, ses, croston, ana, calendar, "
                   "reconciled, pooled");
    arguments.Text("--holidays", "FILE", &request_.holidays,
                   "Names of events and holidays; default those of M5");
    arguments.Flag("--detail", &request_.detail, "A row for each model, origin and level");
    arguments.Text("--submission", "FILE", &request_.submission,
                   "Write the M5 Accuracy submission, 28 means a series");
    arguments.Text("--uncertainty", "FILE", &request_.uncertainty,
                   "Write the M5 Uncertainty submission, 9 quantiles a node");
    arguments.Text("--score", "FILE", &request_.score, "Score this submission file");
    arguments.Text("--actuals", "FILE", &request_.actuals,
                   "The days that --score is scored against, a sales file");
  }
  Result<int> Run(Context& context) override { return RunEvaluate(context, request_); }

 private:
  EvaluateRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeEvaluateCommand() { return std::make_unique<EvaluateCommand>(); }

}  // namespace tillstream
