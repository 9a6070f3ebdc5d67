#include "app/node_choice.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

/// Two states, three stores, three items; FOODS_2_001 is sold in CA_1 alone.
Hierarchy SmallHierarchy() {
  return Hierarchy({{"FOODS_1_001", "FOODS_1", "FOODS", "CA_1", "CA"},
                    {"FOODS_2_001", "FOODS_2", "FOODS", "CA_1", "CA"},
                    {"HOBBIES_1_001", "HOBBIES_1", "HOBBIES", "CA_1", "CA"},
                    {"FOODS_1_001", "FOODS_1", "FOODS", "CA_2", "CA"},
                    {"HOBBIES_1_001", "HOBBIES_1", "HOBBIES", "CA_2", "CA"},
                    {"FOODS_1_001", "FOODS_1", "FOODS", "TX_1", "TX"}});
}

struct Case {
  NodeChoice choice;
  const char* node;
  const char* title;
  size_t series;
};

TEST(NodeChoiceTest, EveryLevelCanBeChosen) {
  const Hierarchy hierarchy = SmallHierarchy();
  const std::vector<Case> cases = {
      {{}, "Total_X", "all items, all stores", 6},
      {{"", "", "CA", "", ""}, "CA_X", "state CA", 5},
      {{"", "CA_2", "", "", ""}, "CA_2_X", "store CA_2", 2},
      {{"", "", "", "", "FOODS"}, "FOODS_X", "category FOODS, all stores", 4},
      {{"", "", "", "FOODS_1", ""}, "FOODS_1_X", "department FOODS_1, all stores", 3},
      {{"", "", "CA", "", "FOODS"}, "CA_FOODS", "category FOODS, state CA", 3},
      {{"", "", "CA", "FOODS_1", ""}, "CA_FOODS_1", "department FOODS_1, state CA", 2},
      {{"", "CA_1", "", "", "FOODS"}, "CA_1_FOODS", "category FOODS, store CA_1", 2},
      {{"", "CA_1", "", "FOODS_1", ""}, "CA_1_FOODS_1", "department FOODS_1, store CA_1", 1},
      {{"FOODS_1_001", "", "", "", ""}, "FOODS_1_001_X", "item FOODS_1_001, all stores", 3},
      {{"FOODS_1_001", "", "CA", "", ""}, "FOODS_1_001_CA", "item FOODS_1_001, state CA", 2},
      {{"FOODS_1_001", "TX_1", "", "", ""}, "FOODS_1_001_TX_1", "item FOODS_1_001, store TX_1", 1},
  };
  for (size_t k = 0; k < cases.size(); ++k) {
    const Case& c = cases[k];
    ASSERT_TRUE(CheckChoice(c.choice));
    const Result<ChosenNode> chosen = ChooseNode(hierarchy, c.choice);
    ASSERT_TRUE(chosen) << chosen.error().message;
    EXPECT_EQ(hierarchy.NodeName(chosen->node), c.node);
    EXPECT_EQ(hierarchy.LevelOf(chosen->node), static_cast<int32_t>(k) + 1);
    EXPECT_EQ(chosen->title, c.title);
    EXPECT_EQ(chosen->series.size(), c.series);
  }
}

TEST(NodeChoiceTest, AnUnknownIdHasTheNearest) {
  const Hierarchy hierarchy = SmallHierarchy();
  const auto message = [&](const NodeChoice& choice) {
    const Result<ChosenNode> chosen = ChooseNode(hierarchy, choice);
    EXPECT_FALSE(chosen);
    if (chosen) return std::string();
    EXPECT_EQ(chosen.error().code, ErrorCode::kUsage);
    return chosen.error().message;
  };
  EXPECT_EQ(message({"FOODS_1_01", "", "", "", ""}),
            "--item: there is no item \"FOODS_1_01\"; did you mean FOODS_1_001");
  EXPECT_EQ(message({"", "NY_WEST", "", "", ""}),
            "--store: there is no store \"NY_WEST\"; there are CA_1, CA_2, TX_1");
  EXPECT_EQ(message({"", "", "", "FOODS_3", ""}),
            "--dept: there is no department \"FOODS_3\"; did you mean FOODS_1");
  EXPECT_EQ(message({"FOODS_2_001", "TX_1", "", "", ""}),
            "--item: no series has all of --item FOODS_2_001, --store TX_1; there is CA_1");
}

TEST(NodeChoiceTest, IdsThatSayTheSameTwiceAreRefused) {
  const auto message = [](const NodeChoice& choice) {
    const Status status = CheckChoice(choice);
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(message({"", "CA_1", "CA", "", ""}),
            "--state: a store lies in one state; leave it out");
  EXPECT_EQ(message({"A", "", "", "B", ""}), "--dept: an item is of one department; leave it out");
  EXPECT_EQ(message({"A", "", "", "", "B"}), "--cat: an item is of one category; leave it out");
  EXPECT_EQ(message({"", "", "", "A", "B"}),
            "--cat: a department is of one category; leave it out");
}

}  // namespace
}  // namespace tillstream
