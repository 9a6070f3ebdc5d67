#include "kafka/reader_clients.h"

#include <utility>

namespace tillstream {
namespace {

const KafkaProperties& Fixed() {
  static const KafkaProperties fixed = {
      {"isolation.level", "read_committed"}, {"enable.partition.eof", "true"},
      {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"},
      {"auto.commit.enable", "false"},       {"auto.offset.reset", "error"},
  };
  return fixed;
}

}  // namespace

bool SharedClient::TryClaim(const TopicPartition& partition) {
  MutexLock lock(mutex_);
  return claimed_.insert(partition).second;
}

void SharedClient::Release(const TopicPartition& partition) {
  MutexLock lock(mutex_);
  claimed_.erase(partition);
}

Result<std::shared_ptr<SharedClient>> ReaderClients::Claim(const TopicPartition& partition) {
  MutexLock lock(mutex_);
  std::erase_if(clients_, [](const auto& client) { return client.expired(); });
  for (const auto& weak : clients_) {
    std::shared_ptr<SharedClient> client = weak.lock();
    if (client && client->TryClaim(partition)) return client;
  }
  TILLSTREAM_ASSIGN(auto opened, KafkaClient::Open(config_, KafkaRole::kReader, Fixed()));
  auto client = std::make_shared<SharedClient>(std::move(opened));
  client->TryClaim(partition);
  clients_.push_back(client);
  return client;
}

}  // namespace tillstream
