// Products of what a text holds: short texts of which much would be kept or printed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "avro/compatibility.h"
#include "avro/schema.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::StartsWith;

std::string FittingFaultOf(const std::string& json, const std::vector<Schema>& references = {}) {
  EXPECT_LE(json.size(), kSchemaBytesMax);
  return FaultOf(json, references);
}

/// `text(i)` for each i below `count`, with commas between.
template <typename Text>
std::string Joined(int count, const Text& text) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (i > 0) all += ',';
    all += text(i);
  }
  return all;
}

std::string Fixed(const std::string& name, const std::string& more = "") {
  return R"({"type":"fixed","size":1,"name":")" + name + "\"" + more + "}";
}

std::string RecordOf(const std::string& name_space, const std::string& fields) {
  return R"({"type":"record","name":"R","namespace":")" + name_space + R"(","fields":[)" + fields +
         "]}";
}

std::string Field(int i, const std::string& type, const std::string& more = "") {
  return R"({"name":"f)" + std::to_string(i) + R"(","type":)" + type + more + "}";
}

/// A type of this name in the namespace, used `count` times by its last part.
std::string UsedOften(const std::string& name_space, const std::string& name, int count) {
  return RecordOf(name_space, Joined(count, [&](int i) {
                    return Field(i, i == 0 ? Fixed(name) : "\"" + name + "\"");
                  }));
}

TEST(SchemaLimitsTest, FullNamesMayHaveSoManyBytes) {
  const std::string longest(kSchemaFullNameBytesMax - 2, 'n');
  EXPECT_EQ(FittingFaultOf(Fixed("F", R"(,"namespace":")" + longest + "\"")), "no fault");
  EXPECT_EQ(FittingFaultOf(Fixed(longest + ".F")), "no fault");
  EXPECT_EQ(FittingFaultOf(Fixed("F", R"(,"namespace":"n)" + longest + "\"")),
            "schema: the full name of \"F\" has 1025 bytes, needed at most 1024");
  EXPECT_THAT(FittingFaultOf(Fixed(longest + "nnn")), StartsWith("schema: the full name of \"nnn"));
  // Of what the namespace is put before, too.
  EXPECT_THAT(FittingFaultOf(RecordOf(longest, Field(0, Fixed("FF")))),
              StartsWith("schema: field \"f0\": the full name of \"FF\" has 1025"));
  EXPECT_THAT(FittingFaultOf(Fixed("F", R"(,"namespace":")" + longest + R"(","aliases":["AA"])")),
              StartsWith("schema: the full name of \"AA\" has 1025"));
  EXPECT_EQ(FittingFaultOf(Fixed("F", R"(,"namespace":")" + longest + R"(","aliases":["b.AA"])")),
            "no fault");
}

TEST(SchemaLimitsTest, NamespaceTimesAliasesIsBounded) {
  const auto with_aliases = [](size_t namespace_bytes, int count) {
    return Fixed("F", R"(,"namespace":")" + std::string(namespace_bytes, 'n') + R"(","aliases":[)" +
                          Joined(count, [](int i) { return "\"A" + std::to_string(i) + "\""; }) +
                          "]");
  };
  EXPECT_EQ(FittingFaultOf(with_aliases(1000, 2000)), "no fault");
  EXPECT_EQ(FittingFaultOf(with_aliases(1000, 5000)),
            "schema: more than 4194304 bytes of full names");
  EXPECT_EQ(FittingFaultOf(with_aliases(1, 10'000)), "no fault");
  EXPECT_EQ(FittingFaultOf(with_aliases(1, 10'001)), "schema: more than 10000 aliases in all");
}

TEST(SchemaLimitsTest, AliasesOfFieldsCountToo) {
  const std::string aliases = R"(,"aliases":[)" +
                              Joined(5001, [](int i) { return "\"a" + std::to_string(i) + "\""; }) +
                              "]";
  EXPECT_EQ(FittingFaultOf(RecordOf("n", Field(0, "\"int\"", aliases))), "no fault");
  EXPECT_EQ(FittingFaultOf(
                RecordOf("n", Field(0, "\"int\"", aliases) + "," + Field(1, "\"int\"", aliases))),
            "schema: field \"f1\": more than 10000 aliases in all");
}

TEST(SchemaLimitsTest, NamespaceTimesUsesIsBounded) {
  EXPECT_EQ(FittingFaultOf(UsedOften(std::string(100, 'n'), "F", 30'000)), "no fault");
  EXPECT_EQ(FittingFaultOf(UsedOften(std::string(1000, 'n'), "F", 30'000)),
            "schema: field \"f4184\": more than 4194304 bytes of full names");
}

TEST(SchemaLimitsTest, PrintedTextsAreWithinTheirBounds) {
  // Printed with the namespace at each use, since Avro's own types are called so.
  const auto map = Schema::Parse(UsedOften(std::string(1000, 'n'), "map", 4000));
  ASSERT_TRUE(map.has_value()) << map.error().message;
  EXPECT_GT(map->ToJson().size(), 4'000'000U);
  EXPECT_LE(map->ToJson().size(), 3 * kSchemaBytesMax + kSchemaNamesBytesMax);
  EXPECT_LE(map->CanonicalForm().size(), kSchemaBytesMax + kSchemaNamesBytesMax);
  // What becomes longest when it is printed as Java does.
  const auto numbers = Schema::Parse(
      RecordOf("n", Field(0, R"({"type":"array","items":"double"})",
                          ",\"default\":[" + Joined(250'000, [](int) { return "1e6"; }) + "]")));
  ASSERT_TRUE(numbers.has_value()) << numbers.error().message;
  EXPECT_GT(numbers->ToJson().size(), 2'400'000U);
  EXPECT_LE(numbers->ToJson().size(), 3 * kSchemaBytesMax);
  EXPECT_LE(numbers->ToNormalizedJson().size(), 3 * kSchemaBytesMax);
}

TEST(SchemaLimitsTest, NamesOfReferencesCountOnceEach) {
  const auto used = [](const std::string& first, int count) {
    return *Schema::Parse(UsedOften(first + std::string(999, 'n'), "F", count));
  };
  const Schema a = used("a", 2000);
  const Schema b = used("b", 2500);
  EXPECT_EQ(FittingFaultOf("\"int\"", {a, a, a}), "no fault");
  const auto of_a = Schema::Parse("\"int\"", std::vector{a});
  ASSERT_TRUE(of_a.has_value());
  EXPECT_EQ(FittingFaultOf("\"int\"", {*of_a, a}), "no fault");
  EXPECT_EQ(FittingFaultOf("\"int\"", {*of_a, b}),
            "schema: references: more than 4194304 bytes of full names");
}

TEST(SchemaLimitsTest, TextsOfReferencesAreBoundedTogether) {
  std::vector<Schema> references;
  for (int i = 0; i < 9; ++i) {
    references.push_back(*Schema::Parse(
        Fixed("F" + std::to_string(i), R"(,"doc":")" + std::string(1'000'000, 'd') + "\"")));
  }
  EXPECT_EQ(FittingFaultOf("\"int\"", references),
            "schema: more than 8388608 bytes with its references");
  references.pop_back();
  EXPECT_EQ(FittingFaultOf("\"int\"", references), "no fault");
}

/// The path to a fault is kept for the defaults, which are read last.
TEST(SchemaLimitsTest, FaultOfADefaultNamesThePathThatAllFieldsOfTheRecordShare) {
  EXPECT_EQ(
      FittingFaultOf(RecordOf("n", Field(0, R"({"type":"record","name":"S","fields":[)" +
                                                Field(1, "\"int\"", R"(,"default":1)") + "," +
                                                Field(2, "\"int\"", R"(,"default":"x")") + "]}"))),
      "schema: field \"f0\": field \"f2\": default \"x\" is not of type int");
}

}  // namespace
}  // namespace tillstream
