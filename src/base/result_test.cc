#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace tillstream {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return MakeError(ErrorCode::kBadInput, "{} is odd", number);
  return number / 2;
}

Result<std::unique_ptr<int>> Quarter(int number) {
  TILLSTREAM_ASSIGN(const int half, Half(number));
  TILLSTREAM_ASSIGN(auto quarter, Half(half));
  return std::make_unique<int>(quarter);
}

Status CheckQuarter(int number) {
  TILLSTREAM_TRY(Quarter(number));
  return Ok();
}

TEST(ResultTest, ErrorsGoUpWithTheirMessage) {
  EXPECT_EQ(**Quarter(12), 3);
  EXPECT_EQ(Quarter(6).error().message, "3 is odd");
  EXPECT_EQ(Quarter(7).error().message, "7 is odd");
  EXPECT_TRUE(CheckQuarter(4));
  const Status status = CheckQuarter(5);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(status.error().At("number").message, "number: 5 is odd");
}

TEST(ResultTest, EveryCodeHasAName) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kTimedOut); ++code) {
    EXPECT_STRNE(ErrorCodeName(static_cast<ErrorCode>(code)), "unknown");
  }
}

}  // namespace
}  // namespace tillstream
