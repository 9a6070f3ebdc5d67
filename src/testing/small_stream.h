#pragma once

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "log/segment_log.h"
#include "testing/sim_clock.h"

namespace tillstream {

/// A small store stream on a SegmentLog, the same whenever it is written: what tests of crashes and
/// damage write, interrupt, continue and compare.
struct SmallStream {
  Codec codec = Codec::kNone;
  int64_t segment_bytes_max = 12'000;
  int64_t recovery_bytes = kRecoveryBytesDefault;
  int64_t days = 32;
  int64_t events_per_day = 5;
  size_t value_bytes = 250;
  int64_t days_per_sync = 3;

  static TopicPartition Events() { return {"sales", PartitionId(0)}; }
  static TopicPartition Totals() { return {"sales-days", PartitionId(0)}; }

  SegmentLogOptions Options() const {
    SegmentLogOptions options;
    options.directory = "data";
    options.codec = codec;
    options.segment_bytes_max = segment_bytes_max;
    options.recovery_bytes = recovery_bytes;
    return options;
  }

  static Timestamp TimeOf(int64_t day) { return Timestamp(1'300'000'000'000 + day * 86'400'000); }

  /// Half of a value's bytes can be compressed.
  std::string Value(int64_t offset) const {
    std::mt19937_64 random(static_cast<uint64_t>(offset) + 1);
    std::string value = "value of " + std::to_string(offset) + " ";
    while (value.size() < value_bytes / 2) value += static_cast<char>(random());
    value.resize(value_bytes, '.');
    return value;
  }

  void FillDay(int64_t day, RecordBlock* block) const {
    block->Clear(TimeOf(day));
    for (int64_t i = day * events_per_day; i < (day + 1) * events_per_day; ++i) {
      block->Append("key " + std::to_string(i), Value(i));
    }
  }
  static void FillTotal(int64_t day, RecordBlock* block) {
    block->Clear(TimeOf(day));
    block->Append("CA_1", "total of day " + std::to_string(day));
  }

  /// What the last Write() found out.
  struct Outcome {
    Status status = Ok();
    int64_t durable = 0;  ///< Events that Sync() reported as durable.
    std::vector<std::string> warnings;
  };

  /// Starts or continues the stream up to day `to`, as the replay does.
  Outcome Write(FileSystem& files, int64_t to) const {
    Outcome outcome;
    outcome.status = WriteTo(files, to, &outcome);
    return outcome;
  }
  Outcome Write(FileSystem& files) const { return Write(files, days); }

  /// Everything that a reader gets from a partition, then what stopped it (Ok() at the end).
  static std::pair<std::vector<std::pair<int64_t, std::string>>, Status> ReadAll(EventLog& log,
                                                                                 Offset from) {
    std::pair<std::vector<std::pair<int64_t, std::string>>, Status> result;
    auto reader = log.OpenReader(Events());
    if (!reader) return {{}, reader.error()};
    if (Status sought = (*reader)->Seek(from); !sought) return {{}, sought.error()};
    for (;;) {
      const auto records = (*reader)->Read(std::chrono::milliseconds(0));
      if (!records) {
        result.second = records.error();
        return result;
      }
      if (records->empty()) return result;
      for (const RecordView& record : *records) {
        result.first.emplace_back(record.offset.value(), std::string(record.value));
      }
    }
  }

 private:
  Status WriteTo(FileSystem& files, int64_t to, Outcome* outcome) const {
    SimClock clock;
    SegmentLogOptions options = Options();
    options.on_warning = [&](const std::string& line) { outcome->warnings.push_back(line); };
    SegmentLog log(files, clock, options);
    TILLSTREAM_TRY(log.CreateTopic({Events().topic, 1}));
    TILLSTREAM_TRY(log.CreateTopic({Totals().topic, 1}));
    WriterSpec spec;
    spec.events = {Events()};
    spec.totals = Totals();
    spec.holder = "small stream";
    TILLSTREAM_ASSIGN(const std::unique_ptr<LogWriter> writer, log.OpenWriter(spec));
    outcome->durable = writer->durable_position().value();
    RecordBlock block;
    // The totals may be behind their events, never ahead.
    int64_t day = std::min(writer->position().value() / events_per_day, writer->totals_count());
    for (; day < to; ++day) {
      if (writer->position().value() == day * events_per_day) {
        FillDay(day, &block);
        TILLSTREAM_TRY(writer->Append(block));
      }
      if (writer->totals_count() == day) {
        FillTotal(day, &block);
        TILLSTREAM_TRY(writer->AppendTotals(block));
      }
      const bool sync = (day + 1) % days_per_sync == 0;
      TILLSTREAM_TRY(sync ? Sync(*writer, outcome) : writer->Flush());
    }
    return Sync(*writer, outcome);
  }

  static Status Sync(LogWriter& writer, Outcome* outcome) {
    TILLSTREAM_ASSIGN(const Position durable, writer.Sync(std::chrono::seconds(1)));
    outcome->durable = durable.value();
    return Ok();
  }
};

}  // namespace tillstream
