#include "consume/group_positions.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "testing/faulty_file_system.h"

namespace tillstream {
namespace {

const TopicPartition kFirst = {"sales", PartitionId(0)};
const TopicPartition kTenth = {"sales", PartitionId(10)};
const TopicPartition kDaysOfStores = {"sales-days", PartitionId(0)};
constexpr const char* kPath = "log/.groups/report.json";

std::optional<Offset> NextOf(GroupPositions& group, const TopicPartition& partition) {
  const auto position = group.Find(partition);
  TILLSTREAM_CHECK(position.has_value());
  if (!*position) return std::nullopt;
  EXPECT_EQ((*position)->records_before, (*position)->next.value());
  return (*position)->next;
}

class GroupPositionsTest : public testing::Test {
 protected:
  Result<std::unique_ptr<GroupPositions>> Open(const std::string& group = "report") {
    return GroupPositions::Open(files_, "log", group, "process 4711 on till");
  }
  std::unique_ptr<GroupPositions> MustOpen() {
    auto group = Open();
    TILLSTREAM_CHECK_MSG(group.has_value(), group ? "" : group.error().message);
    return *std::move(group);
  }

  FaultyFileSystem files_;
};

TEST_F(GroupPositionsTest, ANewGroupHasNoPositions) {
  EXPECT_EQ(NextOf(*MustOpen(), kFirst), std::nullopt);
}

TEST_F(GroupPositionsTest, WhatIsStoredIsFoundByTheNextHolder) {
  {
    const auto group = MustOpen();
    group->Set(kFirst, {Offset(5), std::nullopt});
    group->Set(kTenth, {Offset(7), std::nullopt});
    group->Set(kDaysOfStores, {Offset(0), std::nullopt});
    group->Set(kFirst, {Offset(6), std::nullopt});
    ASSERT_TRUE(group->Store());
  }
  const auto group = MustOpen();
  EXPECT_EQ(NextOf(*group, kFirst), Offset(6));
  EXPECT_EQ(NextOf(*group, kTenth), Offset(7));
  EXPECT_EQ(NextOf(*group, kDaysOfStores), Offset(0));
  EXPECT_EQ(NextOf(*group, {"sales", PartitionId(1)}), std::nullopt);
}

TEST_F(GroupPositionsTest, WhatIsOnlySetIsNotThereForTheNextHolder) {
  MustOpen()->Set(kFirst, {Offset(5), std::nullopt});
  EXPECT_EQ(NextOf(*MustOpen(), kFirst), std::nullopt);
}

TEST_F(GroupPositionsTest, WhatIsStoredSurvivesAPowerCut) {
  {
    const auto group = MustOpen();
    group->Set(kFirst, {Offset(5), std::nullopt});
    ASSERT_TRUE(group->Store());
  }
  files_.PowerCut(Survival::kNothing);
  EXPECT_EQ(NextOf(*MustOpen(), kFirst), Offset(5));
}

TEST_F(GroupPositionsTest, NothingIsWrittenWhenNothingChanged) {
  const auto group = MustOpen();
  group->Set(kFirst, {Offset(5), std::nullopt});
  ASSERT_TRUE(group->Store());
  const int64_t operations = files_.operation_count();
  group->Set(kFirst, {Offset(5), std::nullopt});
  ASSERT_TRUE(group->Store());
  EXPECT_EQ(files_.operation_count(), operations);
}

TEST_F(GroupPositionsTest, AStoreThatFailsIsTriedAgain) {
  const auto group = MustOpen();
  group->Set(kFirst, {Offset(5), std::nullopt});
  files_.FailNth({FileOperation::kRename}, 0);
  ASSERT_FALSE(group->Store().has_value());
  ASSERT_TRUE(group->Store());
  EXPECT_NE(files_.Contents()[kPath].find('5'), std::string::npos);
}

TEST_F(GroupPositionsTest, ASecondHolderIsRefusedAndTheOthersGroupIsNot) {
  auto group = MustOpen();
  const auto second = Open();
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message,
            "group \"report\": process 4711 on till reads as this group; use another -g");
  EXPECT_TRUE(Open("other").has_value());
  group.reset();
  EXPECT_TRUE(Open().has_value());
}

TEST_F(GroupPositionsTest, ANameThatNoFileCanHaveIsRefused) {
  for (const char* name : {"", "a/b", "..", "a b", "../report"}) {
    const auto group = Open(name);
    ASSERT_FALSE(group.has_value()) << name;
    EXPECT_EQ(group.error().code, ErrorCode::kUsage);
    EXPECT_EQ(
        group.error().message,
        fmt::format("-g: \"{}\" is not a group name; use letters, digits, '.', '_' and '-'", name));
  }
  EXPECT_EQ(files_.operation_count(), 0) << "nothing was touched";
}

TEST_F(GroupPositionsTest, ADamagedFileIsCorruptAndNamesItself) {
  {
    ASSERT_TRUE(Open().has_value());
  }
  for (const char* text :
       {"", "{", "[]", "3", R"({"sales":5})", R"({"sales":{"0":-1}})", R"({"sales":{"x":1}})",
        R"({"sales":{"0x":1}})", R"({"sales":{"-1":1}})", R"({"sales":{"0":"1"}})",
        R"({"sales":{"0":1.5}})", R"({"sales":{"0":9223372036854775808}})"}) {
    files_.SetContent(kPath, text);
    const auto group = Open();
    ASSERT_FALSE(group.has_value()) << text;
    EXPECT_EQ(group.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(group.error().message,
              "log/.groups/report.json: not a group's positions; remove it and give the place "
              "with -o");
  }
}

}  // namespace
}  // namespace tillstream
