#include "app/supervised.h"

#include <gtest/gtest.h>

#include "app/pause_switch.h"

namespace tillstream {
namespace {

TEST(SupervisedTest, WhatASupervisorTellsIsReadBack) {
  const Supervised told{4711, 3, 10, "CA_1"};
  EXPECT_EQ(told.ToText(), "4711,3,10,CA_1");
  const Result<Supervised> read = Supervised::Parse(told.ToText());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->supervisor, 4711);
  EXPECT_EQ(read->index, 3U);
  EXPECT_EQ(read->store_count, 10U);
  EXPECT_EQ(read->store, "CA_1");
}

TEST(SupervisedTest, AnythingElseIsAUsageError) {
  for (const char* text : {"", "4711", "4711,3,10", "4711,3,10,", "4711,10,10,CA_1", "x,3,10,CA_1",
                           "4711,-1,10,CA_1", "4711,3,10,CA 1", "4711 ,3,10,CA_1"}) {
    const Result<Supervised> read = Supervised::Parse(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kUsage);
    EXPECT_EQ(read.error().message,
              fmt::format("--supervised: \"{}\" is not what replay --processes gives", text));
  }
}

TEST(PauseSwitchTest, WhoListensLateIsToldThatItIsPaused) {
  PauseSwitch pause;
  std::vector<bool> told;
  pause.Set(false);
  pause.Set(true);
  pause.Listen([&](bool paused) { told.push_back(paused); });
  pause.Set(false);
  pause.Set(false);
  pause.Listen({});
  pause.Set(true);
  EXPECT_EQ(told, (std::vector<bool>{true, false, false}));
}

}  // namespace
}  // namespace tillstream
