#pragma once

#include "testing/event_log_contract.h"

// What a log in this process or on its disk promises beyond EventLogContract: dense offsets,
// flushed records that readers see and that outlive the writer, and a lock that keeps a second
// writer out.

namespace tillstream {

class EmbeddedLogContract : public EventLogContract {};

TEST_P(EmbeddedLogContract, FlushedIsVisible) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  auto reader = OpenReader();
  EXPECT_EQ(End(*reader), 0);
  Flush(*writer);
  EXPECT_EQ(End(*reader), 3);
  EXPECT_EQ(ReadAll(*reader).size(), 3U);
  EXPECT_EQ(writer->durable_position(), Position(0));
}

TEST_P(EmbeddedLogContract, FlushedSurvivesTheWriter) {
  auto writer = OpenWriter();
  Write(*writer, 3, 1);
  Flush(*writer);
  EXPECT_EQ(writer->durable_position(), Position(0));
  writer.reset();
  writer = OpenWriter();
  EXPECT_EQ(writer->position(), Position(3));
  EXPECT_EQ(writer->durable_position(), Position(3));
}

TEST_P(EmbeddedLogContract, ASecondWriterIsRefusedAndToldWhoHoldsThePartition) {
  auto writer = OpenWriter("replay, process 17");
  const auto second = TryOpenWriter(Events(), std::nullopt);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message,
            "log: sales-1: another writer holds it (replay, process 17); wait for its end, or "
            "stop it");
  // The totals alone are held as well, and a refused writer leaves no lock behind.
  const auto third = TryOpenWriter(Other(2), Totals());
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, ErrorCode::kRefused);
  EXPECT_TRUE(TryOpenWriter(Other(2), std::nullopt).has_value());
  writer.reset();
  EXPECT_NE(OpenWriter("another"), nullptr);
}

TEST_P(EmbeddedLogContract, SeekBeyondTheEndWaitsForThatOffset) {
  auto writer = OpenWriter();
  Write(*writer, 10, 1);
  Flush(*writer);
  auto reader = OpenReader();
  ASSERT_TRUE(reader->Seek(Offset(15)).has_value());
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 3, 2);
  Flush(*writer);
  EXPECT_TRUE(ReadAll(*reader).empty());
  Write(*writer, 4, 3);
  Flush(*writer);
  EXPECT_EQ(ReadAll(*reader), (std::vector{Expected(15, 3), Expected(16, 3)}));
}

}  // namespace tillstream
