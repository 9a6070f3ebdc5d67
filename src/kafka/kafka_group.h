#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/kafka_client.h"
#include "log/reader_group.h"

namespace tillstream {

/// A member of a Kafka consumer group, or a reader that only keeps its offsets there.
///
/// As a member it gets its share of the topics' partitions, and another one whenever members come
/// or go; nothing is read through it. What is read for a partition that another member has taken
/// meanwhile is read twice: the last commit is refused.
///
/// Beside each offset the number of records before it is kept, as the commit's metadata:
/// "records=12196".
///
/// Errors: kUnavailable when nobody answers within the deadline, kForbidden when the broker
/// refuses.
class KafkaGroup final : public ReaderGroup, private RebalanceObserver {
 public:
  /// `is_member` false: the topics' partitions are the caller's to choose, and no other reader may
  /// be a member of the group. Contacts nobody yet.
  static Result<std::unique_ptr<KafkaGroup>> Open(const KafkaConfig& config,
                                                  const std::string& group,
                                                  const std::vector<std::string>& topics,
                                                  bool is_member);
  /// Leaves the group.
  ~KafkaGroup() override;

  bool assigns_partitions() const override { return is_member_; }
  Result<std::optional<std::vector<TopicPartition>>> Assign(
      const BeforeChange& before_change) override;
  Result<std::optional<GroupPosition>> Find(const TopicPartition& partition) override;
  void Set(const TopicPartition& partition, const GroupPosition& position) override;
  Status Store() override;

 private:
  KafkaGroup(std::string group, bool is_member)
      : where_("group \"" + std::move(group) + "\""), is_member_(is_member) {}
  void OnRebalance(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions) override;
  Status Subscribe(const std::vector<std::string>& topics);
  void Take(rd_kafka_topic_partition_list_t* partitions);
  void GiveBack();
  Error Failure(rd_kafka_resp_err_t code) {
    return client_->Failure(code, {.where = where_, .right = "Read on " + where_});
  }

  const std::string where_;
  const bool is_member_;
  std::unique_ptr<KafkaClient> client_;
  const BeforeChange* before_change_ = nullptr;  ///< Only within Assign().
  Status before_change_result_;
  std::optional<std::vector<TopicPartition>> assigned_;  ///< Not told yet.
  std::map<TopicPartition, GroupPosition> to_store_;
};

}  // namespace tillstream
