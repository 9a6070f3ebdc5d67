#include "consume/event_decoder.h"

#include "avro/datum_writer.h"
#include "consume/consume_fixture.h"

namespace tillstream {
namespace {

class EventDecoderTest : public StreamTest {
 protected:
  Result<Event> Decode(const std::string& value, bool has_value = true) {
    value_ = value;
    RecordView record;
    record.value = value_;
    record.has_value = has_value;
    Event event;
    TILLSTREAM_TRY(decoder_.Decode(record, &event));
    return event;
  }
  std::string FaultOf(const std::string& value) {
    const Result<Event> event = Decode(value);
    if (event) return "no fault";
    EXPECT_EQ(event.error().code, ErrorCode::kCorrupt);
    return event.error().message;
  }
  SchemaId Register(const std::string& subject, const std::string& json) {
    return *registry_->Register(subject, *Schema::Parse(json), Timestamp(0));
  }
  static std::string FramedValue(SchemaId id, const std::string& json, const Value& value) {
    std::string bytes;
    AppendFrame(id, &bytes);
    TILLSTREAM_CHECK(DatumWriter(*Schema::Parse(json)).Append(value, &bytes).has_value());
    return bytes;
  }

  std::string value_;
  EventDecoder decoder_{*registry_};
};

const SalesRecord kSale = {"FOODS_1_001", "FOODS_1", "FOODS", "CA_1", "CA", Day(7), 3, 1.25F};

const StoreDay kTotal = {"CA_1", "CA", Day(7), Date{}, 3, 5, 200, 1, 0};

TEST_F(EventDecoderTest, TheTwoEventsAreKnown) {
  const Event sale = *Decode(Framed(kSale));
  EXPECT_EQ(std::get<SalesRecord>(sale), kSale);
  const Event day = *Decode(Framed(kTotal));
  EXPECT_EQ(std::get<StoreDay>(day), kTotal);
}

TEST_F(EventDecoderTest, ATombstoneIsNothing) {
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*Decode("", false)));
}

TEST_F(EventDecoderTest, KindsMayAlternate) {
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(std::holds_alternative<SalesRecord>(*Decode(Framed(kSale))));
    EXPECT_TRUE(std::holds_alternative<StoreDay>(*Decode(Framed(kTotal))));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(*Decode("", false)));
  }
}

TEST_F(EventDecoderTest, AnotherSchemaGivesItsOwnValue) {
  const std::string json = R"({"type":"record","name":"Note","fields":[
      {"name":"text","type":["null","string"]}]})";
  const SchemaId id = Register("notes-value", json);
  Value text{std::string("hello")};
  text.branch = 1;
  const Event event = *Decode(FramedValue(id, json, Value{Value::Record{{text}}}));
  const auto& other = std::get<OtherEvent>(event);
  EXPECT_EQ(other.schema->FullName(), "Note");
  EXPECT_EQ(other.value.as<Value::Record>().fields[0].as<std::string>(), "hello");
}

TEST_F(EventDecoderTest, ALaterVersionIsReadAsVersionOne) {
  std::string json = SalesRecordSchema().ToJson();
  json.insert(json.rfind(']'), R"(,{"name":"promotion","type":"string","default":""})");
  const SchemaId id = Register("sales-value", json);
  ASSERT_NE(id, sales_);
  std::string bytes;
  AppendFrame(id, &bytes);
  bytes += Framed(kSale).substr(kFrameBytes);
  bytes += std::string("\x04no", 3);
  EXPECT_EQ(std::get<SalesRecord>(*Decode(bytes)), kSale);
}

TEST_F(EventDecoderTest, ARecordThatOnlyHasOurNameIsReadAsWhatItIs) {
  const std::string json = R"({"type":"record","name":"SalesRecord","namespace":"other",
      "fields":[{"name":"amount","type":"int"}]})";
  const SchemaId id = Register("other-value", json);
  const Event event = *Decode(FramedValue(id, json, Value{Value::Record{{Value{int32_t{4}}}}}));
  EXPECT_EQ(std::get<OtherEvent>(event).schema->FullName(), "other.SalesRecord");
}

TEST_F(EventDecoderTest, WhatIsNoFrameIsCorrupt) {
  EXPECT_EQ(FaultOf(""), "frame: found 0 bytes, needed at least 5: a zero byte and a schema id");
  EXPECT_EQ(FaultOf(std::string("\x01\x00\x00\x00\x01", 5)),
            "frame: found magic byte 0x01, needed 0x00");
  EXPECT_EQ(FaultOf("{\"a\":1}"), "frame: found magic byte 0x7b, needed 0x00");
  EXPECT_EQ(FaultOf(std::string(5, '\0')), "frame: found schema id 0, needed 1 or more");
}

TEST_F(EventDecoderTest, AnUnknownIdIsCorruptUntilItIsRegistered) {
  std::string bytes;
  AppendFrame(SchemaId(77), &bytes);
  EXPECT_EQ(FaultOf(bytes), "schema: id 77 is not registered in log in memory");
  bytes.clear();
  AppendFrame(SchemaId(3), &bytes);
  bytes += "\x02";
  EXPECT_EQ(FaultOf(bytes), "schema: id 3 is not registered in log in memory");
  ASSERT_EQ(Register("numbers-value", "\"int\""), SchemaId(3));
  EXPECT_EQ(FaultOf(bytes), "no fault");
}

TEST_F(EventDecoderTest, BytesBehindTheLastFieldAreCorrupt) {
  EXPECT_NE(FaultOf(Framed(kSale) + "x").find("1 byte"), std::string::npos)
      << FaultOf(Framed(kSale) + "x");
}

TEST_F(EventDecoderTest, AValueTruncatedAtAnyByteIsCorrupt) {
  const std::string whole = Framed(kSale);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(FaultOf(whole.substr(0, size)), "no fault") << size;
  }
  EXPECT_EQ(FaultOf(whole), "no fault");
}

}  // namespace
}  // namespace tillstream
