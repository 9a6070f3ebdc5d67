#include "app/moved_dates.h"

#include "app/app_fixture.h"
#include "replay/replay_fixture.h"

namespace tillstream {
namespace {

/// The small dataset is of 2011-01-29 to 2011-02-07.
class RebaseOfRunTest : public AppTest {
 protected:
  void SetToday(const std::string& date) {
    clock_.Advance(*ParseDate(date) - std::chrono::floor<std::chrono::days>(clock_.Now()));
  }

  /// The message, empty when the dates are taken.
  std::string Refused(const RebaseRequest& request) {
    std::string message;
    With([&](Context& context) {
      const auto rebase = RebaseOfRun(context, request, dataset_, std::nullopt);
      if (rebase) return;
      message = rebase.error().message;
      EXPECT_EQ(rebase.error().code, ErrorCode::kUsage);
    });
    return message;
  }

  const Dataset dataset_ = LoadSmall(SmallDataset());
};

TEST_F(RebaseOfRunTest, OnKafkaTheFutureIsRefusedAlsoWhereNothingIsMoved) {
  SetToday("2011-02-04");
  EXPECT_EQ(Refused({.text = "", .from = Day(1), .to = Day(11), .on_kafka = true}),
            "data: d_10 is at 2011-02-07, after today (2011-02-04), and brokers refuse events of "
            "the future (message.timestamp.after.max.ms); use --rebase-to today, or stop before it "
            "with --to d_8");
  EXPECT_EQ(Refused({.text = "", .from = Day(8), .to = Day(11), .on_kafka = true}),
            "data: d_10 is at 2011-02-07, after today (2011-02-04), and brokers refuse events of "
            "the future (message.timestamp.after.max.ms); use --rebase-to today");
  EXPECT_EQ(Refused({.text = "", .from = Day(1), .to = Day(8), .on_kafka = true}), "");
  EXPECT_EQ(Refused({.text = "", .from = Day(1), .to = Day(11)}), "")
      << "the embedded log takes it";
}

}  // namespace
}  // namespace tillstream
