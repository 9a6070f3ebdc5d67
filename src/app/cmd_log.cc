#include <algorithm>

#include "app/command.h"
#include "app/log_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "consume/event_format.h"
#include "log/log_check.h"
#include "log/partition_walk.h"
#include "log/segment_files.h"
#include "registry/log_registry.h"

namespace tillstream {
namespace {

/// What a path of a partition's folder, or of a file in it, means.
struct PartitionPath {
  std::string log_directory;
  TopicPartition partition;
};

Result<PartitionPath> ParsePartitionPath(std::string path) {
  const std::string given = path;
  if (path.ends_with(kLogSuffix)) path.resize(path.find_last_of('/') + 1);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const size_t slash = path.find_last_of('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::optional<TopicPartition> partition = ParsePartitionDirectory(name);
  if (!partition) {
    return MakeError(ErrorCode::kUsage,
                     "{} is not a partition; write its folder, such as tillstream-data/sales-0",
                     Quote(given));
  }
  return PartitionPath{slash == std::string::npos ? "." : path.substr(0, slash), *partition};
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

class LogDumpCommand final : public Command {
 public:
  const char* name() const override { return "log dump"; }
  const char* summary() const override { return "Batches, and records, of a partition"; }
  const char* footer() const override {
    return "Exit code 4 when a batch is damaged.\n"
           "Example: tillstream log dump tillstream-data/sales-0 --records --limit 1\n";
  }
  bool has_json() const override { return false; }
  void Declare(Arguments& arguments) override {
    arguments.Positional("PARTITION", &path_, "Folder of a partition, or a .log file in it");
    arguments.Required();
    arguments.Flag("--records", &records_, "Records, too, decoded where their schema is known");
    arguments.Number("--limit", "N", &limit_, 0, INT64_MAX, "End after so many batches; 0: never");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(const PartitionPath path, ParsePartitionPath(path_));
    LogOptions options;
    options.directory = path.log_directory;
    TILLSTREAM_TRY(RequireLog(context, options));
    const std::unique_ptr<SegmentLog> log = OpenLog(context, options);
    Result<std::unique_ptr<LogRegistry>> registry =
        LogRegistry::Open(*log, context.clock, context.holder);
    if (!registry) context.console.Warning(registry.error().message);
    std::optional<EventDecoder> decoder;
    if (registry) decoder.emplace(**registry);

    int64_t batches = 0;
    bool damaged = false;
    Status written = Ok();
    TILLSTREAM_TRY(WalkPartition(*log, path.partition, [&](const WalkedBatch& batch) {
      damaged = damaged || batch.condition == BatchCondition::kDamaged;
      std::string text;
      AppendBatch(batch, &text);
      if (records_) {
        for (const RecordView& record : batch.records) {
          AppendRecord(path.partition, record, decoder ? &*decoder : nullptr, &text);
        }
      }
      written = context.out.Write(text);
      ++batches;
      return written.has_value() && !context.out.closed() && (limit_ == 0 || batches < limit_) &&
             !context.stop.stop_requested();
    }));
    TILLSTREAM_TRY(written);
    return static_cast<int>(damaged ? kExitCorrupt : kExitDone);
  }

 private:
  static void AppendBatch(const WalkedBatch& batch, std::string* out) {
    *out += fmt::format("{} byte {}: ", batch.file, batch.position);
    if (batch.condition != BatchCondition::kGood) {
      *out += fmt::format("{} bytes, {}: {}\n", batch.size_bytes,
                          batch.condition == BatchCondition::kDamaged ? "damaged" : "unfinished",
                          batch.fault);
      return;
    }
    const BatchHeader& header = batch.header;
    *out +=
        fmt::format("offsets {} to {}, {} records, {} bytes {}, {} uncompressed, {}, crc {:08x}\n",
                    header.base_offset.value(), header.last_offset().value(), header.record_count,
                    batch.size_bytes, CodecName(header.codec()), batch.uncompressed_bytes,
                    FormatDate(DateOf(header.base_timestamp)), header.crc);
  }

  static void AppendRecord(const TopicPartition& partition, const RecordView& record,
                           EventDecoder* decoder, std::string* out) {
    *out += fmt::format("  offset {} timestamp {} key {} value ", record.offset.value(),
                        record.timestamp.value(),
                        record.has_key ? Quote(record.key, SIZE_MAX) : "null");
    Event event;
    if (decoder != nullptr && decoder->Decode(record, &event)) {
      FormatEvent(EventFormat::kJson, partition, record, event, out);
    } else if (partition.topic == kSchemasTopic) {
      *out += std::string(record.value) + "\n";
    } else {
      *out += Hex(record.value) + "\n";
    }
  }

  std::string path_;
  bool records_ = false;
  int64_t limit_ = 0;
};

class LogVerifyCommand final : public Command {
 public:
  const char* name() const override { return "log verify"; }
  const char* summary() const override {
    return "Check every byte: batches, checksums, framing, offsets, indexes";
  }
  const char* footer() const override {
    return "Needs no dataset; 'tillstream verify' compares the content. Exit code 4 when anything "
           "is\n"
           "damaged. An unfinished batch at the end is told and is no damage.\n";
  }
  void Declare(Arguments& arguments) override {
    DeclareLog(arguments, &log_);
    arguments.List("-t,--topic", "NAME", &topics_, "Only this topic; repeatable");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(RequireLog(context, log_));
    const std::unique_ptr<SegmentLog> log = OpenLog(context, log_);
    TILLSTREAM_ASSIGN(const std::vector<TopicInfo> topics, log->ListTopics());
    TILLSTREAM_TRY(CheckNames(topics));
    std::vector<PartitionReport> reports;
    for (const TopicInfo& topic : topics) {
      if (!topics_.empty() &&
          std::find(topics_.begin(), topics_.end(), topic.name) == topics_.end()) {
        continue;
      }
      for (PartitionId id; id.value() < topic.partition_count; ++id) {
        if (context.stop.stop_requested()) break;
        context.console.Progress(fmt::format("checking {}-{}", topic.name, id.value()));
        TILLSTREAM_ASSIGN(PartitionReport report, CheckPartition(*log, {topic.name, id}));
        reports.push_back(std::move(report));
      }
    }
    context.console.EndProgress();
    TILLSTREAM_TRY(context.common.json ? PrintJson(context, reports) : Print(context, reports));
    const bool damaged = std::any_of(reports.begin(), reports.end(),
                                     [](const PartitionReport& r) { return r.has_damage; });
    context.console.Info(fmt::format(
        "{}: {} partitions, {}", log->Describe(), reports.size(),
        damaged ? "damaged; tillstream replay --repair writes it again" : "every byte is right"));
    return static_cast<int>(damaged ? kExitCorrupt : kExitDone);
  }

 private:
  Status CheckNames(const std::vector<TopicInfo>& topics) const {
    std::vector<std::string> names;
    for (const TopicInfo& topic : topics) names.push_back(topic.name);
    for (const std::string& wanted : topics_) {
      if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
      const std::string nearest = Nearest(wanted, names);
      return MakeError(ErrorCode::kUsage, "--topic: no topic {}{}", Quote(wanted),
                       nearest.empty() ? "" : "; did you mean " + nearest);
    }
    return Ok();
  }

  static Status Print(Context& context, const std::vector<PartitionReport>& reports) {
    Table table({"partition", "segments", "batches", "records", "bytes", "uncompressed", "from",
                 "to", "problems"});
    for (const PartitionReport& r : reports) {
      table.Add({r.partition.ToString(), std::to_string(r.segment_count),
                 WithThousands(r.batch_count), WithThousands(r.record_count),
                 WithThousands(r.log_bytes), WithThousands(r.uncompressed_bytes),
                 r.timestamp_min ? FormatDate(DateOf(*r.timestamp_min)) : "-",
                 r.timestamp_max ? FormatDate(DateOf(*r.timestamp_max)) : "-",
                 WithThousands(r.problem_count)});
    }
    TILLSTREAM_TRY(context.out.Write(table.ToString()));
    for (const PartitionReport& r : reports) {
      for (const LogProblem& problem : r.problems) {
        TILLSTREAM_TRY(context.out.Write(problem.ToString() + "\n"));
      }
    }
    return context.out.Flush();
  }

  static Status PrintJson(Context& context, const std::vector<PartitionReport>& reports) {
    Json list = Json::array();
    for (const PartitionReport& r : reports) {
      Json problems = Json::array();
      for (const LogProblem& problem : r.problems) problems.push_back(problem.ToString());
      list.push_back({{"topic", r.partition.topic},
                      {"partition", r.partition.partition.value()},
                      {"segments", r.segment_count},
                      {"batches", r.batch_count},
                      {"records", r.record_count},
                      {"bytes", r.log_bytes},
                      {"uncompressed_bytes", r.uncompressed_bytes},
                      {"damaged", r.has_damage},
                      {"problem_count", r.problem_count},
                      {"problems", problems}});
    }
    TILLSTREAM_TRY(context.out.Write(DumpJson(list) + "\n"));
    return context.out.Flush();
  }

  LogOptions log_;
  std::vector<std::string> topics_;
};

}  // namespace

std::unique_ptr<Command> MakeLogDumpCommand() { return std::make_unique<LogDumpCommand>(); }
std::unique_ptr<Command> MakeLogVerifyCommand() { return std::make_unique<LogVerifyCommand>(); }

}  // namespace tillstream
