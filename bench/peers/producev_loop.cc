// The floor under `tillstream replay -b`: rd_kafka_producev() in a loop over ready payloads.
//
//   producev_loop SERVERS TOPIC DATA TO [NAME=VALUE...]
//
// Workload: the same events as replay's of the days before d_TO, key, value and event time, encoded
// and in memory before the clock starts; a producer a store, each on the store's partition, with
// replay's settings of librdkafka (kafka_config.cc) and a delivery callback on every message. The
// producers take turns day by day on some threads. What replay does beside is not done: no reading,
// no encoding, no totals, no positions.
//
// NAME=VALUE with these names, or any property of librdkafka:
//   threads=2               threads that produce
//   commit=1000000,1000     events and milliseconds of a producer, after which it commits
//   commit=none             no transactions, only idempotent
//   queue.kib=1024          of each producer: messages that wait for a broker
//
// Makes the topic as replay makes it. Prints JSON: events, bytes (keys and values), commits,
// seconds and processor seconds from the first message until the last commit, and the settings
// that another client needs to do the same.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "input.h"
#include "kafka/kafka_client.h"
#include "kafka/topic_admin.h"
#include "ready_payloads.h"

namespace tillstream::bench {
namespace {

constexpr int kPollMs = 100;
constexpr int kInitMs = 60'000;
constexpr int kFlushMs = 600'000;
constexpr int kTransactionTimeout = -1;  ///< The commit may take as long as the transaction.

/// The properties that decide on what a producer costs.
constexpr std::array kShownSettings = {
    "compression.codec",    "linger.ms",
    "batch.num.messages",   "batch.size",
    "message.max.bytes",    "queue.buffering.max.messages",
    "socket.nagle.disable", "queue.buffering.max.kbytes",
    "message.timeout.ms",   "transaction.timeout.ms",
};

struct Options {
  KafkaConfig config;
  std::string topic;
  int32_t threads = 2;
  bool transactional = true;
  int64_t commit_events = 1'000'000;
  std::chrono::milliseconds commit_time{1000};
  int64_t queue_kib = 1024;
};

void Check(rd_kafka_error_t* error, const char* what) {
  if (error == nullptr) return;
  Die({ErrorCode::kUnavailable, fmt::format("{}: {}", what, rd_kafka_error_string(error))});
}

/// One store's producer. Not thread safe.
class Producer {
 public:
  Producer(const Options& options, int32_t partition) : options_(options), partition_(partition) {
    KafkaProperties fixed = {
        {"queue.buffering.max.kbytes", std::to_string(options.queue_kib)},
        {"enable.idempotence", "true"},
    };
    if (options.transactional) {
      fixed["transactional.id"] = fmt::format("loop/{}/{}", options.topic, partition);
    }
    KafkaConfPtr conf = Need(MakeKafkaConf(options.config, KafkaRole::kWriter, fixed));
    for (const char* name : kShownSettings) settings_[name] = KafkaConfValue(conf.get(), name);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
    rd_kafka_conf_set_opaque(conf.get(), this);
    std::array<char, 512> text{};
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf.release(), text.data(), text.size());
    if (handle_ == nullptr) Die({ErrorCode::kUsage, text.data()});
    topic_ = rd_kafka_topic_new(handle_, options.topic.c_str(), nullptr);
    if (options.transactional) Init();
  }
  ~Producer() {
    rd_kafka_topic_destroy(topic_);
    rd_kafka_destroy(handle_);
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void Send(const ReadyDay& day) {
    if (options_.transactional && !in_transaction_) Begin();
    for (const ReadyDay::Message& message : day.messages()) Send(day, message);
    produced_ += static_cast<int64_t>(day.messages().size());
    bytes_ += day.size_bytes();
    rd_kafka_poll(handle_, 0);
    if (!in_transaction_) return;
    if (produced_ - begin_at_ >= options_.commit_events ||
        clock_.Monotonic() - begin_time_ >= options_.commit_time) {
      Commit();
    }
  }

  void Finish() {
    if (in_transaction_) Commit();
    if (!options_.transactional) rd_kafka_flush(handle_, kFlushMs);
    if (delivered_ != produced_) {
      Die(MakeError(ErrorCode::kUnavailable, "{} of {} messages were delivered", delivered_,
                    produced_));
    }
  }

  int64_t produced() const { return produced_; }
  int64_t bytes() const { return bytes_; }
  int64_t commits() const { return commits_; }
  const KafkaProperties& settings() const { return settings_; }

 private:
  static void OnDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* self) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++static_cast<Producer*>(self)->delivered_;
  }

  void Init() {
    for (;;) {
      rd_kafka_error_t* const error = rd_kafka_init_transactions(handle_, kInitMs);
      if (error == nullptr) return;
      if (rd_kafka_error_is_retriable(error) == 0) Check(error, "init");
      rd_kafka_error_destroy(error);
    }
  }

  void Begin() {
    Check(rd_kafka_begin_transaction(handle_), "begin");
    in_transaction_ = true;
    begin_at_ = produced_;
    begin_time_ = clock_.Monotonic();
  }

  void Commit() {
    Check(rd_kafka_commit_transaction(handle_, kTransactionTimeout), "commit");
    in_transaction_ = false;
    ++commits_;
  }

  void Send(const ReadyDay& day, const ReadyDay::Message& message) {
    char* const key = const_cast<char*>(day.bytes()) + message.begin;
    char* const value = key + message.key_bytes;
    for (;;) {
      const rd_kafka_resp_err_t code = rd_kafka_producev(
          handle_, RD_KAFKA_V_RKT(topic_), RD_KAFKA_V_PARTITION(partition_),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, message.key_bytes),
          RD_KAFKA_V_VALUE(value, message.value_bytes), RD_KAFKA_V_TIMESTAMP(day.time_ms()),
          RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        Die({ErrorCode::kUnavailable, rd_kafka_err2str(code)});
      }
      rd_kafka_poll(handle_, kPollMs);
    }
  }

  const Options& options_;
  const int32_t partition_;
  SystemClock clock_;
  KafkaProperties settings_;
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  bool in_transaction_ = false;
  int64_t begin_at_ = 0;
  std::chrono::nanoseconds begin_time_{0};
  int64_t produced_ = 0;
  int64_t delivered_ = 0;
  int64_t bytes_ = 0;
  int64_t commits_ = 0;
};

/// A producer and what it is to send.
struct Store {
  std::unique_ptr<Producer> producer;
  std::vector<ReadyDay> days;
};

/// What one thread does: every `step`th store from `first` on, day by day.
void ProduceSome(std::vector<Store>& stores, size_t first, size_t step) {
  const size_t day_count = stores.front().days.size();
  for (size_t day = 0; day < day_count; ++day) {
    for (size_t i = first; i < stores.size(); i += step) {
      stores[i].producer->Send(stores[i].days[day]);
    }
  }
  for (size_t i = first; i < stores.size(); i += step) stores[i].producer->Finish();
}

std::vector<Store> Prepare(const Options& options, Day to) {
  const Dataset& dataset = LoadedDataset();
  SystemClock clock;
  const auto admin = Need(TopicAdmin::Open(options.config, clock));
  const auto count = static_cast<int32_t>(dataset.stores.size());
  Need(admin->Create(EventTopicSpec(options.topic, count)));
  std::vector<Store> stores;
  for (int32_t i = 0; i < count; ++i) {
    Store& store = stores.emplace_back();
    store.days = MakeReadyDays(*dataset.stores[static_cast<size_t>(i)], *dataset.calendar, to);
    store.producer = std::make_unique<Producer>(options, i);
  }
  return stores;
}

void Run(const Options& options, Day to) {
  std::vector<Store> stores = Prepare(options, to);
  SystemClock clock;
  const auto begin = clock.Monotonic();
  const double cpu_begin = CpuSeconds();
  {
    std::vector<std::jthread> threads;
    const auto step = static_cast<size_t>(options.threads);
    for (size_t i = 0; i < step; ++i) {
      threads.emplace_back([&stores, i, step] { ProduceSome(stores, i, step); });
    }
  }
  const double cpu = CpuSeconds() - cpu_begin;
  const std::chrono::duration<double> seconds = clock.Monotonic() - begin;
  int64_t events = 0;
  int64_t bytes = 0;
  int64_t commits = 0;
  for (const Store& store : stores) {
    events += store.producer->produced();
    bytes += store.producer->bytes();
    commits += store.producer->commits();
  }
  std::string settings;
  for (const auto& [name, value] : stores.front().producer->settings()) {
    settings += fmt::format("{}\"{}\": \"{}\"", settings.empty() ? "" : ", ", name, value);
  }
  fmt::print(
      "{{\"events\": {}, \"bytes\": {}, \"commits\": {}, \"seconds\": {:.6f}, \"cpu\": {:.6f}, "
      "\"settings\": {{{}}}}}\n",
      events, bytes, commits, seconds.count(), cpu, settings);
}

int64_t Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) {
    Die(MakeError(ErrorCode::kUsage, "\"{}\": needed a number", text));
  }
  return number;
}

void TakeSetting(std::string_view text, Options* options) {
  KafkaProperties one;
  Need(AddKafkaProperty(text, &one));
  const auto& [name, value] = *one.begin();
  if (name == "threads") {
    options->threads = static_cast<int32_t>(Number(value));
  } else if (name == "queue.kib") {
    options->queue_kib = Number(value);
  } else if (name == "commit" && value == "none") {
    options->transactional = false;
  } else if (name == "commit") {
    const size_t comma = value.find(',');
    options->commit_events = Number(value.substr(0, comma));
    if (comma != std::string::npos) {
      options->commit_time = std::chrono::milliseconds(Number(value.substr(comma + 1)));
    }
  } else {
    options->config.properties[name] = value;
  }
}

}  // namespace
}  // namespace tillstream::bench

int main(int argc, char** argv) {
  using namespace tillstream;         // NOLINT
  using namespace tillstream::bench;  // NOLINT
  constexpr int kFirstSetting = 5;
  if (argc < kFirstSetting) {
    fmt::print(stderr, "usage: producev_loop SERVERS TOPIC DATA TO [NAME=VALUE...]\n");
    return 2;
  }
  Options options;
  options.config.bootstrap_servers = argv[1];
  options.topic = argv[2];
  ProcessInput().data = argv[3];
  for (int i = kFirstSetting; i < argc; ++i) TakeSetting(argv[i], &options);
  const int64_t to = Number(argv[4]);
  if (to < 2 || to > LoadedDataset().day_count + 1) {
    Die(MakeError(ErrorCode::kUsage, "TO: {} is not in 2 to {}", to,
                  LoadedDataset().day_count + 1));
  }
  Run(options, Day(static_cast<int32_t>(to)));
  return 0;
}
