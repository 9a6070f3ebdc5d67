#include "registry/log_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "avro/sales_codec.h"
#include "avro/schema_fixture.h"
#include "log/memory_log.h"
#include "registry/schemas_topic.h"
#include "registry/subject_name.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Counts syncs, and lets a test fail them.
class WatchedLog final : public EventLog {
 public:
  explicit WatchedLog(EventLog& log) : log_(log) {}

  Status CreateTopic(const TopicInfo& topic) override { return log_.CreateTopic(topic); }
  Result<std::vector<TopicInfo>> ListTopics() override { return log_.ListTopics(); }
  Result<std::unique_ptr<LogReader>> OpenReader(const TopicPartition& partition) override {
    return log_.OpenReader(partition);
  }
  std::string Describe() const override { return "log here"; }
  Result<std::unique_ptr<LogWriter>> OpenWriter(const WriterSpec& spec) override {
    ++open_count;
    TILLSTREAM_ASSIGN(auto writer, log_.OpenWriter(spec));
    return std::unique_ptr<LogWriter>(std::make_unique<Writer>(*this, std::move(writer)));
  }

  int open_count = 0;
  int sync_count = 0;
  bool syncs_fail = false;

 private:
  class Writer final : public LogWriter {
   public:
    Writer(WatchedLog& log, std::unique_ptr<LogWriter> writer)
        : log_(log), writer_(std::move(writer)) {}
    Position position() const override { return writer_->position(); }
    Position durable_position() const override { return writer_->durable_position(); }
    int64_t totals_count() const override { return writer_->totals_count(); }
    int64_t EventsIn(size_t index) const override { return writer_->EventsIn(index); }
    int64_t DurableEventsIn(size_t index) const override { return writer_->DurableEventsIn(index); }
    Status AppendTo(size_t index, const RecordBlock& events) override {
      return writer_->AppendTo(index, events);
    }
    Status AppendTotals(const RecordBlock& totals) override {
      return writer_->AppendTotals(totals);
    }
    Status Flush() override { return writer_->Flush(); }
    Result<Position> Sync(std::chrono::milliseconds timeout) override {
      ++log_.sync_count;
      if (log_.syncs_fail) return Error{ErrorCode::kIoError, "disk: gone"};
      return writer_->Sync(timeout);
    }

   private:
    WatchedLog& log_;
    std::unique_ptr<LogWriter> writer_;
  };

  EventLog& log_;
};

const Schema& One() {
  static const Schema kSchema =
      Parsed(R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"}]})");
  return kSchema;
}
const Schema& Two() {
  static const Schema kSchema = Parsed(
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},
          {"name":"b","type":"int","default":0}]})");
  return kSchema;
}
const Schema& Broken() {
  static const Schema kSchema = Parsed(
      R"({"type":"record","name":"R","fields":[{"name":"a","type":"string"},
          {"name":"c","type":"int"}]})");
  return kSchema;
}

WriterSpec SpecOf(std::string holder) {
  WriterSpec spec;
  spec.events = {{std::string(kSchemasTopic), PartitionId(0)}};
  spec.holder = std::move(holder);
  return spec;
}

constexpr Timestamp kFirstDay(1296259200000);

class LogRegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<LogRegistry> Open() {
    auto registry = LogRegistry::Open(log_, clock_, "test");
    EXPECT_TRUE(registry.has_value()) << registry.error().message;
    return *std::move(registry);
  }

  std::string OpenError() {
    const auto registry = LogRegistry::Open(log_, clock_, "test");
    if (registry) return "no error";
    EXPECT_EQ(registry.error().code, ErrorCode::kCorrupt);
    return registry.error().message;
  }

  /// Appends a record of the topic as another program would; an empty value is a tombstone.
  void Write(std::string_view key, std::string_view value) {
    ASSERT_TRUE(log_.CreateTopic({std::string(kSchemasTopic), 1}));
    auto writer = log_.OpenWriter(SpecOf("foreign"));
    ASSERT_TRUE(writer);
    RecordBlock block;
    block.Clear(Timestamp(1));
    block.Append(key, value, !value.empty());
    ASSERT_TRUE((*writer)->Append(block));
    ASSERT_TRUE((*writer)->Sync(std::chrono::seconds(1)));
  }

  struct Stored {
    std::string key;
    std::string value;
    Timestamp timestamp;
  };
  std::vector<Stored> Records() {
    std::vector<Stored> stored;
    auto reader = log_.OpenReader({std::string(kSchemasTopic), PartitionId(0)});
    if (!reader) return stored;
    for (;;) {
      const auto records = (*reader)->Read(std::chrono::milliseconds(0));
      EXPECT_TRUE(records);
      if (records->empty()) return stored;
      for (const RecordView& record : *records) {
        stored.push_back({std::string(record.key), std::string(record.value), record.timestamp});
      }
    }
  }

  SimClock clock_;
  MemoryLog memory_{clock_};
  WatchedLog log_{memory_};
};

TEST_F(LogRegistryTest, OpeningWritesNothing) {
  const auto registry = Open();
  EXPECT_THAT(*registry->List(), IsEmpty());
  EXPECT_THAT(registry->Check("sales-value", One())->reasons, IsEmpty());
  const auto found = registry->Find(SchemaId(1));
  EXPECT_EQ(found.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(found.error().message, "schema: id 1 is not registered in log here");
  EXPECT_THAT(*memory_.ListTopics(), IsEmpty());
  EXPECT_EQ(log_.open_count, 0);
}

TEST_F(LogRegistryTest, RecordsAreThoseOfConfluentsRegistry) {
  const auto registry = Open();
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(1));
  const auto records = Records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].key,
            R"({"keytype":"SCHEMA","subject":"sales-value","version":1,"magic":1})");
  EXPECT_EQ(records[0].value,
            R"({"subject":"sales-value","version":1,"id":1,"schema":"{\"type\":\"record\",)"
            R"(\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}","deleted":false})");
  EXPECT_EQ(records[0].timestamp, kFirstDay);
}

TEST_F(LogRegistryTest, SameSchemaAgainHasTheSameIdAndWritesNothing) {
  const auto registry = Open();
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(*registry->Register("sales-value", Parsed(One().ToJson() + "  "), Timestamp(9)),
            SchemaId(1));
  EXPECT_EQ(log_.open_count, 1);
  EXPECT_EQ(*Open()->Register("sales-value", One(), Timestamp(9)), SchemaId(1));
  EXPECT_EQ(Records().size(), 1U);
}

TEST_F(LogRegistryTest, IdsAreGlobalAndVersionsAreTheSubjects) {
  const auto registry = Open();
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(*registry->Register("other-value", Broken(), kFirstDay), SchemaId(2));
  EXPECT_EQ(*registry->Register("sales-value", Two(), kFirstDay), SchemaId(3));
  EXPECT_EQ(*registry->Register("third-value", Two(), kFirstDay), SchemaId(3));
  const auto list = *Open()->List();
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[2].subject, "sales-value");
  EXPECT_EQ(list[2].version, 2);
  EXPECT_EQ(list[3].version, 1);
  EXPECT_EQ(list[3].id, SchemaId(3));
  EXPECT_EQ(list[3].schema, Two().ToJson());
  EXPECT_EQ(registry->Find(SchemaId(2))->ToJson(), Broken().ToJson());
}

TEST_F(LogRegistryTest, IncompatibleSchemaIsRefusedBeforeAnythingIsWritten) {
  const auto registry = Open();
  ASSERT_TRUE(registry->Register("sales-value", One(), kFirstDay));
  const auto refused = registry->Register("sales-value", Broken(), kFirstDay);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kBadInput);
  EXPECT_EQ(
      refused.error().message,
      "schema: subject \"sales-value\": incompatible (BACKWARD): version 1: field \"a\": int "
      "cannot "
      "be read as string (TYPE_MISMATCH); version 1: field \"c\": not in the writer's schema and "
      "without a default (READER_FIELD_MISSING_DEFAULT_VALUE)");
  EXPECT_THAT(
      registry->Check("sales-value", Broken())->reasons,
      ElementsAre("version 1: field \"a\": int cannot be read as string (TYPE_MISMATCH)",
                  "version 1: field \"c\": not in the writer's schema and without a default "
                  "(READER_FIELD_MISSING_DEFAULT_VALUE)"));
  EXPECT_THAT(registry->Check("sales-value", Two())->reasons, IsEmpty());
  EXPECT_EQ(Records().size(), 1U);
}

TEST_F(LogRegistryTest, SameOrderGivesTheSameRecords) {
  std::vector<std::string> runs[2];
  for (auto& run : runs) {
    MemoryLog log(clock_);
    auto registry = *LogRegistry::Open(log, clock_, "holder");
    ASSERT_TRUE(registry->Register("sales-value", SalesRecordSchema(), kFirstDay));
    ASSERT_TRUE(registry->Register("sales-days-value", StoreDaySchema(), kFirstDay));
    clock_.Advance(std::chrono::hours(5));
    auto reader = *log.OpenReader({std::string(kSchemasTopic), PartitionId(0)});
    while (true) {
      const auto records = *reader->Read(std::chrono::milliseconds(0));
      if (records.empty()) break;
      for (const RecordView& record : records) {
        run.push_back(std::to_string(record.timestamp.value()) + std::string(record.key) +
                      std::string(record.value));
      }
    }
    EXPECT_EQ(run.size(), 2U);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_F(LogRegistryTest, IdsAreDurableBeforeTheyAreGiven) {
  log_.syncs_fail = true;
  auto registry = Open();
  EXPECT_EQ(registry->Register("sales-value", One(), kFirstDay).error().message, "disk: gone");
  // The record may have reached the log all the same; a new start must not take it as durable.
  registry = Open();
  EXPECT_EQ(registry->Register("sales-value", One(), kFirstDay).error().message, "disk: gone");
  log_.syncs_fail = false;
  registry = Open();
  const int sync_count = log_.sync_count;
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(log_.sync_count, sync_count + 1);
  EXPECT_EQ(Records().size(), 1U);
}

TEST_F(LogRegistryTest, WhatOthersRegisterIsFound) {
  const auto early = Open();
  const auto late = Open();
  EXPECT_EQ(*early->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(late->Find(SchemaId(1))->ToJson(), One().ToJson());
  EXPECT_EQ(*early->Register("other-value", Two(), kFirstDay), SchemaId(2));
  EXPECT_EQ(*late->Register("third-value", Broken(), kFirstDay), SchemaId(3));
  EXPECT_EQ(early->List()->size(), 3U);
}

TEST_F(LogRegistryTest, IdThatIsLookedUpIsDurable) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  const auto registry = Open();
  const int sync_count = log_.sync_count;
  log_.syncs_fail = true;
  EXPECT_EQ(registry->Lookup("sales-value", One()).error().code, ErrorCode::kIoError);
  log_.syncs_fail = false;
  const auto later = Open();
  EXPECT_EQ(*later->Lookup("sales-value", One()), SchemaId(1));
  EXPECT_EQ(*later->Lookup("sales-value", One()), SchemaId(1));
  EXPECT_EQ(log_.sync_count, sync_count + 2) << "known to be durable, it is not synced again";
  EXPECT_EQ(Records().size(), 1U);
}

TEST_F(LogRegistryTest, ReadersWriteNothing) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  const int open_count = log_.open_count;
  const auto registry = Open();
  EXPECT_TRUE(registry->Find(SchemaId(1)));
  EXPECT_TRUE(registry->Latest("sales-value"));
  EXPECT_TRUE(registry->List());
  EXPECT_TRUE(registry->Check("sales-value", Two()));
  EXPECT_FALSE(registry->Lookup("sales-value", Two()));
  EXPECT_EQ(log_.open_count, open_count);
}

TEST_F(LogRegistryTest, HeldLockIsWaitedForAndThenSaid) {
  const auto registry = Open();
  ASSERT_TRUE(memory_.CreateTopic({std::string(kSchemasTopic), 1}));
  const auto holder = memory_.OpenWriter(SpecOf("someone else"));
  ASSERT_TRUE(holder);
  const auto before = clock_.Monotonic();
  const auto refused = registry->Register("sales-value", One(), kFirstDay);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
  EXPECT_THAT(refused.error().message, HasSubstr("someone else"));
  EXPECT_GE(clock_.Monotonic() - before, kRegistryLockWait);
  EXPECT_LT(clock_.Monotonic() - before, kRegistryLockWait + std::chrono::seconds(1));
}

TEST_F(LogRegistryTest, ForeignKindsOfRecordsArePassedOver) {
  Write(R"({"keytype":"NOOP","magic":0})", "");
  Write(R"({"keytype":"CONFIG","subject":null,"magic":0})", R"({"compatibilityLevel":"FULL"})");
  Write(R"({"keytype":"MODE","subject":null,"magic":0})", R"({"mode":"READWRITE"})");
  Write(R"({"keytype":"SOMETHING_NEW"})", "not even JSON");
  EXPECT_EQ(*Open()->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(Open()->List()->size(), 1U);
}

std::string Key(const std::string& subject, int version) {
  return R"({"keytype":"SCHEMA","subject":")" + subject + R"(","version":)" +
         std::to_string(version) + R"(,"magic":1})";
}
std::string ValueOf(const std::string& subject, int version, int id, const std::string& rest) {
  return R"({"subject":")" + subject + R"(","version":)" + std::to_string(version) + R"(,"id":)" +
         std::to_string(id) + "," + rest + "}";
}

TEST_F(LogRegistryTest, SoftlyDeletedSchemaIsFoundByIdAndNotOffered) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  Write(Key("sales-value", 1),
        ValueOf("sales-value", 1, 1,
                R"("schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",)"
                R"(\"type\":\"int\"}]}","deleted":true)"));
  const auto registry = Open();
  EXPECT_THAT(*registry->List(), IsEmpty());
  EXPECT_TRUE(registry->Find(SchemaId(1)));
  EXPECT_THAT(registry->Check("sales-value", Broken())->reasons, IsEmpty());
  // Again: the same id, the next version.
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(1));
  EXPECT_EQ(registry->List()->at(0).version, 2);
}

TEST_F(LogRegistryTest, DeletedSubjectIsNotOffered) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  ASSERT_TRUE(Open()->Register("sales-value", Two(), kFirstDay));
  Write(R"({"keytype":"DELETE_SUBJECT","subject":"sales-value","magic":0})",
        R"({"subject":"sales-value","version":2})");
  const auto registry = Open();
  EXPECT_THAT(*registry->List(), IsEmpty());
  EXPECT_EQ(*registry->Register("sales-value", Two(), kFirstDay), SchemaId(2));
  EXPECT_EQ(registry->List()->at(0).version, 3);
}

TEST_F(LogRegistryTest, WhatConfluentsNewestWritesIsRead) {
  const std::string text = R"("schema":"\"int\"")";
  Write(Key("a", 1), ValueOf("a", 1, 4,
                             text + R"(,"deleted":null,"references":null,"md5":"x",)"
                                    R"("metadata":{"properties":{"k":"v"}})"));
  Write(Key("b", 1), ValueOf("b", 1, 4, text + R"(,"deleted":true)"));
  Write(R"({"keytype":"CLEAR_SUBJECT","subject":"b","magic":0})", R"({"subject":"b"})");
  Write(R"({"keytype":"CONFIG","subject":"a","magic":0})", R"({"subject":"a","alias":"b"})");
  Write(R"({"keytype":"MODE","subject":"a","magic":0})", R"({"subject":"a","mode":"FORWARD"})");
  const auto topic = *SchemasTopic::Open(log_, clock_, "test");
  topic->With([](const SchemaHistory& history) {
    EXPECT_NE(history.Latest("a"), nullptr);
    EXPECT_EQ(history.Find("b"), nullptr);
    EXPECT_EQ(history.LevelOf("a"), std::nullopt);
    EXPECT_EQ(history.ModeOf("a"), SubjectMode::kReadOnly) << "a mode that is not known here";
    return 0;
  });
}

TEST_F(LogRegistryTest, IdOfASchemaDeletedForGoodIsNotGivenToAnother) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  Write(Key("sales-value", 1), "");
  const auto registry = Open();
  EXPECT_THAT(*registry->List(), IsEmpty());
  EXPECT_EQ(*registry->Register("sales-value", Broken(), kFirstDay), SchemaId(2));
  EXPECT_TRUE(registry->Find(SchemaId(1)));
}

TEST_F(LogRegistryTest, NextIdIsBehindTheHighestInWhateverOrderTheyStand) {
  Write(Key("a", 1), ValueOf("a", 1, 9, R"("schema":"\"int\"")"));
  Write(Key("b", 1), ValueOf("b", 1, 4, R"("schema":"\"long\"")"));
  EXPECT_EQ(*Open()->Register("sales-value", One(), kFirstDay), SchemaId(10));
}

TEST_F(LogRegistryTest, SchemasThatAreNotAvroAreKeptAndNotRead) {
  Write(Key("x", 1), ValueOf("x", 1, 4, R"("schemaType":"PROTOBUF","schema":"message M {}")"));
  Write(Key("y", 1),
        ValueOf("y", 1, 5,
                R"("references":[{"name":"a.B","subject":"z","version":1}],"schema":"\"a.B\"")"));
  const auto registry = Open();
  EXPECT_EQ(registry->List()->size(), 2U);
  EXPECT_EQ(registry->Find(SchemaId(4)).error().message, "schema: id 4 is of type PROTOBUF");
  EXPECT_EQ(registry->Find(SchemaId(5)).error().message,
            "schema: id 5 refers to schemas that are not here");
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(6));
  EXPECT_THAT(registry->Check("x", One())->reasons, ElementsAre("version 1 is of type PROTOBUF"));
}

TEST_F(LogRegistryTest, SchemasThatCannotBeReadAreKeptAndSaid) {
  // As Confluent's registry takes it, which does not look at defaults unless it is asked to.
  Write(Key("x", 1), ValueOf("x", 1, 4,
                             R"("schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[)"
                             R"({\"name\":\"a\",\"type\":\"int\",\"default\":null}]}")"));
  const auto registry = Open();
  EXPECT_EQ(registry->List()->size(), 1U);
  EXPECT_EQ(registry->Find(SchemaId(4)).error().message,
            "schema: id 4 cannot be read: schema: field \"a\": default null is not of type int");
  EXPECT_THAT(registry->Check("x", One())->reasons,
              ElementsAre(HasSubstr("version 1 cannot be read: ")));
  EXPECT_EQ(*registry->Register("sales-value", One(), kFirstDay), SchemaId(5));
}

TEST_F(LogRegistryTest, DamagedRecordIsCorruptAndNamesTheOffset) {
  ASSERT_TRUE(Open()->Register("sales-value", One(), kFirstDay));
  Write("{", "{}");
  EXPECT_EQ(OpenError(), "_schemas-0: offset 1: key: json: byte 2: not valid JSON");
}

TEST_F(LogRegistryTest, EveryKindOfDamageIsSaid) {
  const std::string schema = R"("schema":"\"int\"")";
  const std::vector<std::array<std::string, 3>> cases = {
      {"7", "{}", "key: found \"7\", needed a JSON object"},
      {"{}", "{}", "key: without a text \"keytype\""},
      {R"({"keytype":"SCHEMA","version":1})", "{}", "key: without a text \"subject\""},
      {R"({"keytype":"SCHEMA","subject":"a","version":0})", "{}",
       "key: without a number \"version\" of 1 or more"},
      {Key("a", 1), "[]", "value: found \"[]\", needed a JSON object"},
      {Key("a", 1), "{" + schema + "}", "value: without a number \"id\" of 1 or more"},
      {Key("a", 1), R"({"id":4294967297,)" + schema + "}",
       "value: without a number \"id\" of 1 or more"},
      {Key("a", 1), R"({"id":18446744073709551615,)" + schema + "}",
       "value: without a number \"id\" of 1 or more"},
      {Key("a", 1), R"({"id":1})", "value: without a text \"schema\""},
      {Key("a", 1), R"({"id":1,"deleted":"no",)" + schema + "}",
       "value: \"deleted\" is \"no\", needed true or false"}};
  for (const auto& [key, value, message] : cases) {
    MemoryLog log(clock_);
    ASSERT_TRUE(log.CreateTopic({std::string(kSchemasTopic), 1}));
    auto writer = *log.OpenWriter(SpecOf("x"));
    RecordBlock block;
    block.Clear(Timestamp(1));
    block.Append(key, value);
    ASSERT_TRUE(writer->Append(block));
    ASSERT_TRUE(writer->Sync(std::chrono::seconds(1)));
    const auto registry = LogRegistry::Open(log, clock_, "test");
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(registry.error().message, "_schemas-0: offset 0: " + message);
  }
}

TEST_F(LogRegistryTest, OneIdForTwoSchemasIsCorrupt) {
  Write(Key("a", 1), ValueOf("a", 1, 1, R"("schema":"\"int\"")"));
  Write(Key("b", 1), ValueOf("b", 1, 1, R"("schema":"\"long\"")"));
  EXPECT_EQ(OpenError(), "_schemas-0: offset 1: value: id 1 is already another schema's");
}

TEST(ValueSubjectTest, IsTheTopicWithValueBehind) {
  EXPECT_EQ(ValueSubject("sales"), "sales-value");
}

}  // namespace
}  // namespace tillstream
