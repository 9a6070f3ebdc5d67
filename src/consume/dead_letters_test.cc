#include "consume/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "consume/consume_fixture.h"
#include "consume/folder_dead_letters.h"
#include "consume/log_dead_letters.h"
#include "log/record_batch.h"
#include "testing/faulty_file_system.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RecordView Record(std::string_view key, std::string_view value) {
  RecordView record;
  record.offset = Offset(17);
  record.timestamp = Timestamp(5000);
  record.key = key;
  record.value = value;
  return record;
}

const TopicPartition kSource{"sales", PartitionId(3)};

class LogDeadLettersTest : public StreamTest {
 protected:
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    const auto reader = *log_->OpenReader({"bad", PartitionId(0)});
    for (;;) {
      const auto records = *reader->Read(std::chrono::milliseconds(0));
      if (records.empty()) return texts;
      for (const RecordView& record : records) {
        std::string text =
            fmt::format("{} {}={}", record.timestamp.value(), record.has_key ? record.key : "null",
                        record.has_value ? record.value : "null");
        for (const HeaderView& header : record.headers) {
          text += fmt::format(" {}:{}", header.key, header.value);
        }
        texts.push_back(text);
      }
    }
  }
};

TEST_F(LogDeadLettersTest, AreTheRecordWithItsOriginAndErrorInHeaders) {
  const auto letters = *LogDeadLetters::Open(*log_, "bad", "test");
  const std::array<HeaderView, 1> headers = {HeaderView{"own", "x"}};
  RecordView record = Record("k", "bytes");
  record.headers = headers;
  ASSERT_TRUE(letters->Put({kSource, record, "no frame"}));
  RecordView bare = Record("", "");
  bare.timestamp = Timestamp(6000);
  bare.has_key = bare.has_value = false;
  ASSERT_TRUE(letters->Put({kSource, bare, "e"}));
  ASSERT_TRUE(letters->Sync());
  const std::string origin = "dlq.topic:sales dlq.partition:3 dlq.offset:17 dlq.timestamp:";
  EXPECT_THAT(Texts(), ElementsAre("5000 k=bytes own:x " + origin + "5000 dlq.error:no frame",
                                   "6000 null=null " + origin + "6000 dlq.error:e"));
}

TEST_F(LogDeadLettersTest, ManyOfThemFillBatchesAndKeepTheirOrder) {
  const auto letters = *LogDeadLetters::Open(*log_, "bad", "test");
  const std::string value(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(letters->Put({kSource, Record(std::to_string(i), value), "e"}));
  }
  ASSERT_TRUE(letters->Sync());
  const auto texts = Texts();
  ASSERT_EQ(texts.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_THAT(texts[i], HasSubstr(fmt::format("5000 {}=x", i)));
  }
}

TEST_F(LogDeadLettersTest, ATopicThatHoldsSomethingElseIsRefused) {
  ASSERT_TRUE(log_->CreateTopic({"full", 1}));
  WriterSpec spec;
  spec.events = {{"full", PartitionId(0)}};
  auto writer = *log_->OpenWriter(spec);
  RecordBlock block;
  block.Clear(Timestamp(0));
  block.Append("key", "value");
  ASSERT_TRUE(writer->Append(block));
  ASSERT_TRUE(writer->Sync(std::chrono::seconds(1)));
  writer.reset();
  const auto letters = LogDeadLetters::Open(*log_, "full", "test");
  ASSERT_FALSE(letters);
  EXPECT_EQ(letters.error().code, ErrorCode::kRefused);
  EXPECT_EQ(letters.error().message,
            "topic \"full\": holds records that are no dead letters; name another for them");
}

TEST_F(LogDeadLettersTest, ARecordThatNoBatchTakesIsAnError) {
  const auto letters = *LogDeadLetters::Open(*log_, "bad", "test");
  const std::string value(kBatchBytesMax, 'x');
  const Status put = letters->Put({kSource, Record("k", value), "e"});
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().message, HasSubstr("sales-3 offset 17: a record of"));
  EXPECT_TRUE(letters->Put({kSource, Record("k", "v"), "e"}));
}

class FolderDeadLettersTest : public testing::Test {
 protected:
  static std::string Line(std::string_view key) {
    return fmt::format(
        "{{\"topic\":\"sales\",\"partition\":3,\"offset\":17,\"timestamp\":5000,\"error\":\"e\","
        "\"key\":\"{}\",\"value\":\"AP8=\",\"headers\":[]}}\n",
        key);
  }
  void Put(FolderDeadLetters& letters, std::string_view key) {
    ASSERT_TRUE(letters.Put({kSource, Record(key, std::string_view("\0\xff", 2)), "e"}));
  }
  std::string Content() { return files_.Contents()["dead/sales-3.jsonl"]; }

  FaultyFileSystem files_;
};

TEST_F(FolderDeadLettersTest, AreLinesOfAFileForEachPartition) {
  const auto letters = *FolderDeadLetters::Open(files_, "dead", "test");
  Put(*letters, "a");
  Put(*letters, "b");
  ASSERT_TRUE(letters->Put({{"sales", PartitionId(4)}, Record("", ""), "e"}));
  ASSERT_TRUE(letters->Sync());
  EXPECT_EQ(Content(), Line("YQ==") + Line("Yg=="));
  EXPECT_TRUE(files_.Contents().contains("dead/sales-4.jsonl"));
}

TEST_F(FolderDeadLettersTest, WhatACrashCutIsCutAndTheRestIsKept) {
  for (const size_t lost : {size_t{1}, size_t{40}, Line("YQ==").size()}) {
    files_.SetContent("dead/sales-3.jsonl", Line("YQ==") + Line("Yg==").substr(0, 80));
    std::string content = Content();
    content.resize(content.size() - lost);
    files_.SetContent("dead/sales-3.jsonl", content);
    const bool first_is_whole = content.find('\n') != std::string::npos;
    const auto letters = *FolderDeadLetters::Open(files_, "dead", "test");
    Put(*letters, "c");
    ASSERT_TRUE(letters->Sync());
    EXPECT_EQ(Content(), (first_is_whole ? Line("YQ==") : "") + Line("Yw=="));
  }
}

TEST_F(FolderDeadLettersTest, SurviveAPowerCutOnceTheyAreSynced) {
  {
    const auto letters = *FolderDeadLetters::Open(files_, "dead", "test");
    Put(*letters, "a");
    ASSERT_TRUE(letters->Sync());
    Put(*letters, "b");
  }
  files_.PowerCut(Survival::kNothing);
  EXPECT_EQ(Content(), Line("YQ=="));
}

TEST_F(FolderDeadLettersTest, AFolderHasOneKeeper) {
  const auto letters = FolderDeadLetters::Open(files_, "dead", "process 12 on till");
  const auto second = FolderDeadLetters::Open(files_, "dead", "process 13 on till");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message,
            "dead: process 12 on till keeps dead letters there; use another folder");
}

}  // namespace
}  // namespace tillstream
