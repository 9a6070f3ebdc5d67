#include "app/command.h"
#include "app/run_verify.h"

namespace tillstream {
namespace {

class VerifyCommand final : public Command {
 public:
  const char* name() const override { return "verify"; }
  const char* summary() const override {
    return "Compare the stream with the dataset, event by event";
  }
  const char* footer() const override {
    return "Exit code 1 when there is a difference. A stream that is right so far but not at its "
           "end\n"
           "is no difference, unless --complete is given.\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &request_.data, "Folder of the dataset");
    arguments.Required();
    DeclareLogOrKafka(arguments, &request_.log);
    DeclareTopic(arguments, &request_.log);
    DeclareRegistry(arguments, &request_.registry);
    arguments.List("--store", "ID", &request_.stores, "Only this store; repeatable");
    arguments.Text("--from", "DAY", &request_.from, "First day to compare, d_N or a date");
    arguments.Text("--to", "DAY", &request_.to, "First day not to compare");
    arguments.Flag("--complete", &request_.complete,
                   "Exit code 1 also when the stream is not at its end");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CompleteLog(&request_.log));
    TILLSTREAM_TRY(CompleteRegistry(&request_.registry, request_.log));
    return RunVerify(context, request_);
  }

 private:
  VerifyRequest request_;
};

}  // namespace

std::unique_ptr<Command> MakeVerifyCommand() { return std::make_unique<VerifyCommand>(); }

}  // namespace tillstream
