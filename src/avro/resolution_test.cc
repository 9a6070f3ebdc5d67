// Schema resolution: what CompatibilityFaults() says and what DatumReader does, side by side.
#include "avro/resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "avro/compatibility.h"
#include "avro/datum_reader.h"
#include "avro/datum_writer.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Schema Parsed(const std::string& json) {
  auto schema = Schema::Parse(json);
  EXPECT_TRUE(schema.has_value()) << json << ": " << schema.error().message;
  return *schema;
}

std::string Encoded(const Schema& schema, const Value& value) {
  std::string bytes;
  const auto written = DatumWriter(schema).Append(value, &bytes);
  EXPECT_TRUE(written.has_value()) << written.error().message;
  return bytes;
}

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

std::vector<std::string> FaultsOf(const std::string& writer, const std::string& reader) {
  return CompatibilityFaults(Parsed(reader), Parsed(writer));
}

std::string Record(const std::string& fields, const std::string& name = "R") {
  return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]}";
}

Value Fields(std::vector<Value> fields) { return Value{Value::Record{std::move(fields)}}; }
Value In(int32_t branch, Value value) {
  value.branch = branch;
  return value;
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
  // a.R fails by its last field, after S was found to resolve on the assumption that R does.
  const std::string r = R"({"name":"s","type":{"type":"record","name":"S","fields":[
      {"name":"r","type":["null","R"]}]}},{"name":"z","type":)";
  const std::string writer = Record(
      R"({"name":"one","type":)" + Record(r + "\"long\"}", "R") + R"(},{"name":"two","type":"S"})",
      "Top");
  const std::string reader =
      Record(R"({"name":"one","type":["null",)" + Record(r + "\"int\"}", "R") +
                 R"(,"string"]},{"name":"two","type":"S"})",
             "Top");
  const auto faults = FaultsOf(writer, reader);
  ASSERT_FALSE(faults.empty());
  EXPECT_EQ(faults[0], "field \"one\": field \"z\": long cannot be read as int");
  EXPECT_FALSE(Resolver().Resolves(*Parsed(reader).root().fields[1].type,
                                   *Parsed(writer).root().fields[1].type));
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
  EXPECT_THAT(faults[0], HasSubstr("nested deeper than 256"));
  const auto datum_reader = DatumReader::Make(Circle(29), Circle(28));
  ASSERT_TRUE(datum_reader);  // short data is read all the same
  Value value;
  EXPECT_TRUE(datum_reader->Read(std::string_view("\2\2\0", 3), &value));
}

TEST(DatumReaderTest, DatumNestedTooDeepIsAnError) {
  const Schema schema = Parsed(Record(R"({"name":"next","type":["null","R"]})"));
  const auto reader = DatumReader::Make(schema, schema);
  ASSERT_TRUE(reader);
  Value value;
  const auto read = reader->Read(std::string(100'000, '\x02'), &value);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().message, HasSubstr("nested deeper than 200"));
}

TEST(DatumReaderTest, FewBytesCannotAskForManyValues) {
  const auto error_of = [](const std::string& writer, const std::string& reader,
                           std::string_view bytes) {
    Value value;
    const auto read = DatumReader::Make(Parsed(writer), Parsed(reader))->Read(bytes, &value);
    return read ? "no error" : read.error().message;
  };
  const std::string nulls = R"({"type":"array","items":"null"})";
  const std::string limit = "the datum comes to more than 2097152 values and bytes";
  EXPECT_THAT(error_of(nulls, nulls, "\xFE\xFF\xFF\xFF\x0F"), HasSubstr(limit));
  const std::string writer =
      Record(R"({"name":"a","type":{"type":"array","items":)" + Record("", "I") + "}}");
  const std::string reader = Record(
      R"({"name":"a","type":{"type":"array","items":)" +
      Record(R"({"name":"d","type":"string","default":")" + std::string(100'000, 'x') + "\"}",
             "I") +
      "}}");
  EXPECT_THAT(error_of(writer, reader, "\xFE\xFF\xFF\xFF\x0F"), HasSubstr(limit));
}

TEST(DatumReaderTest, FaultsSayFieldAndByte) {
  const std::string type = Record(
      R"({"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"s","type":"string"},
         {"name":"u","type":["null","int"]},{"name":"a","type":{"type":"array","items":"double"}})");
  const Schema schema = Parsed(type);
  const auto reader = DatumReader::Make(schema, schema);
  ASSERT_TRUE(reader);
  const auto error_of = [&](std::string_view bytes) {
    Value value;
    const auto read = reader->Read(bytes, &value);
    return read ? "no error" : read.error().message;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(error_of("\0\2\2x\0\0"sv), "no error");
  EXPECT_EQ(error_of("\2\2\2x\0\0"sv),
            "field \"b\": byte 0: found 0x02, needed a boolean of 0 or 1");
  EXPECT_EQ(error_of("\0\x80"sv), "field \"i\": byte 1: the bytes end inside a number");
  EXPECT_EQ(error_of("\0\x80\x80\x80\x80\x10\2x\0\0"sv),
            "field \"i\": byte 1: found 2147483648, needed a 32-bit number");
  EXPECT_EQ(error_of("\0\2\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"sv),
            "field \"s\": byte 2: a number of more than 64 bits");
  EXPECT_EQ(error_of("\0\2\4x"sv), "field \"s\": byte 2: a text of 2 bytes, found 1");
  EXPECT_EQ(error_of("\0\2\1x\0\0"sv), "field \"s\": byte 2: a text of -1 bytes, found 3");
  EXPECT_EQ(error_of("\0\2\2x\4\0"sv), "field \"u\": byte 4: branch 2 of a union of 2");
  EXPECT_EQ(error_of("\0\2\2x\0\2\0\0"sv), "field \"a\": byte 6: needed 8 bytes, found 2");
  EXPECT_EQ(error_of("\0\2\2x\0\1\xC8\1"sv),
            "field \"a\": byte 5: a block of -1 items in 100 bytes");
  EXPECT_EQ(error_of("\0\2\2x\0\0\7\7"sv), "byte 6: 2 bytes behind the last field");
}

TEST(DatumReaderTest, BlocksWithTheirSizeAreRead) {
  using std::string_view_literals::operator""sv;
  const Schema schema = Parsed(R"({"type":"array","items":"int"})");
  Value value;
  ASSERT_TRUE(DatumReader::Make(schema, schema)->Read("\3\4\2\4\2\6\0"sv, &value));
  EXPECT_EQ(value.ToString(), "[1, 2, 3]");
}

TEST(DatumWriterTest, ValuesThatAreNotOfTheSchemaAreRefusedAndNothingIsAppended) {
  const DatumWriter writer(
      Parsed(Record(R"({"name":"a","type":"int"},{"name":"u","type":["null","string"]})")));
  const auto error_of = [&](const Value& value) {
    std::string out = "before";
    const auto written = writer.Append(value, &out);
    EXPECT_FALSE(written);
    EXPECT_EQ(out, "before");
    return written.error().message;
  };
  EXPECT_EQ(error_of(Value{int32_t{1}}), "found 1, needed R");
  EXPECT_EQ(error_of(Fields({Value{int32_t{1}}})), "found 1 fields, needed 2");
  EXPECT_EQ(error_of(Fields({Value{int64_t{1}}, In(0, Value{Value::Null{}})})),
            "field \"a\": found 1, needed int");
  EXPECT_EQ(error_of(Fields({Value{int32_t{1}}, In(2, Value{Value::Null{}})})),
            "field \"u\": found branch 2 of a union of 2");
  EXPECT_EQ(error_of(Fields({Value{int32_t{1}}, In(1, Value{Value::Null{}})})),
            "field \"u\": found null, needed string");
}

/// Random schemas, changes of them, and values.
class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string Type(int depth) {
    const int kind = depth > 3 ? Below(8) : Below(14);
    if (kind < 8) return "\"" + std::string(AvroTypeName(static_cast<AvroType>(kind))) + "\"";
    if (kind == 8) return R"({"type":"array","items":)" + Type(depth + 1) + "}";
    if (kind == 9) return R"({"type":"map","values":)" + Type(depth + 1) + "}";
    if (kind == 10) {
      std::string symbols = "\"S0\"";
      for (int i = 1; i <= Below(3); ++i) symbols += ",\"S" + std::to_string(i) + "\"";
      const std::string with_default = Below(2) == 0 ? R"(,"default":"S0")" : "";
      return R"({"type":"enum","name":")" + Name("E") + R"(","symbols":[)" + symbols + "]" +
             with_default + "}";
    }
    if (kind == 11) {
      return R"({"type":"fixed","name":")" + Name("F") + R"(","size":)" + std::to_string(Below(3)) +
             "}";
    }
    if (kind == 12) {
      std::string branches = "\"null\"";
      for (const char* branch : {"int", "long", "string", "double"}) {
        if (Below(2) == 0) branches += ",\"" + std::string(branch) + "\"";
      }
      return "[" + branches + "]";
    }
    std::string fields;
    std::vector<int> names = {0, 1, 2, 3};
    std::shuffle(names.begin(), names.end(), random_);
    names.resize(static_cast<size_t>(Below(4)));
    for (const int name : names) {
      if (!fields.empty()) fields += ",";
      const bool has_default = Below(2) == 0;
      fields += R"({"name":"f)" + std::to_string(name) + R"(","type":)" +
                (has_default ? R"("long","default":5)" : Type(depth + 1)) + "}";
    }
    return R"({"type":"record","name":")" + Name("R") + R"(","fields":[)" + fields + "]}";
  }

  Value Make(const SchemaNode& type) {
    switch (type.type) {
      case AvroType::kNull:
        return Value{Value::Null{}};
      case AvroType::kBoolean:
        return Value{Below(2) == 0};
      case AvroType::kInt:
        return Value{static_cast<int32_t>(random_())};
      case AvroType::kLong:
        return Value{static_cast<int64_t>((uint64_t{random_()} << 32) | random_())};
      case AvroType::kFloat:
        return Value{static_cast<float>(Below(1000)) / 8};
      case AvroType::kDouble:
        return Value{static_cast<double>(Below(1000)) / 8};
      case AvroType::kBytes:
        return Value{Value::Bytes{std::string(static_cast<size_t>(Below(5)), '\x01')}};
      case AvroType::kString:
        return Value{std::string(static_cast<size_t>(Below(5)), 's')};
      case AvroType::kFixed:
        return Value{Value::Fixed{std::string(static_cast<size_t>(type.fixed_size), 'f')}};
      case AvroType::kEnum:
        return Value{Value::Enum{Below(static_cast<int>(type.symbols.size()))}};
      case AvroType::kUnion: {
        const int branch = Below(static_cast<int>(type.branches.size()));
        return In(branch, Make(*type.branches[static_cast<size_t>(branch)]));
      }
      case AvroType::kArray: {
        Value::Array array;
        for (int i = Below(3); i > 0; --i) array.items.push_back(Make(*type.element));
        return Value{std::move(array)};
      }
      case AvroType::kMap: {
        Value::Map map;
        for (int i = Below(3); i > 0; --i) {
          map.keys.push_back("k" + std::to_string(i));
          map.values.push_back(Make(*type.element));
        }
        return Value{std::move(map)};
      }
      case AvroType::kRecord: {
        Value::Record record;
        for (const SchemaField& field : type.fields) record.fields.push_back(Make(*field.type));
        return Value{std::move(record)};
      }
    }
    return Value{};
  }

  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }

  /// Names are few, in namespaces that are unique: types of two schemas often match, and no schema
  /// defines a name twice.
  void StartSchema() { names_ = 0; }

 private:
  std::string Name(const char* kind) {
    return "n" + std::to_string(names_++) + "." + kind + std::to_string(Below(2));
  }

  std::mt19937 random_;
  int names_ = 0;
};

TEST(ResolutionTest, WhatIsCompatibleDecodesAndWhatDoesNotDecodeIsIncompatible) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  Generator generator(seed);
  int compatible_count = 0;
  int incompatible_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    generator.StartSchema();
    const Schema writer = Parsed(generator.Type(0));
    generator.StartSchema();
    const Schema reader = Parsed(round % 8 == 0 ? writer.ToJson() : generator.Type(0));
    const bool is_compatible = CompatibilityFaults(reader, writer).empty();
    ++(is_compatible ? compatible_count : incompatible_count);
    EXPECT_EQ(is_compatible, Resolver().Resolves(reader.root(), writer.root()));
    const auto datum_reader = DatumReader::Make(writer, reader);
    if (!is_compatible && !datum_reader) continue;
    ASSERT_TRUE(datum_reader) << "seed " << seed << ": " << writer.ToJson() << " as "
                              << reader.ToJson() << ": " << datum_reader.error().message;
    for (int i = 0; i < 5; ++i) {
      const Value value = generator.Make(writer.root());
      const std::string bytes = Encoded(writer, value);
      Value read;
      const auto done = datum_reader->Read(bytes, &read);
      if (!is_compatible && !done) continue;
      ASSERT_TRUE(done) << "seed " << seed << ": " << writer.ToJson() << " as " << reader.ToJson()
                        << ": " << value.ToString() << ": " << done.error().message;
      // What was read is a value of the reader's schema.
      Encoded(reader, read);
      if (round % 8 == 0) {
        EXPECT_EQ(read, value) << "seed " << seed;
      }
      if (!bytes.empty()) {
        Value cut;
        EXPECT_FALSE(datum_reader->Read(std::string_view(bytes).substr(0, bytes.size() - 1), &cut))
            << "seed " << seed << ": " << writer.ToJson();
      }
    }
  }
  EXPECT_GT(compatible_count, 2000);
  EXPECT_GT(incompatible_count, 2000);
}

}  // namespace
}  // namespace tillstream
