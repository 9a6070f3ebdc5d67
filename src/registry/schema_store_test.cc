#include "registry/schema_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "log/memory_log.h"
#include "registry/registry_error.h"
#include "registry/schemas_record.h"
#include "testing/sim_clock.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string Record(const std::string& fields) {
  return R"({"type":"record","name":"R","namespace":"n","fields":[)" + fields + "]}";
}
std::string Field(const std::string& name, const std::string& type, const std::string& more = "") {
  return R"({"name":")" + name + R"(","type":)" + type + more + "}";
}

const std::string kOne = Record(Field("a", R"("int")"));
/// One and an optional field: compatible both ways.
const std::string kTwo =
    Record(Field("a", R"("int")") + "," + Field("b", R"("int")", R"(,"default":0)"));
/// Two without the default: reads Two, not One.
const std::string kThree = Record(Field("a", R"("int")") + "," + Field("b", R"("int")"));
/// One with a wider number: reads One, is not read by it.
const std::string kWider = Record(Field("a", R"("long")"));
const std::string kBroken = Record(Field("a", R"("string")"));

template <typename T>
int CodeOf(const Result<T>& result) {
  return result ? 0 : result.error().protocol_code;
}

class SchemaStoreTest : public ::testing::Test {
 protected:
  SchemaStoreTest() { Reopen(); }

  /// A new process over the same log.
  void Reopen() {
    auto store = SchemaStore::Open(log_, clock_, "test");
    ASSERT_TRUE(store.has_value()) << store.error().message;
    store_ = *std::move(store);
  }

  Result<RegisteredSchema> Register(const std::string& subject, const std::string& text,
                                    ImportedNumbers numbers = {}) {
    return store_->Register(subject, {text}, false, numbers);
  }
  int32_t IdOf(const std::string& subject, const std::string& text) {
    const auto registered = Register(subject, text);
    EXPECT_TRUE(registered.has_value()) << registered.error().message;
    return registered ? registered->id.value() : 0;
  }

  SimClock clock_;
  MemoryLog log_{clock_};
  std::unique_ptr<SchemaStore> store_;
};

TEST_F(SchemaStoreTest, EverythingIsThereAfterANewStart) {
  EXPECT_EQ(IdOf("s", kOne), 1);
  EXPECT_EQ(IdOf("s", kTwo), 2);
  EXPECT_EQ(IdOf("t", kTwo), 2);
  ASSERT_TRUE(store_->SetLevel("s", CompatibilityLevel::kFull));
  ASSERT_TRUE(store_->SetMode("t", SubjectMode::kReadOnly, false));
  ASSERT_TRUE(store_->DeleteVersion("s", 1, false));
  Reopen();
  EXPECT_THAT(*store_->Versions("s", DeletedFilter::kWithout), ElementsAre(2));
  EXPECT_THAT(*store_->Versions("s", DeletedFilter::kOnly), ElementsAre(1));
  EXPECT_EQ(*store_->Level("s", false), CompatibilityLevel::kFull);
  EXPECT_EQ(*store_->Mode("t", false), SubjectMode::kReadOnly);
  EXPECT_THAT(*store_->VersionsOf(SchemaId(2), false), ElementsAre(Pair("s", 2), Pair("t", 1)));
  EXPECT_EQ(IdOf("u", Record("")), 3);
}

TEST_F(SchemaStoreTest, SpellingMakesNoNewSchemaAndDocDoes) {
  EXPECT_EQ(IdOf("s", kOne), 1);
  EXPECT_EQ(IdOf("s", R"({"fields": [{"type":"int", "name":"a"}], "namespace":"n",
                          "name":"R", "type":"record"})"),
            1);
  EXPECT_EQ(IdOf("s", Record(Field("a", R"({"type":"int"})"))), 1);
  EXPECT_EQ(IdOf("s", Record(Field("a", R"("int")", R"(,"doc":"units")"))), 2);
}

TEST_F(SchemaStoreTest, EachLevelAsksWhatItIsCalledFor) {
  struct Case {
    CompatibilityLevel level;
    bool takes_wider;     // after Two: reads it, is not read by it
    bool takes_narrower;  // the other way round
    bool takes_three;     // reads the latest, not the first
  };
  const std::string narrower = Record(Field("a", R"("int")") + "," + Field("c", R"("int")"));
  for (const Case& c : {Case{CompatibilityLevel::kNone, true, true, true},
                        Case{CompatibilityLevel::kBackward, true, false, true},
                        Case{CompatibilityLevel::kBackwardTransitive, true, false, false},
                        Case{CompatibilityLevel::kForward, false, true, true},
                        Case{CompatibilityLevel::kForwardTransitive, false, true, true},
                        Case{CompatibilityLevel::kFull, false, false, true},
                        Case{CompatibilityLevel::kFullTransitive, false, false, false}}) {
    const std::string subject(CompatibilityLevelName(c.level));
    ASSERT_TRUE(store_->SetLevel(subject, c.level));
    IdOf(subject, kOne);
    IdOf(subject, kTwo);
    const auto takes = [&](const std::string& text) {
      return store_->CheckAll(subject, {text}, false)->empty();
    };
    EXPECT_EQ(takes(kWider), c.takes_wider) << subject;
    EXPECT_EQ(takes(narrower), c.takes_narrower) << subject;
    EXPECT_EQ(takes(kThree), c.takes_three) << subject;
    EXPECT_EQ(Register(subject, kThree).has_value(), c.takes_three) << subject;
  }
}

TEST_F(SchemaStoreTest, ReasonsNameVersionDirectionFieldAndRule) {
  IdOf("s", kOne);
  ASSERT_TRUE(store_->SetLevel("s", CompatibilityLevel::kFull));
  EXPECT_THAT(
      *store_->Check("s", {}, {kWider}, false),
      ElementsAre(
          "version 1 as the reader: field \"a\": long cannot be read as int (TYPE_MISMATCH)"));
  const auto refused = Register("s", kWider);
  EXPECT_EQ(CodeOf(refused), 40901);
  EXPECT_EQ(refused.error().message,
            "subject \"s\": incompatible (FULL): version 1 as the reader: field \"a\": long cannot "
            "be read as int (TYPE_MISMATCH)");
}

TEST_F(SchemaStoreTest, ACheckAgainstOneVersionLooksAtThatOneOnly) {
  IdOf("s", kOne);
  IdOf("s", kTwo);
  EXPECT_THAT(*store_->Check("s", 2, {kThree}, false), IsEmpty());
  EXPECT_EQ(store_->Check("s", 1, {kThree}, false)->size(), 1U);
  EXPECT_EQ(CodeOf(store_->Check("s", 7, {kThree}, false)), 40402);
  EXPECT_EQ(CodeOf(store_->Check("none", 1, {kThree}, false)), 40402);
  EXPECT_THAT(*store_->Check("none", {}, {kThree}, false), IsEmpty());
  EXPECT_EQ(CodeOf(store_->Check("s", {}, {R"("itn")"}, false)), 42201);
}

TEST_F(SchemaStoreTest, SoftDeletionHidesAndComesAgainAsTheNextVersion) {
  IdOf("s", kOne);
  IdOf("s", kTwo);
  ASSERT_TRUE(store_->SetLevel("s", CompatibilityLevel::kNone));
  EXPECT_THAT(*store_->DeleteSubject("s", false), ElementsAre(1, 2));
  EXPECT_EQ(CodeOf(store_->DeleteSubject("s", false)), 40404);
  EXPECT_THAT(*store_->Subjects("", DeletedFilter::kWithout), IsEmpty());
  EXPECT_THAT(*store_->Subjects("", DeletedFilter::kOnly), ElementsAre("s"));
  EXPECT_EQ(CodeOf(store_->Version("s", {}, false)), 40401);
  EXPECT_EQ(store_->Version("s", {}, true)->version, 2);
  EXPECT_EQ(store_->FindId(SchemaId(1))->schema, kOne);
  EXPECT_EQ(CodeOf(store_->Level("s", false)), 40408) << "its settings go with it";
  const auto again = Register("s", kOne);
  EXPECT_EQ(again->id, SchemaId(1));
  EXPECT_EQ(again->version, 3);
  EXPECT_THAT(*store_->Versions("s", DeletedFilter::kWith), ElementsAre(2, 3))
      << "its deleted version goes for good";
}

TEST_F(SchemaStoreTest, PermanentDeletionAsksForASoftOne) {
  IdOf("s", kOne);
  IdOf("s", kTwo);
  EXPECT_EQ(CodeOf(store_->DeleteSubject("s", true)), 40405);
  EXPECT_EQ(CodeOf(store_->DeleteVersion("s", 1, true)), 40407);
  EXPECT_EQ(*store_->DeleteVersion("s", 1, false), 1);
  EXPECT_EQ(CodeOf(store_->DeleteVersion("s", 1, false)), 40406);
  EXPECT_EQ(*store_->DeleteVersion("s", 1, true), 1);
  EXPECT_EQ(CodeOf(store_->DeleteVersion("s", 1, true)), 40402);
  EXPECT_THAT(*store_->Versions("s", DeletedFilter::kWith), ElementsAre(2));
  ASSERT_TRUE(store_->DeleteSubject("s", false));
  EXPECT_THAT(*store_->DeleteSubject("s", true), ElementsAre(2));
  EXPECT_EQ(CodeOf(store_->DeleteSubject("s", true)), 40401);
  EXPECT_EQ(CodeOf(store_->Versions("s", DeletedFilter::kWith)), 40401);
  EXPECT_EQ(IdOf("s", kBroken), 3) << "no id is given twice";
}

TEST_F(SchemaStoreTest, ReadOnlyLetsNothingBeWritten) {
  IdOf("s", kOne);
  ASSERT_TRUE(store_->SetMode("", SubjectMode::kReadOnly, false));
  EXPECT_EQ(IdOf("s", kOne), 1) << "what is there is found";
  EXPECT_EQ(CodeOf(Register("s", kTwo)), 42205);
  EXPECT_EQ(CodeOf(store_->DeleteSubject("s", false)), 42205);
  EXPECT_EQ(CodeOf(store_->DeleteVersion("s", 1, false)), 42205);
  EXPECT_EQ(CodeOf(store_->SetLevel("s", CompatibilityLevel::kFull)), 42205);
  ASSERT_TRUE(store_->SetMode("s", SubjectMode::kReadWrite, false));
  EXPECT_EQ(IdOf("s", kTwo), 2) << "a subject's own mode goes first";
  ASSERT_TRUE(store_->SetMode("", SubjectMode::kReadOnlyOverride, false));
  EXPECT_EQ(CodeOf(Register("s", kThree)), 42205) << "except before this one";
  EXPECT_EQ(CodeOf(store_->SetMode("s", SubjectMode::kReadOnlyOverride, false)), 42204);
}

TEST_F(SchemaStoreTest, ImportKeepsIdsAndVersions) {
  EXPECT_EQ(CodeOf(Register("s", kOne, {SchemaId(70), 5})), 42205) << "not in READWRITE";
  ASSERT_TRUE(store_->SetMode("", SubjectMode::kImport, false));
  EXPECT_EQ(CodeOf(Register("s", kOne)), 42205) << "an id is needed";
  const auto imported = Register("s", kOne, {SchemaId(70), 5});
  EXPECT_EQ(imported->id, SchemaId(70));
  EXPECT_EQ(imported->version, 5);
  EXPECT_EQ(Register("s", kOne, {SchemaId(70), 5})->id, SchemaId(70)) << "again";
  EXPECT_EQ(CodeOf(Register("s", kBroken, {SchemaId(70), 6})), 42205) << "another schema's id";
  EXPECT_EQ(CodeOf(Register("s", kBroken, {SchemaId(71), 5})), 42205) << "another one's version";
  EXPECT_EQ(Register("s", kBroken, {SchemaId(71), 6})->version, 6) << "no compatibility is asked";
  ASSERT_TRUE(store_->SetMode("", SubjectMode::kReadWrite, false));
  EXPECT_EQ(IdOf("t", kTwo), 72);
  EXPECT_EQ(CodeOf(store_->SetMode("", SubjectMode::kImport, false)), 42205) << "schemas are there";
  EXPECT_TRUE(store_->SetMode("", SubjectMode::kImport, true));
}

TEST_F(SchemaStoreTest, ReferencesAreResolvedListedAndHeld) {
  IdOf("money", R"({"type":"record","name":"Money","namespace":"m","fields":[]})");
  SchemaText sale{Record(Field("price", R"("m.Money")"))};
  EXPECT_EQ(CodeOf(store_->Register("sale", sale, false, {})), 42201);
  sale.references = {{"m.Money", "money", 2}};
  const auto missing = store_->Register("sale", sale, false, {});
  EXPECT_EQ(CodeOf(missing), 42201);
  EXPECT_THAT(missing.error().message, HasSubstr("subject \"money\" has no version 2"));
  sale.references = {{"m.Money", "money", 1}};
  const auto registered = store_->Register("sale", sale, false, {});
  ASSERT_TRUE(registered) << registered.error().message;
  EXPECT_EQ(registered->schema, sale.text) << "the name, not the definition";
  EXPECT_EQ(store_->Lookup("sale", sale, false, false)->id, registered->id);
  EXPECT_THAT(*store_->ReferencedBy("money", 1), ElementsAre(registered->id));
  EXPECT_EQ(CodeOf(store_->DeleteSubject("money", false)), 42206);
  EXPECT_EQ(CodeOf(store_->DeleteVersion("money", 1, false)), 42206);
  Reopen();
  EXPECT_EQ(store_->FindId(registered->id)->references, sale.references);
  ASSERT_TRUE(store_->DeleteSubject("sale", false));
  EXPECT_TRUE(store_->DeleteSubject("money", false));
}

TEST_F(SchemaStoreTest, LookupsSayWhatIsMissing) {
  EXPECT_EQ(CodeOf(store_->Lookup("s", {kOne}, false, false)), 40401);
  IdOf("s", kOne);
  EXPECT_EQ(CodeOf(store_->Lookup("s", {kTwo}, false, false)), 40403);
  EXPECT_EQ(CodeOf(store_->FindId(SchemaId(9))), 40403);
  EXPECT_EQ(CodeOf(store_->FindId(SchemaId(-1))), 40403);
  EXPECT_EQ(CodeOf(store_->Version("s", 2, false)), 40402);
  EXPECT_EQ(CodeOf(store_->Lookup("s", {kOne, "JSON"}, false, false)), 42201);
  EXPECT_EQ(CodeOf(store_->DeleteLevel("s")), 40401);
  EXPECT_EQ(CodeOf(store_->DeleteMode("s")), 40401);
  EXPECT_EQ(CodeOf(store_->Mode("s", false)), 40409);
}

TEST_F(SchemaStoreTest, SettingsOfAllHoldWhereASubjectHasNone) {
  EXPECT_EQ(*store_->Level("s", true), CompatibilityLevel::kBackward);
  ASSERT_TRUE(store_->SetLevel("", CompatibilityLevel::kForward));
  EXPECT_EQ(*store_->Level("s", true), CompatibilityLevel::kForward);
  ASSERT_TRUE(store_->SetLevel("s", CompatibilityLevel::kNone));
  EXPECT_EQ(*store_->Level("s", true), CompatibilityLevel::kNone);
  EXPECT_EQ(*store_->DeleteLevel("s"), CompatibilityLevel::kNone);
  EXPECT_EQ(*store_->DeleteLevel(""), CompatibilityLevel::kForward);
  EXPECT_EQ(*store_->Level("", false), CompatibilityLevel::kBackward);
}

TEST_F(SchemaStoreTest, SubjectsAndSchemasHaveLimits) {
  EXPECT_EQ(CodeOf(Register("", kOne)), 42208);
  EXPECT_EQ(CodeOf(Register("a\nb", kOne)), 42208);
  EXPECT_EQ(CodeOf(Register(std::string(1025, 's'), kOne)), 42208);
  EXPECT_EQ(IdOf(std::string(1024, 's'), kOne), 1);
  const std::string doc = R"(,"doc":")" + std::string(999'900, 'd') + "\"";
  EXPECT_EQ(CodeOf(Register("s", Record(Field("a", R"("int")", doc)))), 42209);
  EXPECT_EQ(IdOf("s", kOne), 1) << "and goes on";
}

TEST_F(SchemaStoreTest, NumbersDoNotBeginAgainBehindTheHighest) {
  IdOf("there", kOne);
  ASSERT_TRUE(store_->SetMode("s", SubjectMode::kImport, false));
  ASSERT_TRUE(Register("s", kTwo, {SchemaId(INT32_MAX), INT32_MAX}));
  ASSERT_TRUE(store_->SetMode("s", SubjectMode::kReadWrite, false));
  const auto no_id = Register("t", kBroken);
  EXPECT_EQ(CodeOf(no_id), 42205);
  EXPECT_EQ(no_id.error().message, "subject \"t\": no id is left behind 2147483647");
  EXPECT_EQ(Register("s", kOne).error().message,
            "subject \"s\": no version is left behind 2147483647");
  EXPECT_EQ(IdOf("t", kOne), 1) << "what has an id goes on";
  Reopen();
  EXPECT_EQ(store_->FindId(SchemaId(INT32_MAX))->schema, kTwo);
}

TEST_F(SchemaStoreTest, ChangesLargerThanABatchAreWrittenInSeveral) {
  const std::string subject(1024, 's');
  const std::string doc = R"(,"doc":")" + std::string(997'500, 'd') + "\"";
  const std::string large = Record(Field("a", R"("int")", doc));
  EXPECT_EQ(IdOf(subject, large), 1);
  ASSERT_TRUE(store_->DeleteVersion(subject, 1, false));
  EXPECT_EQ(Register(subject, large)->version, 2) << "its record and the deletion of the first";
  ASSERT_TRUE(store_->SetLevel(subject, CompatibilityLevel::kNone));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(
        Register(subject, R"({"type":"fixed","name":"F","size":)" + std::to_string(i) + "}"));
  }
  ASSERT_TRUE(store_->DeleteSubject(subject, false));
  EXPECT_EQ(store_->DeleteSubject(subject, true)->size(), 1001U) << "1001 keys of a kilobyte";
  Reopen();
  EXPECT_EQ(CodeOf(store_->Versions(subject, DeletedFilter::kWith)), 40401);
}

TEST_F(SchemaStoreTest, OtherWritersAreWaitedForOnceAndThenSaid) {
  IdOf("s", kOne);
  WriterSpec spec;
  spec.events = {{std::string(kSchemasTopic), PartitionId(0)}};
  spec.holder = "someone else";
  const auto other = log_.OpenWriter(spec);
  ASSERT_TRUE(other);
  const auto begin = clock_.Monotonic();
  const auto refused = Register("s", kTwo);
  EXPECT_EQ(CodeOf(refused), 50301);
  EXPECT_THAT(refused.error().message, HasSubstr("someone else"));
  EXPECT_GE(clock_.Monotonic() - begin, kRegistryLockWait);
  EXPECT_EQ(store_->Versions("s", DeletedFilter::kWithout)->size(), 1U) << "reading goes on";
  EXPECT_TRUE(store_->Health());
}

TEST_F(SchemaStoreTest, AStopEndsTheWaitForOtherWriters) {
  std::stop_source stop;
  stop.request_stop();
  const auto store = *SchemaStore::Open(log_, clock_, "test", stop.get_token());
  WriterSpec spec;
  spec.events = {{std::string(kSchemasTopic), PartitionId(0)}};
  ASSERT_TRUE(log_.CreateTopic({std::string(kSchemasTopic), 1}));
  const auto other = log_.OpenWriter(spec);
  ASSERT_TRUE(other);
  const auto begin = clock_.Monotonic();
  EXPECT_EQ(CodeOf(store->Register("s", {kOne}, false, {})), 50301);
  EXPECT_LT(clock_.Monotonic() - begin, std::chrono::seconds(1));
}

TEST_F(SchemaStoreTest, WhatAGeneratorRegistersMeanwhileIsSeen) {
  auto other = *SchemaStore::Open(log_, clock_, "generator");
  EXPECT_EQ(IdOf("s", kOne), 1);
  EXPECT_EQ(other->Register("t", {kTwo}, false, {})->id, SchemaId(2));
  EXPECT_EQ(store_->FindId(SchemaId(2))->schema, kTwo);
  EXPECT_EQ(IdOf("u", kBroken), 3);
}

TEST_F(SchemaStoreTest, WhatIsNotDurableIsNotSeen) {
  IdOf("s", kOne);
  // A generator that has flushed its registration, and is about to sync it.
  WriterSpec spec;
  spec.events = {{std::string(kSchemasTopic), PartitionId(0)}};
  auto generator = *log_.OpenWriter(spec);
  const SchemasRecord record = MakeSchemaRecord({SchemaId(2), "t", 1, kTwo});
  RecordBlock block;
  block.Clear(Timestamp(1));
  block.Append(record.key, *record.value);
  ASSERT_TRUE(generator->Append(block));
  ASSERT_TRUE(generator->Flush());
  EXPECT_EQ(CodeOf(store_->FindId(SchemaId(2))), 50301) << "it has the lock";
  EXPECT_FALSE(store_->KnowsId(SchemaId(2)));
  generator.reset();
  EXPECT_EQ(store_->FindId(SchemaId(2))->schema, kTwo) << "made durable, then read";
}

TEST(ParseVersionNumberTest, TakesNumbersAndLatest) {
  EXPECT_EQ(*ParseVersionNumber("latest"), std::nullopt);
  EXPECT_EQ(*ParseVersionNumber("-1"), std::nullopt);
  EXPECT_EQ(*ParseVersionNumber("2147483647"), 2147483647);
  for (const char* text : {"0", "-2", "abc", "", "1x", "2147483648", " 1"}) {
    EXPECT_EQ(CodeOf(ParseVersionNumber(text)), 42202) << text;
  }
}

}  // namespace
}  // namespace tillstream
