#include "log/event_log.h"

#include "base/clock.h"
#include "log/memory_log.h"
#include "log/segment_log.h"
#include "testing/embedded_log_contract.h"
#include "testing/faulty_file_system.h"
#include "testing/sim_clock.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

class MemoryUnderTest final : public LogUnderTest {
 public:
  EventLog& log() override { return log_; }

 private:
  SimClock clock_;
  MemoryLog log_{clock_};
};

class SegmentsUnderTest final : public LogUnderTest {
 public:
  explicit SegmentsUnderTest(SegmentLogOptions options) {
    options.directory = "data";
    log_ = std::make_unique<SegmentLog>(files_, clock_, std::move(options));
  }
  EventLog& log() override { return *log_; }

 private:
  SimClock clock_;
  FaultyFileSystem files_;
  std::unique_ptr<SegmentLog> log_;
};

/// On real files.
class DiskUnderTest final : public LogUnderTest {
 public:
  EventLog& log() override { return log_; }

 private:
  TempDir directory_;
  SystemClock clock_;
  std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
  SegmentLog log_{*files_, clock_, {.directory = directory_ / "data"}};
};

EventLogFactory Segments(const std::string& name, Codec codec, int64_t segment_bytes_max) {
  return {name, [=] {
            return std::make_unique<SegmentsUnderTest>(
                SegmentLogOptions{.codec = codec, .segment_bytes_max = segment_bytes_max});
          }};
}

const auto kLogs = testing::Values(
    EventLogFactory{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
    EventLogFactory{"Disk", [] { return std::make_unique<DiskUnderTest>(); }},
    Segments("None", Codec::kNone, kSegmentBytesDefault),
    Segments("Lz4", Codec::kLz4, kSegmentBytesDefault),
    Segments("Zstd", Codec::kZstd, kSegmentBytesDefault),
    Segments("TinySegments", Codec::kNone, 2'000), Segments("ABatchASegment", Codec::kZstd, 1));

std::string NameOf(const testing::TestParamInfo<EventLogFactory>& instance) {
  return instance.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, EventLogContract, kLogs, NameOf);
INSTANTIATE_TEST_SUITE_P(All, EmbeddedLogContract, kLogs, NameOf);

TEST(EventsDealtToTest, ARoundGivesEachPartitionItsEventsInOrder) {
  const std::vector<int64_t> round = {3, 0, 2};
  const auto dealt = [&](int64_t position) {
    std::vector<int64_t> counts;
    for (size_t i = 0; i < round.size(); ++i) {
      counts.push_back(EventsDealtTo(round, i, Position(position)));
    }
    return counts;
  };
  EXPECT_EQ(dealt(0), (std::vector<int64_t>{0, 0, 0}));
  EXPECT_EQ(dealt(2), (std::vector<int64_t>{2, 0, 0}));
  EXPECT_EQ(dealt(4), (std::vector<int64_t>{3, 0, 1}));
  EXPECT_EQ(dealt(11), (std::vector<int64_t>{7, 0, 4}));
  EXPECT_EQ(EventsDealtTo({}, 0, Position(11)), 11) << "one partition has them all";
}

}  // namespace
}  // namespace tillstream
