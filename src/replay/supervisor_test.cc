#include "replay/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = ProcessChange::Kind;
using State = Supervisor::State;

constexpr int kUsageCode = 2;
constexpr int kRefusedCode = 7;

/// Processes that do what the test says.
class FakeProcesses final : public GeneratorProcesses {
 public:
  struct Sent {
    int64_t pid;
    ProcessSignal signal;
    friend bool operator==(const Sent&, const Sent&) = default;
  };

  Result<int64_t> Start(size_t store) override {
    if (refuses) return MakeError(ErrorCode::kFailed, "no process could be started: too many");
    started.push_back(store);
    return ++last_pid;
  }
  void Send(int64_t pid, ProcessSignal signal) override { sent.push_back({pid, signal}); }
  std::optional<ProcessChange> NextChange() override {
    if (changes.empty()) return std::nullopt;
    const ProcessChange change = changes.front();
    changes.pop_front();
    return change;
  }
  std::string LastMessage(size_t) override { return message; }

  bool refuses = false;
  int64_t last_pid = 100;
  std::vector<size_t> started;
  std::vector<Sent> sent;
  std::deque<ProcessChange> changes;
  std::string message;
};

class SupervisorTest : public testing::Test {
 protected:
  /// Begins with two stores; the first has process 101.
  void Begin() {
    options_.stores = {"CA_1", "TX_1"};
    options_.hopeless_exit_codes = {kUsageCode};
    options_.refused_exit_code = kRefusedCode;
    options_.durable_day = [this](size_t store) { return days_[store]; };
    options_.on_warning = [this](const std::string& text) { warnings_.push_back(text); };
    options_.on_error = [this](const std::string& text) { errors_.push_back(text); };
    options_.on_given_up = [this](size_t store) { given_up_.push_back(store); };
    supervisor_.emplace(processes_, clock_, options_);
    supervisor_->Step();
  }

  const Supervisor::Store& store(size_t i) const { return supervisor_->stores()[i]; }

  void Change(size_t i, Kind kind, int value) {
    processes_.changes.push_back({store(i).pid, kind, value});
    supervisor_->Step();
  }
  void Kill(size_t i) { Change(i, Kind::kKilled, 9); }
  void Exit(size_t i, int code) { Change(i, Kind::kExited, code); }

  /// How long it takes until a store's process runs again.
  milliseconds PauseOf(size_t i) {
    const auto begin = clock_.Monotonic();
    while (store(i).state == State::kWaiting) {
      clock_.Advance(milliseconds(1));
      supervisor_->Step();
    }
    return std::chrono::duration_cast<milliseconds>(clock_.Monotonic() - begin);
  }

  FakeProcesses processes_;
  SimClock clock_;
  SupervisorOptions options_;
  std::optional<Supervisor> supervisor_;
  std::vector<Day> days_ = {Day(1), Day(1)};
  std::vector<std::string> warnings_;
  std::vector<std::string> errors_;
  std::vector<size_t> given_up_;
};

TEST_F(SupervisorTest, StartsAProcessAStoreAndIsDoneWhenAllHaveEndedWell) {
  Begin();
  EXPECT_THAT(processes_.started, ElementsAre(0, 1));
  EXPECT_EQ(store(0).pid, 101);
  Exit(0, 0);
  EXPECT_EQ(store(0).state, State::kDone);
  EXPECT_FALSE(supervisor_->finished());
  Exit(1, 0);
  EXPECT_TRUE(supervisor_->finished());
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(SupervisorTest, StartsADeadProcessAgainAndSaysSo) {
  Begin();
  Kill(0);
  EXPECT_EQ(store(0).state, State::kWaiting);
  EXPECT_EQ(store(0).pid, 0);
  EXPECT_THAT(warnings_,
              ElementsAre("store CA_1: process 101 was killed by signal 9; starts again in 0.1 s"));
  EXPECT_EQ(PauseOf(0), milliseconds(100));
  EXPECT_EQ(store(0).pid, 103);
  EXPECT_EQ(store(0).restarts, 1);
  EXPECT_EQ(store(1).restarts, 0);
  processes_.message = "disk: full";
  Exit(0, 6);
  EXPECT_EQ(warnings_.back(),
            "store CA_1: process 103 ended with exit code 6: disk: full; starts again in 0.2 s");
}

TEST_F(SupervisorTest, ThePauseGrowsToItsLimitAndShrinksWhenADayWasWritten) {
  options_.give_up_deaths = 100;
  Begin();
  std::vector<int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    Kill(0);
    pauses.push_back(PauseOf(0).count());
  }
  EXPECT_THAT(pauses, ElementsAre(100, 200, 400, 800, 1'600, 3'200, 6'400, 10'000, 10'000));
  days_[0] = Day(2);
  Kill(0);
  EXPECT_EQ(PauseOf(0), milliseconds(100));
}

TEST_F(SupervisorTest, GivesUpAfterSoManyDeathsInARowAndLetsTheOthersFinish) {
  options_.give_up_deaths = 3;
  Begin();
  processes_.message = "disk: full";
  for (int i = 0; i < 2; ++i) {
    Exit(0, 6);
    PauseOf(0);
  }
  Exit(0, 6);
  EXPECT_EQ(store(0).state, State::kGivenUp);
  EXPECT_THAT(errors_, ElementsAre("store CA_1: given up after 3 deaths in a row without a day "
                                   "written; the last: process 104 ended with exit code 6: disk: "
                                   "full"));
  EXPECT_THAT(given_up_, ElementsAre(0));
  EXPECT_FALSE(supervisor_->finished());
  clock_.Advance(seconds(60));
  supervisor_->Step();
  EXPECT_EQ(processes_.started.size(), 4U) << "not started again";
  Exit(1, 0);
  EXPECT_TRUE(supervisor_->finished());
}

TEST_F(SupervisorTest, ADayWrittenInBetweenBeginsTheCountAnew) {
  options_.give_up_deaths = 2;
  Begin();
  for (int day = 2; day < 12; ++day) {
    Kill(0);  // without a day
    PauseOf(0);
    days_[0] = Day(day);
    Kill(0);
    PauseOf(0);
  }
  EXPECT_EQ(store(0).state, State::kRunning);
  EXPECT_EQ(store(0).restarts, 20);
}

TEST_F(SupervisorTest, WhatARestartWouldNotChangeIsGivenUpAtOnce) {
  Begin();
  processes_.message = "data: not there";
  Exit(1, kUsageCode);
  EXPECT_EQ(store(1).state, State::kGivenUp);
  EXPECT_THAT(errors_,
              ElementsAre("store TX_1: given up: process 102 ended with exit code 2: data: "
                          "not there"));
}

TEST_F(SupervisorTest, ALockThatIsHeldIsTriedAgain) {
  Begin();
  Exit(0, kRefusedCode);
  EXPECT_EQ(store(0).state, State::kWaiting);
  EXPECT_TRUE(store(0).is_refused);
  PauseOf(0);
  Kill(0);
  EXPECT_FALSE(store(0).is_refused);
}

TEST_F(SupervisorTest, AGeneratorThatWasReplacedIsNotStartedAgain) {
  options_.refused_is_replaced = true;
  Begin();
  processes_.message = "another generator took it";
  Exit(0, kRefusedCode);
  EXPECT_EQ(store(0).state, State::kReplaced);
  EXPECT_THAT(errors_, ElementsAre("store CA_1: process 101 ended with exit code 7: another "
                                   "generator took it; not started again"));
  EXPECT_THAT(given_up_, ElementsAre(0)) << "nobody waits for it";
}

TEST_F(SupervisorTest, AProcessThatStandsStillIsKilledAndReplaced) {
  Begin();
  Change(0, Kind::kStopped, 19);
  clock_.Advance(milliseconds(9'999));
  supervisor_->Step();
  EXPECT_THAT(processes_.sent, IsEmpty());
  clock_.Advance(milliseconds(1));
  supervisor_->Step();
  EXPECT_THAT(processes_.sent, ElementsAre(FakeProcesses::Sent{101, ProcessSignal::kKill}));
  EXPECT_EQ(store(0).state, State::kRunning) << "no replacement before the old one has ended";
  Kill(0);
  PauseOf(0);
  EXPECT_EQ(store(0).pid, 103);
  EXPECT_THAT(warnings_, ElementsAre("store CA_1: process 101 has been stopped for 10 s; kills and "
                                     "replaces it"));
}

TEST_F(SupervisorTest, AProcessThatWasContinuedInTimeGoesOn) {
  Begin();
  for (int i = 0; i < 5; ++i) {
    Change(0, Kind::kStopped, 19);
    clock_.Advance(seconds(6));
    Change(0, Kind::kContinued, 18);
    clock_.Advance(seconds(6));
    supervisor_->Step();
  }
  EXPECT_THAT(processes_.sent, IsEmpty());
}

TEST_F(SupervisorTest, StopEndsAllAndStartsNone) {
  Begin();
  Kill(0);
  supervisor_->Stop();
  EXPECT_THAT(processes_.sent, ElementsAre(FakeProcesses::Sent{102, ProcessSignal::kStop}));
  EXPECT_FALSE(supervisor_->finished());
  clock_.Advance(seconds(60));
  supervisor_->Step();
  EXPECT_EQ(processes_.started.size(), 2U);
  Exit(1, 128 + 15);
  EXPECT_TRUE(supervisor_->finished());
  EXPECT_FALSE(supervisor_->has_failed_to_stop());
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(SupervisorTest, StopContinuesThoseWhoWereStoppedSoThatTheyCanEnd) {
  Begin();
  Change(0, Kind::kStopped, 19);
  supervisor_->Stop();
  using Sent = FakeProcesses::Sent;
  EXPECT_THAT(processes_.sent,
              ElementsAre(Sent{101, ProcessSignal::kStop}, Sent{101, ProcessSignal::kContinue},
                          Sent{102, ProcessSignal::kStop}));
  processes_.sent.clear();
  Change(1, Kind::kStopped, 19);
  EXPECT_THAT(processes_.sent, ElementsAre(Sent{102, ProcessSignal::kContinue}));
  Change(0, Kind::kContinued, 18);
  Exit(0, 128 + 15);
  EXPECT_FALSE(supervisor_->has_failed_to_stop());
  clock_.Advance(seconds(10));
  supervisor_->Step();
  EXPECT_EQ(processes_.sent.back(), (Sent{102, ProcessSignal::kKill}));
  EXPECT_THAT(warnings_,
              ElementsAre("store TX_1: process 102 has been stopped for 10 s; kills it"));
}

TEST_F(SupervisorTest, AProcessThatDiesInsteadOfStoppingIsAFailure) {
  Begin();
  supervisor_->Stop();
  Exit(0, 0);
  EXPECT_EQ(store(0).state, State::kDone) << "it came to its end meanwhile";
  Kill(1);
  EXPECT_TRUE(supervisor_->finished());
  EXPECT_TRUE(supervisor_->has_failed_to_stop());
  EXPECT_THAT(errors_, ElementsAre("store TX_1: process 102 was killed by signal 9"));
}

TEST_F(SupervisorTest, APauseIsPassedOnAlsoToThoseWhoStartMeanwhile) {
  Begin();
  supervisor_->Pause();
  Kill(0);
  PauseOf(0);
  supervisor_->GoOn();
  using Sent = FakeProcesses::Sent;
  EXPECT_THAT(processes_.sent,
              ElementsAre(Sent{101, ProcessSignal::kPause}, Sent{102, ProcessSignal::kPause},
                          Sent{103, ProcessSignal::kPause}, Sent{103, ProcessSignal::kGoOn},
                          Sent{102, ProcessSignal::kGoOn}));
  Kill(1);
  PauseOf(1);
  EXPECT_EQ(processes_.sent.size(), 5U);
}

TEST_F(SupervisorTest, AProcessThatCannotBeStartedIsADeath) {
  options_.give_up_deaths = 2;
  processes_.refuses = true;
  Begin();
  EXPECT_THAT(
      warnings_,
      ElementsAre("store CA_1: no process could be started: too many; starts again in 0.1 s",
                  "store TX_1: no process could be started: too many; starts again in 0.1 "
                  "s"));
  clock_.Advance(seconds(1));
  supervisor_->Step();
  EXPECT_TRUE(supervisor_->finished());
  EXPECT_EQ(store(0).state, State::kGivenUp);
}

}  // namespace
}  // namespace tillstream
