#include "app/plan_loads.h"

#include <algorithm>
#include <map>

#include "dataset/row_dealing.h"
#include "replay/partition_plan.h"
#include "replay/run_streams.h"

namespace tillstream {
namespace {

/// Adds what a store's stream gives to its partitions.
void AddStream(const RunStream& stream, Day from, std::map<TopicPartition, PartitionLoad>* loads) {
  StreamEncoder encoder(stream.source);
  const StoreTable& table = *stream.source.tables.front();
  const auto rows = DealRows(table, stream.source.partition_count);
  std::vector<PartitionLoad*> targets;
  for (const TopicPartition& partition : stream.spec.events) {
    targets.push_back(&(*loads)[partition]);
    targets.back()->stores.push_back(stream.name);
  }
  RecordBlock block;
  DaySlice slice;
  for (Day day = from; day.value() <= table.day_count(); ++day) {
    encoder.SelectDay(day);
    for (const StreamEncoder::Section& section : encoder.sections()) {
      PartitionLoad& load = *targets[section.partition];
      for (int64_t index = section.begin; index < section.end;) {
        index = encoder.Encode(section, index, &block);
        load.events += block.record_count();
        load.bytes += static_cast<int64_t>(block.size_bytes());
      }
    }
    table.CopyDay(day, &slice);
    for (size_t p = 0; p < rows.size(); ++p) {
      for (const int32_t row : rows[p]) targets[p]->units += slice.units[static_cast<size_t>(row)];
    }
  }
}

}  // namespace

Result<std::vector<PartitionLoad>> LoadsOf(const Dataset& dataset, const RunIdentity& identity,
                                           const std::string& topic) {
  std::map<TopicPartition, PartitionLoad> loads;
  std::vector<TopicInfo> topics = TopicsOf(identity, topic);
  topics.pop_back();  // The totals'.
  for (const TopicInfo& info : topics) {
    for (PartitionId p; p.value() < info.partition_count; ++p) loads[{info.name, p}];
  }
  TILLSTREAM_ASSIGN(const auto streams,
                    StreamsOf(dataset, identity, topic, /*has_shared_partitions=*/true));
  for (const RunStream& stream : streams) AddStream(stream, identity.from, &loads);
  std::vector<PartitionLoad> list;
  for (auto& [partition, load] : loads) {
    load.partition = partition;
    load.size_class = ClassOf(identity, partition.partition);
    list.push_back(std::move(load));
  }
  return list;
}

double ImbalanceOf(const std::vector<PartitionLoad>& loads, int64_t PartitionLoad::* number) {
  int64_t sum = 0;
  int64_t largest = 0;
  for (const PartitionLoad& load : loads) {
    sum += load.*number;
    largest = std::max(largest, load.*number);
  }
  if (sum == 0) return 0;
  return static_cast<double>(largest) * static_cast<double>(loads.size()) /
         static_cast<double>(sum);
}

}  // namespace tillstream
