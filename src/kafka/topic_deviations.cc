// What topics are to be, and in what one deviates: the side of topic_admin.h that asks nobody.
#include <algorithm>

#include "kafka/setting_number.h"
#include "kafka/topic_admin.h"
#include "log/record_batch.h"

namespace tillstream {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kHourMs = 3600 * kSecondMs;
constexpr int64_t kDayMs = 24 * kHourMs;

/// Kafka's default of max.message.bytes.
constexpr int64_t kBrokerBatchBytes = 1'048'588;

/// "7 d", "36 h", "5 s", "20 ms": the largest unit that is exact.
std::string Span(int64_t milliseconds) {
  if (milliseconds % kDayMs == 0) return fmt::format("{} d", milliseconds / kDayMs);
  if (milliseconds % kHourMs == 0) return fmt::format("{} h", milliseconds / kHourMs);
  if (milliseconds % kSecondMs == 0) return fmt::format("{} s", milliseconds / kSecondMs);
  return fmt::format("{} ms", milliseconds);
}

/// Whether nothing is older than the retention by the end of today.
bool Keeps(int64_t retention_ms, const EventDates& dates) {
  return retention_ms / kDayMs >= (dates.today - dates.begin).count() + 1;
}

/// Whether that would be so with --rebase-to today, after which the data ends within the last week.
bool RebaseHelps(int64_t retention_ms, const EventDates& dates) {
  constexpr int64_t kWeekDays = 7;
  return dates.may_move && retention_ms / kDayMs >= (dates.end - dates.begin).count() + kWeekDays;
}

/// Compares one topic; collects the messages.
class Comparison {
 public:
  Comparison(const TopicSpec& wanted, const TopicDescription& found)
      : wanted_(wanted), found_(found) {}

  std::vector<std::string> Run(const std::optional<EventDates>& dates) {
    Partitions();
    Replication();
    Cleanup(dates);
    Times();
    BatchSize();
    return std::move(messages_);
  }

 private:
  std::string Setting(const std::string& name) const {
    const auto at = found_.settings.find(name);
    return at == found_.settings.end() ? "" : at->second;
  }
  int64_t Number(const std::string& name, int64_t otherwise) const {
    return NumberOf(Setting(name), otherwise);
  }
  template <typename... Args>
  void Say(fmt::format_string<Args...> format, Args&&... args) {
    messages_.push_back(fmt::format("topic \"{}\" ", found_.name) +
                        fmt::format(format, std::forward<Args>(args)...));
  }

  void Partitions() {
    if (found_.partition_count > wanted_.partition_count && wanted_.partitions_are_exact) {
      Say("has {} partitions, the plan deals keys out to {}; begin the run with --store-partitions "
          "{}, or use another topic",
          found_.partition_count, wanted_.partition_count, found_.partition_count);
    }
    if (found_.partition_count >= wanted_.partition_count) return;
    Say("has {} partitions, needed {}; let tillstream add them, or use another topic",
        found_.partition_count, wanted_.partition_count);
  }

  void Replication() {
    const int wanted = ReplicationOf(wanted_, found_.broker_count);
    if (found_.replication_factor < wanted) {
      Say("is on {} of {} brokers, needed {}; make it again with that replication factor, or "
          "reassign its partitions",
          found_.replication_factor, found_.broker_count, wanted);
    }
    const int64_t insync_min = InSyncMinimum(wanted);
    const int64_t insync = Number("min.insync.replicas", insync_min);
    if (insync < insync_min) {
      Say("acknowledges on {} replica (min.insync.replicas={}), so that one broker's end can lose "
          "events; set min.insync.replicas={}",
          insync, insync, insync_min);
    }
    if (insync > found_.replication_factor) {
      Say("needs {} replicas to write (min.insync.replicas={}) but has {}; set "
          "min.insync.replicas={}",
          insync, insync, found_.replication_factor, insync_min);
    }
  }

  void Cleanup(const std::optional<EventDates>& dates) {
    const auto at = wanted_.settings.find("cleanup.policy");
    const std::string policy = at == wanted_.settings.end() ? "delete" : at->second;
    if (Setting("cleanup.policy") != policy) {
      Say("is cleaned up by \"{}\"; set cleanup.policy={}", Setting("cleanup.policy"), policy);
    }
    if (policy != "delete") return;
    const int64_t retention_ms = Number("retention.ms", -1);
    if (retention_ms >= 0 && !(dates && Keeps(retention_ms, *dates))) {
      Say("deletes after {} (retention.ms={}){}; {}set retention.ms=-1", Span(retention_ms),
          retention_ms,
          dates ? " but the data begins " + FormatDate(dates->begin) : " of event time",
          dates && RebaseHelps(retention_ms, *dates) ? "--rebase-to today, or " : "");
    }
    const int64_t retention_bytes = Number("retention.bytes", -1);
    if (retention_bytes >= 0) {
      Say("deletes what is over {} bytes a partition (retention.bytes={}); set retention.bytes=-1",
          retention_bytes, retention_bytes);
    }
  }

  void Times() {
    if (Setting("message.timestamp.type") == "LogAppendTime") {
      Say("replaces event times (message.timestamp.type=LogAppendTime); set "
          "message.timestamp.type=CreateTime");
    }
    if (!wanted_.settings.contains("segment.ms")) return;
    const int64_t segment_ms = Number("segment.ms", kSegmentMs);
    // Ten years: longer than the histories that there are.
    constexpr int64_t kSegmentMsMin = 3653 * kDayMs;
    if (segment_ms < kSegmentMsMin) {
      Say("begins a segment every {} of event time (segment.ms={}), hundreds in a history of "
          "years; "
          "set segment.ms={}",
          Span(segment_ms), segment_ms, kSegmentMs);
    }
  }

  void BatchSize() {
    const auto at = wanted_.settings.find("max.message.bytes");
    const bool is_wanted = at != wanted_.settings.end();
    const int64_t needed =
        is_wanted ? NumberOf(at->second, 0) : static_cast<int64_t>(kBatchBytesMax);
    const int64_t bytes = Number("max.message.bytes", needed);
    if (bytes >= needed) return;
    Say("takes batches of {} bytes (max.message.bytes), needed {}; set max.message.bytes={}", bytes,
        needed, is_wanted ? needed : kBrokerBatchBytes);
  }

  const TopicSpec& wanted_;
  const TopicDescription& found_;
  std::vector<std::string> messages_;
};

}  // namespace

TopicSpec EventTopicSpec(const std::string& name, int32_t partition_count) {
  return {.name = name,
          .partition_count = partition_count,
          .settings = {{"cleanup.policy", "delete"},
                       {"retention.ms", "-1"},
                       {"retention.bytes", "-1"},
                       {"message.timestamp.type", "CreateTime"},
                       {"segment.ms", std::to_string(kSegmentMs)}}};
}

std::string PositionsTopicName(const std::string& run) { return run + "-positions"; }

TopicSpec PositionsTopicSpec(const std::string& run, int32_t stream_count) {
  return {.name = PositionsTopicName(run),
          .partition_count = stream_count + 1,
          .settings = {{"cleanup.policy", "compact"},
                       {"max.message.bytes", std::to_string(kRunDocumentBytesMax)}}};
}

int ReplicationOf(const TopicSpec& spec, int broker_count) {
  if (spec.replication_factor != 0) return spec.replication_factor;
  return std::min(kReplicationTarget, broker_count);
}

int InSyncMinimum(int replication_factor) {
  return replication_factor >= kReplicationTarget ? 2 : 1;
}

std::vector<std::string> TopicDeviations(const TopicSpec& wanted, const TopicDescription& found,
                                         const std::optional<EventDates>& dates) {
  return Comparison(wanted, found).Run(dates);
}

}  // namespace tillstream
