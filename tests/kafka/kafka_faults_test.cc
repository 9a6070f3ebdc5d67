// What becomes of a stream when brokers answer with errors: librdkafka's mock broker gives each of
// a list to the next requests of a kind, and the list says what must come of it: the writer goes
// on, or it ends with a stated error and another one goes on where it was confirmed. Either way
// what was confirmed is there once, and all of it.
//
// The mock shows the records of aborted transactions too. So each writer puts its name into its
// values and has a positions partition of its own, in which the test puts what was confirmed; and
// what counts is what a Sync() confirmed.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fault_table.h"
#include "kafka/kafka_reader.h"
#include "kafka/kafka_writer.h"
#include "kafka/position_reader.h"

namespace tillstream {
namespace {

constexpr int kBlockEvents = 20;
constexpr int64_t kEventCount = 240;
constexpr int kSyncEvents = 60;
constexpr int kWriterCountMax = 3;
constexpr int kBroker = 1;
constexpr std::chrono::milliseconds kDeadline{10'000};
constexpr Timestamp kTime(1'296'259'200'000);
const TopicPartition kEvents = {"sales", PartitionId(0)};

/// When the errors come: to the opening of the writer, or to its stream.
enum class Moment { kAtOpen, kInStream };

class KafkaFaultsTest : public testing::TestWithParam<std::tuple<Fault, Moment>> {
 protected:
  void SetUp() override {
    std::array<char, 512> text{};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", text.data(), text.size());
    rd_kafka_conf_set_log_cb(conf, [](const auto*, int, const char*, const char*) {});
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    ASSERT_NE(handle_, nullptr) << text.data();
    mock_ = rd_kafka_mock_cluster_new(handle_, 1);
    rd_kafka_mock_topic_create(mock_, "sales", 1, 1);
    rd_kafka_mock_topic_create(mock_, "positions", kWriterCountMax, 1);
    config_.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(mock_);
    rd_kafka_brokers_add(handle_, config_.bootstrap_servers.c_str());
    config_.deadline = kDeadline;
    config_.properties = {{"linger.ms", "1"}, {"retry.backoff.ms", "10"}};
  }
  void TearDown() override {
    rd_kafka_mock_cluster_destroy(mock_);
    rd_kafka_destroy(handle_);
  }

  static const Fault& fault() { return std::get<Fault>(GetParam()); }

  void Inject(Moment moment) {
    if (moment != std::get<Moment>(GetParam()) || writer_count_ > 1) return;
    // One that is retried comes again.
    const int count = fault().outcome.goes_on ? 2 : 1;
    for (int i = 0; i < count; ++i) {
      rd_kafka_mock_broker_push_request_error_rtts(mock_, kBroker, fault().request, 1, fault().code,
                                                   0);
    }
  }
  size_t ErrorsLeft() {
    size_t count = 0;
    rd_kafka_mock_broker_error_stack_cnt(mock_, kBroker, fault().request, &count);
    return count;
  }

  /// A writer that ends the stream, if it can.
  Status WriteOn() {
    KafkaWriterOptions options;
    options.config = config_;
    options.spec.events = {kEvents};
    options.spec.stream = "CA_1";
    options.positions = {"positions", PartitionId(writer_count_++)};
    options.owner = fmt::format("writer {}", writer_count_);
    options.wait_for_owner = std::chrono::milliseconds(200);
    if (confirmed_.size() > 0) PutPosition(options.positions);
    Inject(Moment::kAtOpen);
    TILLSTREAM_ASSIGN(const auto writer, KafkaWriter::Open(options, clock_));
    EXPECT_EQ(writer->position(), Position(Confirmed()));
    RecordBlock block;
    while (writer->position() < Position(kEventCount)) {
      if (writer->position() == Position(2 * kSyncEvents)) Inject(Moment::kInStream);
      while (writer->position().value() < Confirmed() + kSyncEvents) {
        block.Clear(kTime);
        for (int i = 0; i < kBlockEvents; ++i) {
          block.Append("key", Value(writer->position().value() + i, options.owner));
        }
        TILLSTREAM_TRY(writer->Append(block));
      }
      TILLSTREAM_ASSIGN(const Position durable, writer->Sync(kDeadline));
      while (Confirmed() < durable.value()) confirmed_.push_back(Value(Confirmed(), options.owner));
    }
    last_position_ = ReadLastPosition(config_, options.positions, clock_);
    return Ok();
  }
  static std::string Value(int64_t k, const std::string& owner) {
    return fmt::format("{} of {}", k, owner);
  }
  int64_t Confirmed() const { return static_cast<int64_t>(confirmed_.size()); }

  void PutPosition(const TopicPartition& partition) {
    PositionRecord record;
    record.position = Position(Confirmed());
    record.owner = "the test";
    std::string value = EncodePosition(record);
    rd_kafka_producev(handle_, RD_KAFKA_V_TOPIC(partition.topic.c_str()),
                      RD_KAFKA_V_PARTITION(partition.partition.value()),
                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                      RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END);
    ASSERT_EQ(rd_kafka_flush(handle_, static_cast<int>(kDeadline.count())), 0);
  }

  /// Every event's last confirmed value once, in order.
  void ExpectWhatWasConfirmed() {
    ASSERT_EQ(Confirmed(), kEventCount);
    ASSERT_TRUE(last_position_.has_value() && last_position_->has_value());
    EXPECT_EQ((*last_position_)->position, Position(kEventCount));
    std::map<std::string, std::vector<int64_t>> offsets;
    const auto reader = *KafkaReader::Open(config_, kEvents, clock_);
    for (;;) {
      const auto records = reader->Read(std::chrono::milliseconds(0));
      ASSERT_TRUE(records.has_value()) << records.error().message;
      if (records->empty()) break;
      for (const RecordView& record : *records) {
        offsets[std::string(record.value)].push_back(record.offset.value());
      }
    }
    int64_t last = -1;
    for (const std::string& value : confirmed_) {
      ASSERT_EQ(offsets[value].size(), 1U) << value;
      ASSERT_GT(offsets[value].front(), last) << value;
      last = offsets[value].front();
    }
  }

  rd_kafka_mock_cluster_t* mock() { return mock_; }

 private:
  SystemClock clock_;
  KafkaConfig config_;
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* mock_ = nullptr;
  int writer_count_ = 0;
  std::vector<std::string> confirmed_;
  Result<std::optional<PositionRecord>> last_position_;
};

TEST_P(KafkaFaultsTest, NothingThatWasConfirmedIsLostOrDoubled) {
  const Status status = WriteOn();
  EXPECT_EQ(ErrorsLeft(), 0U) << "the mock was not asked";
  const Outcome& outcome = fault().outcome;
  EXPECT_EQ(status.has_value(), outcome.goes_on) << (status ? "" : status.error().message);
  if (!status) {
    EXPECT_EQ(ErrorCodeName(status.error().code), std::string(ErrorCodeName(outcome.code)));
    EXPECT_NE(status.error().message.find(outcome.said), std::string::npos)
        << "found:  " << status.error().message << "\nneeded: " << outcome.said;
    const Status again = WriteOn();
    ASSERT_TRUE(again.has_value()) << again.error().message;
  }
  ExpectWhatWasConfirmed();
}

std::string NameOfCase(const testing::TestParamInfo<std::tuple<Fault, Moment>>& info) {
  const auto& [fault, moment] = info.param;
  return fmt::format("{}_{}_{}", NameOf(fault.request), rd_kafka_err2name(fault.code),
                     moment == Moment::kAtOpen ? "AtOpen" : "InStream");
}

bool IsForOpeningOnly(const Fault& fault) {
  return fault.request == kInitProducerId || fault.request == kFindCoordinator;
}

std::vector<std::tuple<Fault, Moment>> Cases() {
  std::vector<std::tuple<Fault, Moment>> cases;
  for (const Fault& fault : kFaults) {
    cases.emplace_back(fault, Moment::kAtOpen);
    if (!IsForOpeningOnly(fault)) cases.emplace_back(fault, Moment::kInStream);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Mock, KafkaFaultsTest, testing::ValuesIn(Cases()), NameOfCase);

}  // namespace
}  // namespace tillstream
