#include "consume/repeat_filter.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "log/sequence_header.h"

namespace tillstream {
namespace {

/// A record with this index in its header.
RepeatFilter::Verdict Judge(RepeatFilter& filter, int64_t sequence) {
  const SequenceBytes bytes = EncodeSequence(sequence);
  const std::array headers = {HeaderView{kSequenceHeader, {bytes.data(), bytes.size()}}};
  RecordView record;
  record.headers = headers;
  return filter.Judge(record);
}

/// The indexes that are let through.
std::vector<int64_t> Pass(RepeatFilter& filter, const std::vector<int64_t>& sequences) {
  std::vector<int64_t> passed;
  for (const int64_t sequence : sequences) {
    const auto verdict = Judge(filter, sequence);
    EXPECT_EQ(verdict.missing_before, 0) << sequence;
    if (!verdict.is_repeat) passed.push_back(sequence);
  }
  return passed;
}

using Sequences = std::vector<int64_t>;

TEST(RepeatFilterTest, WhatAWriterRepeatsAfterACrashIsDropped) {
  RepeatFilter filter;
  EXPECT_EQ(Pass(filter, {0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5}), Sequences({0, 1, 2, 3, 4, 5}));
}

TEST(RepeatFilterTest, TwoWritersAtATimeAreOneStream) {
  RepeatFilter filter;
  EXPECT_EQ(Pass(filter, {0, 1, 2, 1, 3, 2, 4, 3, 5, 4, 5, 6}), Sequences({0, 1, 2, 3, 4, 5, 6}));
}

TEST(RepeatFilterTest, TheFirstRecordMayHaveAnyIndex) {
  RepeatFilter filter;
  EXPECT_EQ(Pass(filter, {700, 701, 700}), Sequences({700, 701}));
}

TEST(RepeatFilterTest, WhatIsMissingIsCounted) {
  RepeatFilter filter;
  Pass(filter, {0, 1});
  const auto verdict = Judge(filter, 5);
  EXPECT_FALSE(verdict.is_repeat);
  EXPECT_EQ(verdict.missing_before, 3);
  EXPECT_EQ(filter.next(), 6);
}

TEST(RepeatFilterTest, RecordsWithoutAHeaderPass) {
  RepeatFilter filter;
  EXPECT_FALSE(filter.Judge(RecordView{}).is_repeat);
  Pass(filter, {0, 1});
  EXPECT_FALSE(filter.Judge(RecordView{}).is_repeat);
  EXPECT_EQ(filter.next(), 2);
}

}  // namespace
}  // namespace tillstream
