#include <algorithm>
#include <optional>

#include "app/command.h"
#include "app/kafka_topics.h"
#include "app/moved_dates.h"
#include "app/plan_loads.h"
#include "app/plan_options.h"
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
    DeclarePlan(arguments, &plan_);
    arguments.Text("--rebase-to", "DATE", &rebase_to_,
                   "As replay will be given it; a run that has begun keeps its own");
  }

 protected:
  virtual bool needs_data() const = 0;

  Status Check() {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CheckPlan(plan_));
    TILLSTREAM_TRY(CheckRebase(rebase_to_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    return RequireKafkaBuild();
  }

  /// The identity of a run that goes on with other data, or begins with it. Whether the data is the
  /// run's is replay's to say.
  Result<RunIdentity> PlanData(Context& context, const Dataset& dataset,
                               const std::optional<RunIdentity>& stored) const {
    RunIdentity identity = IdentityOf(dataset, Day(1), "", 0);
    TILLSTREAM_TRY(PlanIdentity(context, plan_, dataset, stored, &identity));
    if (!stored) {
      TILLSTREAM_ASSIGN(identity.rebase, RebaseOfRun(context, {.text = rebase_to_}, dataset, {}));
      return identity;
    }
    if (stored->plan != identity.plan || stored->store_partitions != identity.store_partitions) {
      return MakeError(ErrorCode::kRefused,
                       "run: began with plan {}, found {}; use another --topic",
                       DescribePlan(*stored), DescribePlan(identity));
    }
    return WithStoresOf(*stored, identity);
  }
  Result<TopicPlan> PlanOfData(Context& context, const std::optional<RunIdentity>& stored) {
    TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, data_, {}));
    TILLSTREAM_ASSIGN(const RunIdentity identity, PlanData(context, dataset, stored));
    dates_ = DatesOf(context, identity, stored.has_value());
    return PlanOf(identity, log_.topic);
  }

  LogOptions log_;
  PlanOptions plan_;
  std::string data_;
  std::string rebase_to_;
  std::optional<EventDates> dates_;  ///< Of the plan's events.
};

class TopicPlanCommand final : public TopicCommand {
 public:
  const char* name() const override { return "topic plan"; }
  const char* summary() const override {
    return "What each partition is to get under each plan, and how the topics are to be";
  }
  const char* footer() const override {
    return "Without --plan all three are compared, and the topics are those of plan store. Bytes\n"
           "are those of the records before compression. Asks nobody but, with -b, for the number\n"
           "of brokers.\n"
           "Example: tillstream topic plan --data m5-data\n";
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(Check());
    int broker_count = BrokersWanted();
    if (log_.on_kafka) {
      TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
      TILLSTREAM_ASSIGN(broker_count, CountBrokers(opened));
    }
    TILLSTREAM_ASSIGN(const Dataset dataset, LoadDatasetFor(context, data_, {}));
    std::vector<Planned> plans;
    for (const std::string_view plan : {kPlanStore, kPlanSize, kPlanTopic}) {
      if (!plan_.plan.empty() && plan_.plan != plan) continue;
      TILLSTREAM_ASSIGN(Planned planned, MakePlan(context, dataset, std::string(plan)));
      plans.push_back(std::move(planned));
    }
    const TopicPlan plan = PlanOf(plans.front().identity, log_.topic);
    const auto topics = PlanRunTopics(log_.topic, plan, 0, broker_count);
    if (context.common.json) {
      TILLSTREAM_TRY(context.out.Write(DumpJson(ToJson(plan, plans, topics)) + "\n"));
      return static_cast<int>(kExitDone);
    }
    int64_t event_count = 0;
    for (const PlannedStore& store : plan.stores) event_count += store.event_count();
    std::string text;
    for (const Planned& planned : plans) text += ToText(planned) + "\n";
    Table table({"topic", "partitions", "replicas", "settings"});
    for (const RunTopic& topic : topics) {
      table.Add({topic.name, std::to_string(topic.partition_count),
                 std::to_string(topic.replication_factor), SettingsText(topic)});
    }
    TILLSTREAM_TRY(context.out.Write(text + table.ToString()));
    context.console.Info(fmt::format(
        "{} events from {} on{}", WithThousands(event_count), plan.data_begins,
        log_.on_kafka ? ""
                      : fmt::format("; on fewer than {} brokers a replica each", broker_count)));
    return static_cast<int>(kExitDone);
  }

 private:
  /// A plan and what comes of it.
  struct Planned {
    RunIdentity identity;
    std::vector<PartitionLoad> loads;
  };

  bool needs_data() const override { return true; }

  Result<Planned> MakePlan(Context& context, const Dataset& dataset,
                           const std::string& plan) const {
    PlanOptions options = plan_;
    options.plan = plan;
    Planned planned;
    planned.identity = IdentityOf(dataset, Day(1), "", 0);
    TILLSTREAM_TRY(PlanIdentity(context, options, dataset, std::nullopt, &planned.identity));
    TILLSTREAM_ASSIGN(planned.identity.rebase,
                      RebaseOfRun(context, {.text = rebase_to_}, dataset, {}));
    TILLSTREAM_ASSIGN(planned.loads, LoadsOf(dataset, planned.identity, log_.topic));
    return planned;
  }

  static std::string ToText(const Planned& planned) {
    Table table({"partition", "class", "stores", "events", "units", "bytes"});
    for (const PartitionLoad& load : planned.loads) {
      table.Add({load.partition.ToString(), load.size_class.empty() ? "-" : load.size_class,
                 fmt::format("{}", fmt::join(load.stores, " ")), WithThousands(load.events),
                 WithThousands(load.units), WithThousands(load.bytes)});
    }
    return fmt::format(
               "plan {}: largest / mean {:.2f} in events, {:.2f} in units, {:.2f} in bytes\n",
               DescribePlan(planned.identity), ImbalanceOf(planned.loads, &PartitionLoad::events),
               ImbalanceOf(planned.loads, &PartitionLoad::units),
               ImbalanceOf(planned.loads, &PartitionLoad::bytes)) +
           table.ToString();
  }

  static Json ToJson(const Planned& planned) {
    Json partitions = Json::array();
    for (const PartitionLoad& load : planned.loads) {
      Json json = {{"topic", load.partition.topic}, {"partition", load.partition.partition.value()},
                   {"stores", load.stores},         {"events", load.events},
                   {"units", load.units},           {"bytes", load.bytes}};
      if (!load.size_class.empty()) json["class"] = load.size_class;
      partitions.push_back(std::move(json));
    }
    return {{"plan", planned.identity.plan},
            {"partitions", std::move(partitions)},
            {"imbalance",
             {{"events", ImbalanceOf(planned.loads, &PartitionLoad::events)},
              {"units", ImbalanceOf(planned.loads, &PartitionLoad::units)},
              {"bytes", ImbalanceOf(planned.loads, &PartitionLoad::bytes)}}}};
  }

  static Json ToJson(const TopicPlan& plan, const std::vector<Planned>& plans,
                     const std::vector<RunTopic>& topics) {
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
    Json planned = Json::array();
    for (const Planned& each : plans) planned.push_back(ToJson(each));
    return {{"data_begins", plan.data_begins},
            {"stores", stores},
            {"plans", planned},
            {"topics", list}};
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
    auto topics =
        PlanRunTopics(log_.topic, plan, static_cast<int>(replication_factor_), broker_count);
    TILLSTREAM_TRY(CompareRunTopics(opened, dates_, true, &topics));
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
      plan = PlanOf(*stored, log_.topic);
      dates_ = DatesOf(context, *stored, /*has_begun=*/true);
    } else {
      TILLSTREAM_ASSIGN(plan, PlanOfData(context, stored));
    }
    auto topics = PlanRunTopics(log_.topic, plan, 0, broker_count);
    TILLSTREAM_TRY(CompareRunTopics(opened, dates_, false, &topics));
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
