#pragma once

// Private to this folder: requests to the cluster's administration.

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "kafka/kafka_client.h"

namespace tillstream {

using KafkaEventPtr = std::unique_ptr<rd_kafka_event_t, KafkaDestroy<rd_kafka_event_destroy>>;
using KafkaAdminOptionsPtr =
    std::unique_ptr<rd_kafka_AdminOptions_t, KafkaDestroy<rd_kafka_AdminOptions_destroy>>;

/// One request, with the deadline of its client. Not thread safe.
class AdminCall {
 public:
  /// `client` must outlive it.
  AdminCall(KafkaClient& client, rd_kafka_admin_op_t operation);

  /// The broker answers when the operation is done.
  void WaitForOperation();
  const rd_kafka_AdminOptions_t* options() const { return options_.get(); }
  rd_kafka_queue_t* queue() { return queue_.get(); }

  /// The answer; `context` is for the Error without one.
  Result<KafkaEventPtr> Wait(const KafkaContext& context);

 private:
  KafkaClient& client_;
  KafkaQueuePtr queue_;
  KafkaAdminOptionsPtr options_;
};

/// All settings of a topic or of a broker by their names, defaults included; without those that the
/// broker keeps to itself, such as passwords. `name` is the topic's, or the broker's id.
Result<std::map<std::string, std::string>> ReadKafkaSettings(KafkaClient& client,
                                                             rd_kafka_ResourceType_t type,
                                                             const std::string& name);

}  // namespace tillstream
