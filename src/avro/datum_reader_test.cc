#include "avro/datum_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "avro/datum_writer.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;

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

}  // namespace
}  // namespace tillstream
