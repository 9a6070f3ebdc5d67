#include "consume/count_sink.h"

namespace tillstream {

Status CountSink::Put(const TopicPartition& /*partition*/, const RecordView& /*record*/,
                      const Event& event) {
  if (const auto* sale = std::get_if<SalesRecord>(&event)) {
    ++counts_.events;
    counts_.units += sale->sold;
    counts_.zero_events += sale->sold == 0 ? 1 : 0;
    counts_.day_sum += sale->day.value();
    counts_.text_bytes +=
        static_cast<int64_t>(sale->item_id.size() + sale->dept_id.size() + sale->cat_id.size() +
                             sale->store_id.size() + sale->state_id.size());
    const std::optional<Cents> cents = sale->sell_price ? CentsOf(*sale->sell_price) : std::nullopt;
    counts_.unpriced_events += cents ? 0 : 1;
    counts_.revenue_cents += cents ? *cents * sale->sold : 0;
  } else if (const auto* total = std::get_if<StoreDay>(&event)) {
    ++counts_.totals;
    counts_.total_units += total->units;
  } else {
    ++counts_.other;
  }
  return Ok();
}

}  // namespace tillstream
