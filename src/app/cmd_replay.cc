#include "app/command.h"
#include "app/kafka_options.h"
#include "app/metrics_server.h"
#include "app/run_replay.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Smallest segment: several batches of the largest size, so that segments stay useful.
constexpr int64_t kSegmentBytesMin = 1 << 12;
constexpr int64_t kSegmentBytesMax = INT32_MAX;

class ReplayCommand final : public Command {
 public:
  const char* name() const override { return "replay"; }
  const char* summary() const override {
    return "Stream a dataset into the log or Kafka, a generator a store, exactly once";
  }
  const char* footer() const override {
    return "After Ctrl-C or a crash the same command goes on where the durable events end. --to,\n"
           "--speed, --store, --sync, --commit, --threads and --processes may change from one\n"
           "start to the next.\n"
           "On Kafka a second replay of a store takes it over, and the first ends with exit code "
           "7;\n"
           "exactly once is what consumers with isolation.level=read_committed see.\n"
           "SIGUSR1 pauses the run and its clock, SIGUSR2 goes on.\n"
           "Examples: tillstream replay --data m5-data\n"
           "          tillstream replay --data m5-data --speed 2d/s --store CA_1\n"
           "          tillstream replay --data m5-data --speed 10d/s --processes\n"
           "          tillstream replay --data m5-data -b localhost:9092 --registry "
           "http://localhost:8081\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &request_.data, "Folder of the dataset");
    arguments.Required();
    DeclareLogOrKafka(arguments, &request_.log);
    DeclareTopic(arguments, &request_.log);
    DeclareRegistry(arguments, &request_.registry);
    DeclareSubjects(arguments, &request_.subjects);
    arguments.List("--store", "ID", &request_.stores, "Only this store; repeatable");
    arguments.Text("--from", "DAY", &request_.from, "First day, d_N or a date");
    arguments.Text("--to", "DAY", &request_.to, "First day that is not streamed any more");
    arguments.Text("--rebase-to", "DATE", &request_.rebase_to,
                   "Move the dates by whole weeks: the data ends before this date, or today");
    arguments.Text("--speed", "SPEED", &speed_,
                   "Simulated time per real time: 2d/s, 3600x, or max");
    arguments.Number("--max-skew", "DAYS", &max_skew_, 0, 100'000,
                     "At --speed max: how far a store may be ahead of the slowest");
    arguments.Flag("--catch-up", &request_.catch_up,
                   "Keep the schedule of the run's clock, to make up for a stop");
    arguments.Flag("--processes", &request_.processes,
                   "A process a store, started again when it dies");
    arguments.Number("--give-up", "N", &give_up_, 1, 1'000,
                     "Deaths without a day written in between, before a store is given up");
    arguments.Text("--supervised", "WHO", &supervised_, "What a supervisor tells its generators");
    arguments.Hidden();
    arguments.Text("--sync", "BYTES,TIME", &sync_,
                   "Make durable after so much, or so long; a store");
    arguments.Text("--commit", "EVENTS,TIME", &commit_,
                   "On Kafka: commit after so many, or so long; a store");
    DeclarePlan(arguments, &request_.plan);
    arguments.Text("--positions", "WHERE", &request_.log.kafka.positions,
                   "On Kafka: transaction, or at least once: idempotent, zookeeper://H:P/PATH");
    arguments.Text("--codec", "CODEC", &codec_, "none, lz4 or zstd; default zstd, on Kafka lz4");
    arguments.Number("--segment-bytes", "N", &request_.segment_bytes_max, kSegmentBytesMin,
                     kSegmentBytesMax, "Size at which a segment file ends");
    arguments.Flag("--repair", &request_.repair,
                   "Write corrupt batches again from the dataset first");
    DeclareMetrics(arguments, &request_.metrics);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_ASSIGN(request_.speed, Speed::Parse(speed_));
    TILLSTREAM_TRY(CheckEffects());
    TILLSTREAM_TRY(CheckMetrics(request_.metrics));
    TILLSTREAM_TRY(CompleteLog(&request_.log));
    TILLSTREAM_TRY(CheckPositions(request_.log));
    TILLSTREAM_TRY(CheckPlan(request_.plan));
    const bool on_kafka = request_.log.on_kafka;
    TILLSTREAM_ASSIGN(request_.sync, SyncPolicy::Parse(sync_));
    TILLSTREAM_ASSIGN(const SyncPolicy commit, SyncPolicy::ParseCommit(commit_));
    if (on_kafka) request_.sync = commit;
    if (on_kafka && request_.repair) {
      return MakeError(ErrorCode::kUsage, "--repair: repairs the embedded log, not Kafka's");
    }
    if (codec_.empty()) codec_ = on_kafka ? "lz4" : "zstd";
    const std::optional<Codec> codec = CodecFromName(codec_);
    if (!codec) {
      return MakeError(ErrorCode::kUsage, "--codec: {} is not a codec; write none, lz4 or zstd",
                       Quote(codec_));
    }
    request_.codec = *codec;
    TILLSTREAM_TRY(CompleteRegistry(&request_.registry, request_.log));
    TILLSTREAM_TRY(CheckSubjects(&request_.subjects));
    request_.max_skew_days = static_cast<int32_t>(max_skew_);
    request_.give_up_deaths = static_cast<int32_t>(give_up_);
    if (!supervised_.empty()) {
      TILLSTREAM_ASSIGN(request_.supervised, Supervised::Parse(supervised_));
      request_.stores = {request_.supervised->store};
      // The run's, which the supervisor has stored: a plan may need all stores to be made.
      request_.plan = PlanOptions();
      return RunReplay(context, request_);
    }
    if (request_.processes && request_.repair) {
      return MakeError(
          ErrorCode::kUsage,
          "--repair, --processes: needed one of them; repair first, without processes");
    }
    TILLSTREAM_ASSIGN(const auto metrics, MetricsServer::Open(context, request_.metrics));
    return request_.processes ? RunProcesses(context, request_, metrics.get())
                              : RunReplay(context, request_, metrics.get());
  }

 private:
  /// kUsage for what would have none.
  Status CheckEffects() const {
    if (request_.catch_up && request_.speed.is_max()) {
      return MakeError(ErrorCode::kUsage,
                       "--catch-up: needs a --speed; at max there is no schedule to keep");
    }
    if (give_up_ != kGiveUpDefault && !request_.processes) {
      return MakeError(ErrorCode::kUsage, "--give-up: needs --processes");
    }
    return Ok();
  }

  ReplayRequest request_;
  std::string speed_ = "max";
  std::string sync_ = "16MiB,1s";
  std::string commit_ = "1000000,1s";
  std::string codec_;
  int64_t max_skew_ = kMaxSkewDaysDefault;
  int64_t give_up_ = kGiveUpDefault;
  std::string supervised_;
};

}  // namespace

std::unique_ptr<Command> MakeReplayCommand() { return std::make_unique<ReplayCommand>(); }

}  // namespace tillstream
