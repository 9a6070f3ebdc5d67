#include "replay/run_streams.h"

#include <algorithm>

#include "base/text.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

std::shared_ptr<const StoreTable> TableOf(const Dataset& dataset, const std::string& store_id) {
  const auto at = std::find_if(dataset.stores.begin(), dataset.stores.end(),
                               [&](const auto& table) { return table->store_id() == store_id; });
  return at == dataset.stores.end() ? nullptr : *at;
}

RunStream StreamOf(const RunIdentity& identity, const std::string& topic, const std::string& id) {
  const StoreIdentity& store = identity.stores.at(id);
  RunStream stream;
  stream.name = id;
  stream.stores = {id};
  stream.partition = store.partition;
  stream.source.sales_schema = identity.sales_schema;
  stream.source.totals_schema = identity.totals_schema;
  stream.spec = SpecOfStore(identity, topic, id);
  stream.source.partition_count = static_cast<int32_t>(stream.spec.events.size());
  return stream;
}

}  // namespace

WriterSpec SpecOfStore(const RunIdentity& identity, const std::string& topic,
                       const std::string& store_id) {
  const StoreIdentity& store = identity.stores.at(store_id);
  WriterSpec spec;
  spec.events = EventPartitionsOf(identity, topic, store_id);
  spec.round = store.round;
  spec.totals = TotalsPartitionOf(identity, topic, store_id);
  spec.stream = store_id;
  spec.run = topic;
  spec.number = store.number;
  spec.identity = StreamIdentity(identity, store_id);
  return spec;
}

Result<std::vector<RunStream>> StreamsOf(const Dataset& dataset, const RunIdentity& identity,
                                         const std::string& topic, bool has_shared_partitions) {
  std::vector<RunStream> streams;
  for (const auto& table : dataset.stores) {
    const std::string& id = table->store_id();
    RunStream stream = StreamOf(identity, topic, id);
    stream.source.calendar = dataset.calendar;
    const std::vector<std::string> beside =
        identity.plan == kPlanSize ? StoresBeside(identity, id) : stream.stores;
    if (has_shared_partitions) {
      stream.spec.is_shared = beside.size() > 1;
    } else {
      const bool is_written_by_another = beside.front() != id && TableOf(dataset, beside.front());
      if (is_written_by_another) continue;
      stream.name = fmt::format("{}", fmt::join(beside, "+"));
      stream.stores = beside;
    }
    for (const std::string& store : stream.stores) {
      stream.source.tables.push_back(TableOf(dataset, store));
      if (stream.source.tables.back() != nullptr) continue;
      return MakeError(ErrorCode::kUsage,
                       "--store: partition {} has the events of {}, in one order; give all of "
                       "them, or none",
                       stream.partition.value(), fmt::join(stream.stores, ", "));
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

}  // namespace tillstream
