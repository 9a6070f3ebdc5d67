// Schema resolution: what CompatibilityFaults() says and what DatumReader does, side by side.
#include "avro/resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "avro/compatibility.h"
#include "avro/datum_reader.h"
#include "avro/datum_writer.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What the reader makes of a value of the writer's, as text; or the error.
std::string ReadAs(const std::string& writer, const std::string& reader, const Value& value) {
  const Schema writer_schema = Parsed(writer);
  const std::string bytes = Encoded(writer_schema, value);
  const auto datum_reader = DatumReader::Make(writer_schema, Parsed(reader));
  if (!datum_reader) return datum_reader.error().message;
  Value read;
  const auto done = datum_reader->Read(bytes, &read);
  return done ? read.ToString() : done.error().message;
}

std::vector<std::string> Texts(const std::vector<CompatibilityFault>& faults) {
  std::vector<std::string> texts;
  for (const CompatibilityFault& fault : faults) texts.push_back(fault.text);
  return texts;
}

std::vector<std::string> FaultsOf(const std::string& writer, const std::string& reader) {
  return Texts(CompatibilityFaults(Parsed(reader), Parsed(writer)));
}

constexpr char kInt[] = R"("int")";
constexpr char kLong[] = R"("long")";
constexpr char kFloat[] = R"("float")";
constexpr char kDouble[] = R"("double")";
constexpr char kString[] = R"("string")";
constexpr char kBytes[] = R"("bytes")";

TEST(ResolutionTest, NumbersArePromotedUpwardsOnly) {
  const std::vector<std::string> order = {kInt, kLong, kFloat, kDouble};
  const std::vector<Value> values = {Value{int32_t{7}}, Value{int64_t{7}}, Value{7.5F}, Value{7.5}};
  for (size_t from = 0; from < order.size(); ++from) {
    for (size_t to = 0; to < order.size(); ++to) {
      if (from <= to) {
        EXPECT_THAT(FaultsOf(order[from], order[to]), IsEmpty());
        EXPECT_EQ(ReadAs(order[from], order[to], values[from]), from < 2 ? "7" : "7.5");
      } else {
        EXPECT_EQ(FaultsOf(order[from], order[to]).size(), 1U);
      }
    }
  }
  EXPECT_THAT(FaultsOf(kLong, kInt), ElementsAre("long cannot be read as int"));
  EXPECT_EQ(ReadAs(kLong, kInt, Value{int64_t{1}}), "schema: long cannot be read as int");
}

TEST(ResolutionTest, StringAndBytesAreReadAsEachOther) {
  EXPECT_EQ(ReadAs(kString, kBytes, Value{std::string("ab")}), "\"ab\"");
  EXPECT_EQ(ReadAs(kBytes, kString, Value{Value::Bytes{"ab"}}), "\"ab\"");
  EXPECT_THAT(FaultsOf(kString, kBytes), IsEmpty());
  EXPECT_THAT(FaultsOf(kBytes, kString), IsEmpty());
  EXPECT_THAT(FaultsOf(kInt, kString), ElementsAre("int cannot be read as string"));
}

TEST(ResolutionTest, FieldsMayBeReorderedDroppedAndAddedWithADefault) {
  const std::string writer = Record(
      R"({"name":"a","type":"int"},{"name":"b","type":"string"},{"name":"gone","type":"bytes"})");
  const std::string reader = Record(
      R"({"name":"b","type":"string"},{"name":"new","type":"long","default":9},
         {"name":"a","type":"long"})");
  EXPECT_THAT(FaultsOf(writer, reader), IsEmpty());
  EXPECT_EQ(ReadAs(writer, reader,
                   Fields({Value{int32_t{3}}, Value{std::string("x")}, Value{Value::Bytes{"y"}}})),
            "{\"x\", 9, 3}");
}

TEST(ResolutionTest, AddedFieldWithoutADefaultIsIncompatible) {
  const std::string writer = Record(R"({"name":"a","type":"int"})");
  const std::string reader = Record(R"({"name":"a","type":"int"},{"name":"promo","type":"int"})");
  EXPECT_THAT(FaultsOf(writer, reader),
              ElementsAre("field \"promo\": not in the writer's schema and without a default"));
  EXPECT_EQ(ReadAs(writer, reader, Fields({Value{int32_t{1}}})),
            "schema: field \"promo\": not in the writer's schema and without a default");
}

TEST(ResolutionTest, RemovingADefaultStaysCompatibleWithTheLatestVersion) {
  const std::string with = Record(R"({"name":"a","type":"int","default":0})");
  const std::string without = Record(R"({"name":"a","type":"int"})");
  EXPECT_THAT(FaultsOf(with, without), IsEmpty());
}

TEST(ResolutionTest, EveryFaultIsListedWithItsPath) {
  const std::string writer = Record(R"({"name":"a","type":"string"},{"name":"in","type":)" +
                                    Record(R"({"name":"x","type":"double"})", "I") + "}");
  const std::string reader = Record(R"({"name":"a","type":"int"},{"name":"in","type":)" +
                                    Record(R"({"name":"x","type":"float"})", "I") + "}");
  EXPECT_THAT(FaultsOf(writer, reader),
              ElementsAre("field \"a\": string cannot be read as int",
                          "field \"in\": field \"x\": double cannot be read as float"));
}

TEST(ResolutionTest, AliasesFindRenamedFieldsAndTypes) {
  const std::string writer = Record(R"({"name":"units","type":"int"})", "old.Sale");
  const std::string reader =
      R"({"type":"record","name":"Event","aliases":["old.Sale"],"fields":[
          {"name":"sold","type":"int","aliases":["count","units"]}]})";
  EXPECT_THAT(FaultsOf(writer, reader), IsEmpty());
  EXPECT_EQ(ReadAs(writer, reader, Fields({Value{int32_t{5}}})), "{5}");
  EXPECT_THAT(FaultsOf(reader, writer),
              ElementsAre("Event cannot be read as old.Sale: another name"));
}

TEST(ResolutionTest, AFieldsOwnNameGoesBeforeAnAlias) {
  const std::string writer = Record(R"({"name":"a","type":"int"},{"name":"b","type":"int"})");
  const std::string reader =
      Record(R"({"name":"c","type":"int","aliases":["b"],"default":7},{"name":"b","type":"int"})");
  EXPECT_EQ(ReadAs(writer, reader, Fields({Value{int32_t{1}}, Value{int32_t{2}}})), "{7, 2}");
}

TEST(ResolutionTest, NamespacesMayDiffer) {
  EXPECT_THAT(FaultsOf(Record("", "a.R"), Record("", "b.R")), IsEmpty());
}

TEST(ResolutionTest, EnumSymbolsAreMatchedByName) {
  const std::string writer = R"({"type":"enum","name":"E","symbols":["A","B","C"]})";
  const std::string wider = R"({"type":"enum","name":"E","symbols":["C","X","B","A"]})";
  const std::string narrow = R"({"type":"enum","name":"E","symbols":["A","B"]})";
  const std::string with_default =
      R"({"type":"enum","name":"E","symbols":["A","Other"],"default":"Other"})";
  EXPECT_THAT(FaultsOf(writer, wider), IsEmpty());
  EXPECT_EQ(ReadAs(writer, wider, Value{Value::Enum{2}}), "symbol 0");
  EXPECT_THAT(FaultsOf(writer, narrow),
              ElementsAre("symbol \"C\" is not in the reader's enum, which has no default"));
  EXPECT_EQ(ReadAs(writer, narrow, Value{Value::Enum{1}}), "symbol 1");
  EXPECT_EQ(ReadAs(writer, narrow, Value{Value::Enum{2}}),
            "byte 0: symbol \"C\" is not in the reader's enum, which has no default");
  EXPECT_THAT(FaultsOf(writer, with_default), IsEmpty());
  EXPECT_EQ(ReadAs(writer, with_default, Value{Value::Enum{2}}), "symbol 1");
}

TEST(ResolutionTest, FixedNeedsTheSameNameAndSize) {
  const auto fixed = [](const std::string& name, const std::string& size) {
    return R"({"type":"fixed","name":")" + name + R"(","size":)" + size + "}";
  };
  EXPECT_EQ(ReadAs(fixed("F", "2"), fixed("F", "2"), Value{Value::Fixed{"ab"}}), "\"ab\"");
  EXPECT_THAT(FaultsOf(fixed("F", "2"), fixed("F", "3")),
              ElementsAre("F of 2 bytes cannot be read as one of 3"));
  EXPECT_THAT(FaultsOf(fixed("F", "2"), fixed("G", "2")),
              ElementsAre("F cannot be read as G: another name"));
  EXPECT_THAT(FaultsOf(fixed("F", "2"), kBytes), ElementsAre("F cannot be read as bytes"));
}

TEST(ResolutionTest, CollectionsResolveTheirElements) {
  const std::string ints = R"({"type":"array","items":"int"})";
  const std::string longs = R"({"type":"array","items":"long"})";
  const Value value{Value::Array{{Value{int32_t{1}}, Value{int32_t{2}}}}};
  EXPECT_EQ(ReadAs(ints, longs, value), "[1, 2]");
  EXPECT_THAT(FaultsOf(longs, ints), ElementsAre("items: long cannot be read as int"));
  const std::string int_map = R"({"type":"map","values":"int"})";
  const std::string double_map = R"({"type":"map","values":"double"})";
  const Value map{Value::Map{{"k"}, {Value{int32_t{3}}}}};
  EXPECT_EQ(ReadAs(int_map, double_map, map), "{\"k\": 3}");
  EXPECT_THAT(FaultsOf(double_map, int_map), ElementsAre("values: double cannot be read as int"));
  EXPECT_THAT(FaultsOf(ints, int_map), ElementsAre("array cannot be read as map"));
}

TEST(ResolutionTest, WritersUnionIsReadBranchByBranch) {
  const std::string nullable = R"(["null","int"])";
  EXPECT_EQ(ReadAs(nullable, kLong, In(1, Value{int32_t{4}})), "4");
  EXPECT_EQ(ReadAs(nullable, kLong, In(0, Value{Value::Null{}})),
            "byte 1: null cannot be read as long");
  EXPECT_THAT(FaultsOf(nullable, kLong),
              ElementsAre("the writer's branch null: null cannot be read as long"));
  EXPECT_EQ(ReadAs(nullable, kString, In(1, Value{int32_t{4}})),
            "schema: the writer's branch null: null cannot be read as string; the writer's branch "
            "int: int cannot be read as string");
}

TEST(ResolutionTest, ReadersUnionTakesTheSameTypeBeforeAPromotion) {
  const Schema reader = Parsed(R"(["null","double","long","int"])");
  const auto datum_reader = DatumReader::Make(Parsed(kInt), reader);
  ASSERT_TRUE(datum_reader);
  Value value;
  ASSERT_TRUE(datum_reader->Read("\x08", &value));
  EXPECT_EQ(value, In(3, Value{int32_t{4}}));
  EXPECT_EQ(ReadAs(kInt, R"(["string","double","long"])", Value{int32_t{4}}), "4");
  EXPECT_THAT(FaultsOf(kInt, R"(["null","string"])"),
              ElementsAre("int is none of the reader's branches"));
  EXPECT_THAT(FaultsOf(R"(["null","int"])", R"(["int","string","null"])"), IsEmpty());
}

TEST(ResolutionTest, ReadersUnionSkipsRecordsThatDoNotResolve) {
  const std::string writer = Record(R"({"name":"a","type":"int"})", "x.R");
  const std::string reader = "[" + Record(R"({"name":"b","type":"int"})", "y.R") + "," +
                             Record(R"({"name":"a","type":"int"})", "z.R") + "]";
  EXPECT_THAT(FaultsOf(writer, reader), IsEmpty());
  EXPECT_EQ(ReadAs(writer, reader, Fields({Value{int32_t{6}}})), "{6}");
}

TEST(ResolutionTest, ReadersUnionTakesTheSameFullNameFirst) {
  const std::string schema = "[" + Record("", "x.R") + "," + Record("", "y.R") + "]";
  const auto datum_reader = DatumReader::Make(Parsed(schema), Parsed(schema));
  ASSERT_TRUE(datum_reader);
  Value value;
  ASSERT_TRUE(datum_reader->Read("\x02", &value));
  EXPECT_EQ(value.branch, 1);
}

TEST(ResolutionTest, DecimalsNeedTheSamePrecisionAndScale) {
  const auto decimal = [](const std::string& scale) {
    return R"({"type":"bytes","logicalType":"decimal","precision":9,"scale":)" + scale + "}";
  };
  EXPECT_THAT(FaultsOf(decimal("2"), decimal("2")), IsEmpty());
  EXPECT_THAT(FaultsOf(decimal("2"), decimal("3")),
              ElementsAre("decimal(9, 2) cannot be read as decimal(9, 3)"));
  EXPECT_THAT(FaultsOf(decimal("2"), kBytes), IsEmpty());
}

TEST(ResolutionTest, LogicalTypesAreReadAsWhatTheyAreMadeOf) {
  const std::string date = R"({"type":"int","logicalType":"date"})";
  EXPECT_EQ(ReadAs(date, kLong, Value{int32_t{15003}}), "15003");
  EXPECT_EQ(ReadAs(kInt, date, Value{int32_t{15003}}), "15003");
}

TEST(ResolutionTest, RecursiveSchemasResolve) {
  const std::string writer =
      Record(R"({"name":"v","type":"int"},{"name":"next","type":["null","R"]})");
  const std::string reader =
      Record(R"({"name":"next","type":["null","R"]},{"name":"v","type":"long"})");
  EXPECT_THAT(FaultsOf(writer, reader), IsEmpty());
  const Value tail = In(1, Fields({Value{int32_t{2}}, In(0, Value{Value::Null{}})}));
  EXPECT_EQ(ReadAs(writer, reader, Fields({Value{int32_t{1}}, tail})), "{{null, 2}, 1}");
  const std::string narrower =
      Record(R"({"name":"v","type":"boolean"},{"name":"next","type":["null","R"]})");
  EXPECT_THAT(FaultsOf(writer, narrower),
              ElementsAre("field \"v\": int cannot be read as boolean"));
}

TEST(ResolutionTest, ADisprovedAssumptionTakesWhatRestedOnItAlong) {
  // R does not resolve because of z, but S was found to on the way, assuming that R does. The field
  // "one" is readable all the same, as the empty y.R; "two" is not.
  const std::string s =
      R"({"type":"record","name":"S","fields":[{"name":"r","type":["null","R"]}]})";
  const auto r = [&](const std::string& z) {
    return Record(R"({"name":"s","type":)" + s + R"(},{"name":"z","type":)" + z + "}");
  };
  const auto top = [&](const std::string& one) {
    return Record(R"({"name":"one","type":)" + one + R"(},{"name":"two","type":"S"})", "Top");
  };
  EXPECT_THAT(FaultsOf(top(r(kLong)), top("[" + r(kInt) + "," + Record("", "y.R") + "]")),
              ElementsAre("field \"two\": field \"r\": the writer's branch R: field \"z\": long "
                          "cannot be read as int"));
}

/// Records that refer to each other in a circle; all match all others, being called R.
Schema Circle(int length) {
  std::string json = "\"n0.R\"";
  for (int i = length - 1; i >= 0; --i) {
    json =
        Record(R"({"name":"next","type":["null",)" + json + "]}", "n" + std::to_string(i) + ".R");
  }
  return Parsed(json);
}

TEST(ResolutionTest, PairsOfCirclesEndBeforeTheStackDoes) {
  EXPECT_THAT(CompatibilityFaults(Circle(8), Circle(9)), IsEmpty());  // 72 pairs
  const auto faults = CompatibilityFaults(Circle(28), Circle(29));
  ASSERT_THAT(faults, Not(IsEmpty()));
  EXPECT_THAT(faults[0].text, HasSubstr("nested deeper than 256"));
  const auto datum_reader = DatumReader::Make(Circle(29), Circle(28));
  ASSERT_TRUE(datum_reader);  // short data is read all the same
  Value value;
  EXPECT_TRUE(datum_reader->Read(std::string_view("\2\2\0", 3), &value));
}

}  // namespace
}  // namespace tillstream
