#include <algorithm>
#include <optional>

#include "app/command.h"
#include "app/kafka_topics.h"
#include "app/run_replay.h"
#include "app/table.h"
#include "app/topic_plan.h"
#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Most replicas that anyone asks for; brokers say what they can.
constexpr int64_t kReplicationMax = 100;

std::string SettingsText(const RunTopic& topic) {
  std::string text;
  for (const auto& [name, value] : topic.settings) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  }
  return text;
}

Json TopicJson(const RunTopic& topic) {
  Json settings = Json::object();
  for (const auto& [name, value] : topic.settings) settings[name] = value;
  return {{"topic", topic.name},
          {"partitions", topic.partition_count},
          {"replication_factor", topic.replication_factor},
          {"settings", settings}};
}

/// What the commands about topics have in common.
class TopicCommand : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Text("--data", "DIR", &data_, "Folder of the dataset");
    if (needs_data()) arguments.Required();
    DeclareKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
  }

 protected:
  virtual bool needs_data() const = 0;

  Status Check() {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    return RequireKafkaBuild();
  }

  Result<TopicPlan> PlanOfData(Context& context, const std::optional<RunIdentity>& stored) {
    TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, data_, {}));
    return PlanOf(IdentityOf(dataset, Day(1), "", 0), stored);
  }

  LogOptions log_;
  std::string data_;
};

class TopicPlanCommand final : public TopicCommand {
 public:
  const char* name() const override { return "topic plan"; }
  const char* summary() const override {
    return "Which partition each store has, and how the topics are to be";
  }
  const char* footer() const override {
    return "Asks nobody but, with -b, for the number of brokers.\n"
           "Example: tillstream topic plan --data m5-data\n";
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(Check());
    int broker_count = BrokersWanted();
    if (log_.on_kafka) {
      TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
      TILLSTREAM_ASSIGN(broker_count, CountBrokers(opened));
    }
    TILLSTREAM_ASSIGN(const TopicPlan plan, PlanOfData(context, std::nullopt));
    const auto topics = PlanRunTopics(log_.topic, plan.partition_count, 0, broker_count);
    if (context.common.json) {
      TILLSTREAM_TRY(context.out.Write(DumpJson(ToJson(plan, topics)) + "\n"));
      return static_cast<int>(kExitDone);
    }
    Table stores({"store", "partition", "series", "days", "events"});
    int64_t event_count = 0;
    for (const PlannedStore& store : plan.stores) {
      event_count += store.event_count();
      stores.Add({store.id, std::to_string(store.partition.value()),
                  WithThousands(store.series_count), WithThousands(store.day_count),
                  WithThousands(store.event_count())});
    }
    Table table({"topic", "partitions", "replicas", "settings"});
    for (const RunTopic& topic : topics) {
      table.Add({topic.name, std::to_string(topic.partition_count),
                 std::to_string(topic.replication_factor), SettingsText(topic)});
    }
    TILLSTREAM_TRY(context.out.Write(stores.ToString() + "\n" + table.ToString()));
    context.console.Info(fmt::format(
        "{} events from {} on{}", WithThousands(event_count), plan.data_begins,
        log_.on_kafka ? ""
                      : fmt::format("; on fewer than {} brokers a replica each", broker_count)));
    return static_cast<int>(kExitDone);
  }

 private:
  bool needs_data() const override { return true; }

  static Json ToJson(const TopicPlan& plan, const std::vector<RunTopic>& topics) {
    Json stores = Json::array();
    for (const PlannedStore& store : plan.stores) {
      stores.push_back({{"store", store.id},
                        {"partition", store.partition.value()},
                        {"series", store.series_count},
                        {"days", store.day_count},
                        {"events", store.event_count()}});
    }
    Json list = Json::array();
    for (const RunTopic& topic : topics) list.push_back(TopicJson(topic));
    return {{"data_begins", plan.data_begins}, {"stores", stores}, {"topics", list}};
  }
};

class TopicCreateCommand final : public TopicCommand {
 public:
  const char* name() const override { return "topic create"; }
  const char* summary() const override { return "Make the topics of a run on Kafka"; }
  const char* footer() const override {
    return "A dry run unless --execute. Topics that are there get the partitions that are "
           "missing;\n"
           "one whose settings would lose events is exit code 1. replay makes topics by itself.\n"
           "Example: tillstream topic create --data m5-data -b localhost:9092 --execute\n";
  }
  void Declare(Arguments& arguments) override {
    TopicCommand::Declare(arguments);
    arguments.Number("--replication-factor", "N", &replication_factor_, 0, kReplicationMax,
                     "Brokers that have each record; 0: three, or as many as there are");
    arguments.Flag("--execute", &execute_, "Make them");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(Check());
    TILLSTREAM_TRY(RequireKafka(log_));
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    context.console.Info(fmt::format("target: {}", opened.log->Describe()));
    TILLSTREAM_ASSIGN(const int broker_count, CountBrokers(opened));
    TILLSTREAM_TRY(CheckReplication(broker_count));
    TILLSTREAM_ASSIGN(const std::optional<RunIdentity> stored,
                      RunManifest(*opened.runs, context.clock, log_.topic).Load());
    TILLSTREAM_ASSIGN(const TopicPlan plan, PlanOfData(context, stored));
    auto topics = PlanRunTopics(log_.topic, plan.partition_count,
                                static_cast<int>(replication_factor_), broker_count);
    TILLSTREAM_TRY(CompareRunTopics(opened, plan.data_begins, true, &topics));
    const bool may_make = std::all_of(topics.begin(), topics.end(),
                                      [](const auto& topic) { return topic.deviations.empty(); });
    if (execute_ && may_make) TILLSTREAM_TRY(MakeRunTopics(opened, topics));
    TILLSTREAM_TRY(Print(context, topics));
    for (const RunTopic& topic : topics) {
      for (const std::string& deviation : topic.deviations) context.console.Error(deviation);
    }
    if (!may_make) return static_cast<int>(kExitFailed);
    SayResult(context, topics);
    return static_cast<int>(kExitDone);
  }

 private:
  bool needs_data() const override { return true; }

  /// Fewer replicas than replay would make are refused by it, so they are here.
  Status CheckReplication(int broker_count) const {
    if (replication_factor_ == 0) return Ok();
    if (replication_factor_ > broker_count) {
      return MakeError(ErrorCode::kUsage,
                       "--replication-factor: {} replicas need as many brokers, found {}; start "
                       "more, or use at most {}",
                       replication_factor_, broker_count, broker_count);
    }
    const int needed = std::min(BrokersWanted(), broker_count);
    if (replication_factor_ >= needed) return Ok();
    return MakeError(ErrorCode::kUsage,
                     "--replication-factor: {}, needed {} with {} brokers, so that the end of one "
                     "loses no event",
                     replication_factor_, needed, broker_count);
  }

  /// What is, or was, to be done for a topic.
  static std::string Action(const RunTopic& topic) {
    if (!topic.deviations.empty()) return "deviates";
    if (!topic.found_partition_count) return "make";
    const int32_t missing = topic.partition_count - *topic.found_partition_count;
    return missing > 0 ? fmt::format("add {} partitions", missing) : "is there";
  }

  static Status Print(Context& context, const std::vector<RunTopic>& topics) {
    Table table({"topic", "partitions", "replicas", "action", "settings"});
    Json list = Json::array();
    for (const RunTopic& topic : topics) {
      table.Add({topic.name, std::to_string(topic.partition_count),
                 std::to_string(topic.replication_factor), Action(topic), SettingsText(topic)});
      Json json = TopicJson(topic);
      json["action"] = Action(topic);
      json["deviations"] = topic.deviations;
      list.push_back(std::move(json));
    }
    return context.out.Write(context.common.json ? DumpJson(list) + "\n" : table.ToString());
  }

  void SayResult(Context& context, const std::vector<RunTopic>& topics) const {
    const auto there = std::count_if(topics.begin(), topics.end(),
                                     [](const auto& topic) { return Action(topic) == "is there"; });
    const auto missing = static_cast<int64_t>(topics.size()) - there;
    if (missing == 0) {
      context.console.Info("nothing to make: all topics are there, as they are to be");
    } else if (execute_) {
      context.console.Info(fmt::format("{} topics made or given more partitions", missing));
    } else {
      context.console.Info(
          fmt::format("dry run: {} topics would be made or changed; --execute does it", missing));
    }
  }

  int64_t replication_factor_ = 0;
  bool execute_ = false;
};

class TopicCheckCommand final : public TopicCommand {
 public:
  const char* name() const override { return "topic check"; }
  const char* summary() const override {
    return "Whether the topics of a run are as they are to be";
  }
  const char* footer() const override {
    return "A line for each deviation with what to do about it, and exit code 1 if there is one.\n"
           "--data is needed before a run has begun.\n"
           "Example: tillstream topic check -b localhost:9092\n";
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(Check());
    TILLSTREAM_TRY(RequireKafka(log_));
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    TILLSTREAM_ASSIGN(const int broker_count, CountBrokers(opened));
    TILLSTREAM_ASSIGN(const std::optional<RunIdentity> stored,
                      RunManifest(*opened.runs, context.clock, log_.topic).Load());
    if (!stored && data_.empty()) {
      return MakeError(ErrorCode::kUsage,
                       "--data: needed, since {} has no run of topic {} that says how many "
                       "partitions it takes",
                       opened.log->Describe(), Quote(log_.topic));
    }
    TopicPlan plan;
    if (data_.empty()) {
      plan = PlanOf(*stored);
    } else {
      TILLSTREAM_ASSIGN(plan, PlanOfData(context, stored));
    }
    auto topics = PlanRunTopics(log_.topic, plan.partition_count, 0, broker_count);
    TILLSTREAM_TRY(CompareRunTopics(opened, plan.data_begins, false, &topics));
    return Report(context, topics);
  }

 private:
  bool needs_data() const override { return false; }

  static Result<int> Report(Context& context, const std::vector<RunTopic>& topics) {
    Json list = Json::array();
    std::string lines;
    int64_t deviation_count = 0;
    for (const RunTopic& topic : topics) {
      Json json = TopicJson(topic);
      json["is_there"] = topic.found_partition_count.has_value();
      json["deviations"] = DeviationsOf(topic);
      list.push_back(std::move(json));
      for (const std::string& deviation : DeviationsOf(topic)) {
        lines += deviation + "\n";
        ++deviation_count;
      }
    }
    TILLSTREAM_TRY(context.out.Write(context.common.json ? DumpJson(list) + "\n" : lines));
    context.console.Info(deviation_count == 0
                             ? fmt::format("{} topics are as they are to be", topics.size())
                             : fmt::format("{} deviations", deviation_count));
    return static_cast<int>(deviation_count == 0 ? kExitDone : kExitFailed);
  }
};

}  // namespace

std::unique_ptr<Command> MakeTopicPlanCommand() { return std::make_unique<TopicPlanCommand>(); }
std::unique_ptr<Command> MakeTopicCreateCommand() { return std::make_unique<TopicCreateCommand>(); }
std::unique_ptr<Command> MakeTopicCheckCommand() { return std::make_unique<TopicCheckCommand>(); }

}  // namespace tillstream
