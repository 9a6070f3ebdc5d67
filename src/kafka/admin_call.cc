#include "kafka/admin_call.h"

#include <array>

namespace tillstream {
namespace {

using ConfigResourcePtr =
    std::unique_ptr<rd_kafka_ConfigResource_t, KafkaDestroy<rd_kafka_ConfigResource_destroy>>;

}  // namespace

AdminCall::AdminCall(KafkaClient& client, rd_kafka_admin_op_t operation)
    : client_(client),
      queue_(rd_kafka_queue_new(client.handle())),
      options_(rd_kafka_AdminOptions_new(client.handle(), operation)) {
  std::array<char, 128> text{};
  rd_kafka_AdminOptions_set_request_timeout(options_.get(), client.deadline_ms(), text.data(),
                                            text.size());
}

void AdminCall::WaitForOperation() {
  std::array<char, 128> text{};
  rd_kafka_AdminOptions_set_operation_timeout(options_.get(), client_.deadline_ms(), text.data(),
                                              text.size());
}

Result<KafkaEventPtr> AdminCall::Wait(const KafkaContext& context) {
  constexpr int kNoLimit = -1;  // The request has its own.
  KafkaEventPtr event(rd_kafka_queue_poll(queue_.get(), kNoLimit));
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return client_.Failure(code, context);
  return event;
}

Result<std::map<std::string, std::string>> ReadKafkaSettings(KafkaClient& client,
                                                             rd_kafka_ResourceType_t type,
                                                             const std::string& name) {
  const bool is_broker = type == RD_KAFKA_RESOURCE_BROKER;
  const std::string topic = fmt::format("topic \"{}\"", name);
  const KafkaContext context = {
      .where = is_broker ? "broker " + name : topic,
      .right = "DescribeConfigs on " + (is_broker ? std::string("the cluster") : topic)};
  ConfigResourcePtr resource(rd_kafka_ConfigResource_new(type, name.c_str()));
  AdminCall call(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_DescribeConfigs(client.handle(), &resources, 1, call.options(), call.queue());
  TILLSTREAM_ASSIGN(const KafkaEventPtr event, call.Wait(context));
  size_t count = 0;
  const auto* const results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  const auto code = rd_kafka_ConfigResource_error(results[0]);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaError(code, context);
  std::map<std::string, std::string> settings;
  const auto* const entries = rd_kafka_ConfigResource_configs(results[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) settings[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return settings;
}

}  // namespace tillstream
