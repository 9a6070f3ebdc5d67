#include "kafka/kafka_group.h"

#include <charconv>
#include <cstring>
#include <utility>

namespace tillstream {
namespace {

using PartitionListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                         KafkaDestroy<rd_kafka_topic_partition_list_destroy>>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, KafkaDestroy<rd_kafka_message_destroy>>;

constexpr std::string_view kRecords = "records=";

std::optional<int64_t> ParseMetadata(std::string_view text) {
  if (!text.starts_with(kRecords)) return std::nullopt;
  text.remove_prefix(kRecords.size());
  int64_t records = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), records);
  if (error != std::errc() || end != text.data() + text.size() || records < 0) return std::nullopt;
  return records;
}

/// Whether a commit came after the group gave the partitions to others.
bool IsTakenOver(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID ||
         code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
         code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

/// Whether the client goes on by itself after it reported `code`.
bool IsPassing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__PARTITION_EOF || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED ||
         code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || IsTakenOver(code);
}

}  // namespace

Result<std::unique_ptr<KafkaGroup>> KafkaGroup::Open(const KafkaConfig& config,
                                                     const std::string& group,
                                                     const std::vector<std::string>& topics,
                                                     bool is_member) {
  const KafkaProperties fixed = {
      {"group.id", group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
  };
  std::unique_ptr<KafkaGroup> opened(new KafkaGroup(group, is_member));
  TILLSTREAM_ASSIGN(opened->client_,
                    KafkaClient::Open(config, KafkaRole::kReader, fixed,
                                      {.rebalances = is_member ? opened.get() : nullptr}));
  rd_kafka_poll_set_consumer(opened->client_->handle());
  if (is_member) TILLSTREAM_TRY(opened->Subscribe(topics));
  return opened;
}

KafkaGroup::~KafkaGroup() {
  if (client_ != nullptr) rd_kafka_consumer_close(client_->handle());
}

Status KafkaGroup::Subscribe(const std::vector<std::string>& topics) {
  const PartitionListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(client_->handle(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(code);
  return Ok();
}

void KafkaGroup::OnRebalance(rd_kafka_resp_err_t code,
                             rd_kafka_topic_partition_list_t* partitions) {
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    Take(partitions);
  } else {
    GiveBack();
  }
}

void KafkaGroup::Take(rd_kafka_topic_partition_list_t* partitions) {
  rd_kafka_assign(client_->handle(), partitions);
  // The readers fetch for themselves.
  rd_kafka_pause_partitions(client_->handle(), partitions);
  std::vector<TopicPartition> assigned;
  for (int i = 0; i < partitions->cnt; ++i) {
    const rd_kafka_topic_partition_t& given = partitions->elems[i];
    assigned.push_back({given.topic, PartitionId(given.partition)});
  }
  assigned_ = std::move(assigned);
}

void KafkaGroup::GiveBack() {
  if (before_change_ != nullptr) before_change_result_ = (*before_change_)();
  rd_kafka_assign(client_->handle(), nullptr);
  to_store_.clear();
  assigned_ = std::vector<TopicPartition>();
}

Result<std::optional<std::vector<TopicPartition>>> KafkaGroup::Assign(
    const BeforeChange& before_change) {
  before_change_ = &before_change;
  before_change_result_ = Ok();
  const MessagePtr message(rd_kafka_consumer_poll(client_->handle(), 0));
  before_change_ = nullptr;
  TILLSTREAM_TRY(before_change_result_);
  if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !IsPassing(message->err)) {
    return Failure(message->err);
  }
  return std::exchange(assigned_, std::nullopt);
}

Result<std::optional<GroupPosition>> KafkaGroup::Find(const TopicPartition& partition) {
  const PartitionListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(),
                                    partition.partition.value());
  auto code = rd_kafka_committed(client_->handle(), list.get(), client_->deadline_ms());
  const rd_kafka_topic_partition_t& found = list->elems[0];
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = found.err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Failure(code);
  if (found.offset < 0) return std::optional<GroupPosition>();
  GroupPosition position{Offset(found.offset), std::nullopt};
  if (found.metadata != nullptr) {
    position.records_before =
        ParseMetadata({static_cast<const char*>(found.metadata), found.metadata_size});
  }
  return std::optional(position);
}

void KafkaGroup::Set(const TopicPartition& partition, const GroupPosition& position) {
  to_store_[partition] = position;
}

Status KafkaGroup::Store() {
  if (to_store_.empty()) return Ok();
  const PartitionListPtr list(
      rd_kafka_topic_partition_list_new(static_cast<int>(to_store_.size())));
  for (const auto& [partition, position] : to_store_) {
    rd_kafka_topic_partition_t* const added = rd_kafka_topic_partition_list_add(
        list.get(), partition.topic.c_str(), partition.partition.value());
    added->offset = position.next.value();
    if (!position.records_before) continue;
    const std::string text = fmt::format("{}{}", kRecords, *position.records_before);
    // Freed with the list.
    added->metadata = ::strdup(text.c_str());
    added->metadata_size = text.size();
  }
  const auto code = rd_kafka_commit(client_->handle(), list.get(), 0);
  // The new owner of the partitions goes on from the commit before.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !IsTakenOver(code)) {
    return Failure(code);
  }
  to_store_.clear();
  return Ok();
}

}  // namespace tillstream
