#include "forecast/hierarchy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tillstream {
namespace {

using testing::ElementsAre;

/// Two stores in two states; the second store's rows come between those of the first.
Hierarchy FourSeries() {
  return Hierarchy({{"FOODS_1_001", "FOODS_1", "FOODS", "CA_1", "CA"},
                    {"FOODS_1_001", "FOODS_1", "FOODS", "TX_1", "TX"},
                    {"HOBBIES_1_001", "HOBBIES_1", "HOBBIES", "CA_1", "CA"},
                    {"FOODS_1_002", "FOODS_1", "FOODS", "CA_1", "CA"}});
}

std::vector<std::string> NamesOf(const Hierarchy& hierarchy, int32_t level) {
  std::vector<std::string> names;
  for (int32_t node = hierarchy.first_node(level); node < hierarchy.end_node(level); ++node) {
    names.push_back(hierarchy.NodeName(node));
  }
  return names;
}

TEST(HierarchyTest, SeriesOfAGroupLieTogether) {
  const Hierarchy hierarchy = FourSeries();
  EXPECT_EQ(hierarchy.group_count(), 3);
  std::vector<int32_t> order;
  for (int32_t i = 0; i < 4; ++i) order.push_back(hierarchy.input_index(i));
  EXPECT_THAT(order, ElementsAre(0, 3, 1, 2));
  EXPECT_EQ(hierarchy.group_begin(0), 0);
  EXPECT_EQ(hierarchy.group_end(0), 2);
  EXPECT_EQ(hierarchy.states(), (std::vector<std::string>{"CA", "TX"}));
}

TEST(HierarchyTest, NodesAreNamedAsKaggleNamesThem) {
  const Hierarchy hierarchy = FourSeries();
  EXPECT_THAT(NamesOf(hierarchy, 1), ElementsAre("Total_X"));
  EXPECT_THAT(NamesOf(hierarchy, 2), ElementsAre("CA_X", "TX_X"));
  EXPECT_THAT(NamesOf(hierarchy, 3), ElementsAre("CA_1_X", "TX_1_X"));
  EXPECT_THAT(NamesOf(hierarchy, 4), ElementsAre("FOODS_X", "HOBBIES_X"));
  EXPECT_THAT(NamesOf(hierarchy, 5), ElementsAre("FOODS_1_X", "HOBBIES_1_X"));
  EXPECT_THAT(NamesOf(hierarchy, 6), ElementsAre("CA_FOODS", "TX_FOODS", "CA_HOBBIES"));
  EXPECT_THAT(NamesOf(hierarchy, 7), ElementsAre("CA_FOODS_1", "TX_FOODS_1", "CA_HOBBIES_1"));
  EXPECT_THAT(NamesOf(hierarchy, 8), ElementsAre("CA_1_FOODS", "TX_1_FOODS", "CA_1_HOBBIES"));
  EXPECT_THAT(NamesOf(hierarchy, 9), ElementsAre("CA_1_FOODS_1", "TX_1_FOODS_1", "CA_1_HOBBIES_1"));
  EXPECT_THAT(NamesOf(hierarchy, 10),
              ElementsAre("FOODS_1_001_X", "FOODS_1_002_X", "HOBBIES_1_001_X"));
  EXPECT_THAT(NamesOf(hierarchy, 11), ElementsAre("FOODS_1_001_CA", "FOODS_1_002_CA",
                                                  "FOODS_1_001_TX", "HOBBIES_1_001_CA"));
  EXPECT_THAT(NamesOf(hierarchy, 12), ElementsAre("FOODS_1_001_CA_1", "FOODS_1_002_CA_1",
                                                  "FOODS_1_001_TX_1", "HOBBIES_1_001_CA_1"));
  for (int32_t node = 0; node < hierarchy.node_count(); ++node) {
    EXPECT_GE(node, hierarchy.first_node(hierarchy.LevelOf(node)));
    EXPECT_LT(node, hierarchy.end_node(hierarchy.LevelOf(node)));
  }
}

TEST(HierarchyTest, EveryLevelAddsUpToTheTotal) {
  const Hierarchy hierarchy = FourSeries();
  const std::vector<float> units = {1, 20, 300, 4000};
  std::vector<double> nodes(static_cast<size_t>(hierarchy.node_count()));
  hierarchy.Aggregate(units, nodes);
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    double sum = 0;
    for (int32_t node = hierarchy.first_node(level); node < hierarchy.end_node(level); ++node) {
      sum += nodes[static_cast<size_t>(node)];
    }
    EXPECT_EQ(sum, 4321) << level;
  }
  EXPECT_EQ(nodes[static_cast<size_t>(hierarchy.first_node(10))], 301);  // FOODS_1_001 in both.
  EXPECT_EQ(nodes[static_cast<size_t>(hierarchy.first_node(2))], 4021);  // CA.
}

TEST(HierarchyTest, ANodeKnowsItsStateWhereItHasOne) {
  const Hierarchy hierarchy = FourSeries();
  EXPECT_EQ(hierarchy.StateOf(0), -1);
  EXPECT_EQ(hierarchy.StateOf(hierarchy.first_node(2)), 0);
  EXPECT_EQ(hierarchy.StateOf(hierarchy.first_node(4)), -1);
  EXPECT_EQ(hierarchy.StateOf(hierarchy.first_node(4) + 1), 0);  // HOBBIES is sold in CA only.
}

TEST(HierarchyKeyTest, ANodeHasTheIdsThatItsSeriesShare) {
  const Hierarchy hierarchy({{"F_1_001", "F_1", "F", "CA_1", "CA"}});
  // Item, department, category, store and state by level.
  constexpr std::array<const char*, kLevelCount> kParts = {".....", "....s", "...Ss", "..c..",
                                                           ".dc..", "..c.s", ".dc.s", "..cSs",
                                                           ".dcSs", "idc..", "idc.s", "idcSs"};
  for (int32_t node = 0; node < hierarchy.node_count(); ++node) {
    const SeriesKey key = hierarchy.NodeKey(node);
    std::string parts;
    parts += key.item.empty() ? '.' : 'i';
    parts += key.dept.empty() ? '.' : 'd';
    parts += key.cat.empty() ? '.' : 'c';
    parts += key.store.empty() ? '.' : 'S';
    parts += key.state.empty() ? '.' : 's';
    const std::string wanted = kParts[static_cast<size_t>(hierarchy.LevelOf(node) - 1)];
    EXPECT_EQ(parts, wanted) << hierarchy.NodeName(node);
  }
}

}  // namespace
}  // namespace tillstream
