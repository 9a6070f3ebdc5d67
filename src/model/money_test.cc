#include "model/money.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace tillstream {
namespace {

Cents CentsOfText(std::string_view text) {
  Cents cents = -1;
  EXPECT_EQ(ParsePrice(text, &cents), PriceFault::kNone) << text;
  return cents;
}

PriceFault FaultOf(std::string_view text) {
  Cents cents = 4711;
  const PriceFault fault = ParsePrice(text, &cents);
  EXPECT_EQ(cents, 4711) << "set although it is a fault: " << text;
  return fault;
}

TEST(MoneyTest, PricesAreReadToTheCent) {
  EXPECT_EQ(CentsOfText("9.58"), 958);
  EXPECT_EQ(CentsOfText("3"), 300);
  EXPECT_EQ(CentsOfText("3."), 300);
  EXPECT_EQ(CentsOfText("1.5"), 150);
  EXPECT_EQ(CentsOfText(".5"), 50);
  EXPECT_EQ(CentsOfText("0.05"), 5);
  EXPECT_EQ(CentsOfText("0"), 0);
  EXPECT_EQ(CentsOfText("000009.58"), 958);
  EXPECT_EQ(CentsOfText("21474835.47"), kPriceCentsMax);
}

TEST(MoneyTest, WhatIsNoPriceIsToldByItsFault) {
  for (const char* text : {"", ".", "-", "-.", "abc", "1e3", "+1", " 1", "1 ", "1,5", "1.2.3",
                           "--1", "0x1", "nan", "inf", "-abc"}) {
    EXPECT_EQ(FaultOf(text), PriceFault::kNotANumber) << text;
  }
  for (const char* text : {"-1", "-0.01", "-0", "-1.999"}) {
    EXPECT_EQ(FaultOf(text), PriceFault::kNegative) << text;
  }
  for (const char* text : {"1.234", "1.000", "0.001"}) {
    EXPECT_EQ(FaultOf(text), PriceFault::kTooManyDecimals) << text;
  }
  for (const char* text : {"21474835.48", "21474835.99", "21474836", "99999999999999999999999"}) {
    EXPECT_EQ(FaultOf(text), PriceFault::kTooLarge) << text;
  }
}

TEST(MoneyTest, CentsComeBackFromTheFloatOfARecord) {
  // A float tells cents apart up to 2^24 of them by itself.
  for (Cents cents = 0; cents < 100'000; ++cents) ASSERT_EQ(CentsOf(PriceOf(cents)), cents);
  for (Cents cents = 100'000; cents < 8'000'000; cents += 997) {
    ASSERT_EQ(CentsOf(PriceOf(cents)), cents);
  }
  EXPECT_EQ(PriceOf(958), 9.58F);
}

TEST(MoneyTest, FloatThatIsNoPriceHasNoCents) {
  EXPECT_EQ(CentsOf(-1.0F), std::nullopt);
  EXPECT_EQ(CentsOf(std::nanf("")), std::nullopt);
  EXPECT_EQ(CentsOf(std::numeric_limits<float>::infinity()), std::nullopt);
  EXPECT_EQ(CentsOf(3e7F), std::nullopt);
}

}  // namespace
}  // namespace tillstream
