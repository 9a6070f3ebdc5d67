#include "replay/stream_encoder.h"

#include "base/check.h"
#include "dataset/row_dealing.h"

namespace tillstream {

StreamEncoder::StreamEncoder(const StreamSource& source)
    : source_(source), round_(static_cast<size_t>(source.partition_count)) {
  TILLSTREAM_CHECK(source_.tables.size() == 1 || source_.partition_count == 1);
  for (size_t t = 0; t < source_.tables.size(); ++t) {
    const StoreTable& table = *source_.tables[t];
    std::vector<int32_t> order;
    size_t partition = 0;
    for (const std::vector<int32_t>& rows : DealRows(table, source_.partition_count)) {
      Section section;
      section.table = t;
      section.partition = partition;
      section.first_place = static_cast<int32_t>(order.size());
      section.begin = round_[partition];
      section.end = section.begin + static_cast<int64_t>(rows.size());
      round_[partition] = section.end;
      if (!rows.empty()) sections_.push_back(section);
      order.insert(order.end(), rows.begin(), rows.end());
      ++partition;
    }
    sections_.back().ends_table = true;
    events_a_day_ += static_cast<int64_t>(order.size());
    encoders_.push_back(std::make_unique<DayEncoder>(table, *source_.calendar, source_.sales_schema,
                                                     source_.totals_schema, order));
  }
}

void StreamEncoder::SelectDay(Day day) {
  for (const auto& encoder : encoders_) encoder->SelectDay(day);
}

int64_t StreamEncoder::Encode(const Section& section, int64_t index, RecordBlock* block) const {
  // A section's places follow each other as its events do.
  const int64_t shift = section.first_place - section.begin;
  const int32_t end = encoders_[section.table]->EncodeRows(
      static_cast<int32_t>(index + shift), static_cast<int32_t>(section.end + shift), block);
  return end - shift;
}

void StreamEncoder::EncodeAt(size_t partition, int64_t index, RecordBlock* block) const {
  for (const Section& section : sections_) {
    if (section.partition != partition || index < section.begin || index >= section.end) continue;
    Encode(section, index, block);
    return;
  }
  TILLSTREAM_CHECK_MSG(false, "an index within the day");
}

}  // namespace tillstream
