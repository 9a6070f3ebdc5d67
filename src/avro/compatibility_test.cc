#include "avro/compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "avro/compatibility_cases.h"
#include "avro/datum_reader.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::ElementsAreArray;
using ::testing::SizeIs;

std::vector<std::string> PathsAndTexts(const std::vector<CompatibilityFault>& faults) {
  std::vector<std::string> texts;
  for (const CompatibilityFault& fault : faults)
    texts.push_back(fault.path + ": " + fault.ToString());
  return texts;
}

TEST(CompatibilityTest, EachRuleIsAppliedWithItsReason) {
  for (const CompatibilityCase& c : CompatibilityCases()) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(PathsAndTexts(CompatibilityFaults(Parsed(c.reader), Parsed(c.writer))),
                ElementsAreArray(c.faults));
  }
}

TEST(CompatibilityTest, CasesHaveEachRuleOfAvroForJavaAndDecimals) {
  std::set<std::string> rules;
  for (const CompatibilityCase& c : CompatibilityCases()) {
    for (const std::string& fault : c.faults) rules.insert(fault.substr(fault.rfind('(')));
  }
  for (int rule = 0; rule <= static_cast<int>(CompatibilityRule::kDecimalMismatch); ++rule) {
    const auto name = CompatibilityRuleName(static_cast<CompatibilityRule>(rule));
    EXPECT_TRUE(rules.contains("(" + std::string(name) + ")")) << name;
  }
}

TEST(CompatibilityTest, EverySchemaOfTheTableReadsItself) {
  for (const CompatibilityCase& c : CompatibilityCases()) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(CompatibilityFaults(Parsed(c.writer), Parsed(c.writer)), SizeIs(0));
    EXPECT_THAT(CompatibilityFaults(Parsed(c.reader), Parsed(c.reader)), SizeIs(0));
  }
}

TEST(CompatibilityTest, NamesOfRulesArePrinted) {
  EXPECT_EQ(CompatibilityRuleName(CompatibilityRule::kComparisonTooLarge), "COMPARISON_TOO_LARGE");
  EXPECT_EQ(CompatibilityRuleName(CompatibilityRule::kNestingTooDeep), "NESTING_TOO_DEEP");
}

/// A union of records that all match each other by name, in namespaces of their own.
std::string Twins(const std::string& name_space, const std::string& fields, int count) {
  std::string json = "[";
  for (int i = 0; i < count; ++i) {
    if (i > 0) json += ",";
    json += cases::Record(fields, name_space + std::to_string(i) + ".R");
  }
  return json + "]";
}

TEST(CompatibilityTest, ComparisonsOfHostileSchemasEnd) {
  const Schema writer = Parsed(Twins("a", cases::Field("a", "\"int\""), 1900));
  const Schema reader = Parsed(Twins("b", cases::Field("b", "\"int\""), 1900));
  const auto faults = CompatibilityFaults(reader, writer);  // 3.6 million pairs
  ASSERT_FALSE(faults.empty());
  EXPECT_EQ(faults.back().rule, CompatibilityRule::kComparisonTooLarge);
  EXPECT_EQ(faults.back().text, "the writer's branch " +
                                    writer.root().branches[faults.size() - 1]->FullName() +
                                    ": more than 500000 comparisons");
  EXPECT_FALSE(DatumReader::Make(writer, reader));
}

TEST(CompatibilityTest, AtMostSoManyReasonsAreListed) {
  std::string fields;
  for (int i = 0; i < 5000; ++i) {
    fields += (i > 0 ? "," : "") + cases::Field("f" + std::to_string(i), "\"int\"");
  }
  const auto faults = CompatibilityFaults(Parsed(cases::Record(fields)), Parsed(cases::Record("")));
  EXPECT_THAT(faults, SizeIs(kCompatibilityFaultsMax));
  EXPECT_EQ(faults.back().path, "/fields/99");
}

TEST(CompatibilityTest, LongNamesAreCutInReasons) {
  const std::string name(kSchemaFullNameBytesMax - 1, 'n');
  const auto faults =
      CompatibilityFaults(Parsed(cases::Record("", name)), Parsed(cases::Record("", name + "x")));
  ASSERT_THAT(faults, SizeIs(1));
  EXPECT_LT(faults[0].text.size(), 300U);
}

}  // namespace
}  // namespace tillstream
