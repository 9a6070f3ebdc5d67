// replay --repair on the topic of schemas: what it writes again, and what it leaves to a copy.
#include "app/schemas_repair.h"

#include <gmock/gmock.h>

#include "app/app_fixture.h"
#include "avro/sales_codec.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

constexpr const char* kPath = "log/_schemas-0/00000000000000000000.log";

class SchemasRepairTest : public ReplayCommandTest {
 protected:
  SchemasRepairTest() {
    files_.SetContent("sales.avsc", SalesRecordSchema().ToJson());
    files_.SetContent("days.avsc", StoreDaySchema().ToJson());
    files_.SetContent("other.avsc", R"({"type":"enum","name":"E","symbols":["A"]})");
  }

  void Register(const std::string& subject, const std::string& file) {
    ASSERT_EQ(Run({"schema", "register", "--log", "log", "--subject", subject, file}), 0) << err_;
  }

  /// Where the batches of the topic begin: 12 bytes and what the length field says.
  std::vector<size_t> Begins() const {
    const std::string text = files_.Contents().at(kPath);
    std::vector<size_t> begins;
    for (size_t at = 0; at < text.size();) {
      begins.push_back(at);
      size_t length = 0;
      for (size_t i = 8; i < 12; ++i) length = length << 8 | static_cast<uint8_t>(text[at + i]);
      at += 12 + length;
    }
    return begins;
  }

  void Flip(size_t position) {
    std::string text = files_.Contents().at(kPath);
    text[position] = static_cast<char>(~text[position]);
    files_.SetContent(kPath, text);
  }
  /// Damages what the record at `offset` holds.
  void Damage(size_t offset) { Flip(Begins()[offset] + 80); }

  void ExpectRepaired(const std::vector<std::string>& options = {}) {
    std::vector<std::string> all = {"--repair"};
    all.insert(all.end(), options.begin(), options.end());
    EXPECT_EQ(Replay(all), 0) << err_;
    EXPECT_THAT(err_, HasSubstr("; written again"));
    EXPECT_EQ(Run({"log", "verify", "--log", "log"}), 0);
  }
  void ExpectRefused(size_t offset) {
    const auto before = LogFiles();
    EXPECT_EQ(Replay({"--repair"}), 4) << err_;
    EXPECT_THAT(err_, HasSubstr(fmt::format("error: _schemas-0 offset {}: not a registration of "
                                            "this run; restore _schemas-0 from a copy\n",
                                            offset)));
    EXPECT_EQ(LogFiles(), before);
  }
};

TEST_F(SchemasRepairTest, AnyFlippedByteOfTheRunsRegistrationsComesBack) {
  ASSERT_EQ(Replay(), 0);
  const auto whole = LogFiles();
  for (size_t i = 0; i < whole.at(kPath).size(); i += 7) {
    Flip(i);
    EXPECT_EQ(Replay({"--repair"}), 0) << i << ": " << err_;
    ASSERT_EQ(LogFiles(), whole) << i;
  }
}

TEST_F(SchemasRepairTest, BothRegistrationsComeBack) {
  ASSERT_EQ(Replay(), 0);
  const auto whole = LogFiles();
  Damage(0);
  Damage(1);
  ExpectRepaired();
  EXPECT_EQ(LogFiles(), whole);
}

TEST_F(SchemasRepairTest, RegistrationOfAnotherSubjectIsNotReplaced) {
  Register("foo-value", "sales.avsc");
  ASSERT_EQ(Replay(), 0);
  const auto whole = LogFiles();
  Damage(0);  // the run's first schema has the id of this one
  ExpectRefused(0);
  files_.SetContent(kPath, whole.at(kPath));
  Damage(1);
  ExpectRepaired();
  EXPECT_EQ(LogFiles(), whole);
  Damage(0);
  Damage(1);
  ExpectRefused(0);
}

TEST_F(SchemasRepairTest, RegistrationBehindTheRunsIsNotReplaced) {
  ASSERT_EQ(Replay(), 0);
  Register("foo-value", "other.avsc");
  const auto whole = LogFiles();
  Damage(2);
  ExpectRefused(2);
  files_.SetContent(kPath, whole.at(kPath));
  Damage(1);
  Damage(2);
  ExpectRefused(1);
  files_.SetContent(kPath, whole.at(kPath));
  Damage(1);
  ExpectRepaired();
  EXPECT_EQ(LogFiles(), whole);
}

TEST_F(SchemasRepairTest, RegistrationThatTheRunFoundIsMadeAgain) {
  Register("first-value", "other.avsc");
  Register("sales-value", "sales.avsc");
  ASSERT_EQ(Replay(), 0);
  ASSERT_EQ(Run({"schema", "list", "--log", "log"}), 0);
  const std::string list = out_;
  Damage(1);
  ExpectRepaired();
  ASSERT_EQ(Run({"schema", "list", "--log", "log"}), 0);
  EXPECT_EQ(out_, list);
}

TEST_F(SchemasRepairTest, SubjectsAreThoseOfTheRunsStrategy) {
  Register("sales-value", "other.avsc");
  ASSERT_EQ(Replay({"--subject", "record"}), 0) << err_;
  const auto whole = LogFiles();
  Damage(1);
  ExpectRepaired({"--subject", "record"});
  EXPECT_EQ(LogFiles(), whole);
}

TEST_F(SchemasRepairTest, LaterVersionOfASubjectComesBackAsThat) {
  std::string older = SalesRecordSchema().ToJson();
  older.insert(older.rfind(']'), R"(,{"name":"note","type":"string"})");
  files_.SetContent("older.avsc", older);
  Register("sales-value", "older.avsc");
  ASSERT_EQ(Replay(), 0) << err_;
  const auto whole = LogFiles();
  Damage(1);
  ExpectRepaired();
  EXPECT_EQ(LogFiles(), whole);
}

TEST_F(SchemasRepairTest, WhatHasAnotherSizeIsNotCut) {
  ASSERT_EQ(Replay(), 0);
  Register("foo-value", "other.avsc");
  std::string text = files_.Contents().at(kPath);
  text.erase(80, 1);
  files_.SetContent(kPath, text);
  ExpectRefused(0);
}

TEST_F(SchemasRepairTest, SubjectsOfARunDoNotChange) {
  ASSERT_EQ(Replay(), 0);
  Damage(0);
  const auto before = LogFiles();
  for (const char* strategy : {"record", "topic-record"}) {
    EXPECT_EQ(Replay({"--subject", strategy, "--repair"}), 7);
    EXPECT_THAT(err_,
                HasSubstr(fmt::format("run: began with --subject topic, found {}; ", strategy)));
    EXPECT_EQ(LogFiles(), before);
  }
}

}  // namespace
}  // namespace tillstream
