#include "ready_payloads.h"

#include "replay/day_encoder.h"

namespace tillstream::bench {
namespace {

constexpr SchemaId kSalesSchema(1);
constexpr SchemaId kTotalsSchema(2);

}  // namespace

void ReadyDay::Append(std::string_view key, std::string_view value) {
  messages_.push_back({static_cast<uint32_t>(bytes_.size()), static_cast<uint16_t>(key.size()),
                       static_cast<uint16_t>(value.size())});
  bytes_ += key;
  bytes_ += value;
}

std::vector<ReadyDay> MakeReadyDays(const StoreTable& table, const Calendar& calendar, Day to) {
  DayEncoder encoder(table, calendar, kSalesSchema, kTotalsSchema);
  const auto row_count = static_cast<int32_t>(table.series().size());
  RecordBlock block;
  std::vector<ReadyDay> days;
  for (Day day(1); day < to; ++day) {
    ReadyDay& ready = days.emplace_back();
    encoder.SelectDay(day);
    for (int32_t row = 0; row < row_count;) {
      row = encoder.EncodeRows(row, &block);
      ready.set_time_ms(block.timestamp().value());
      block.ForEach([&](const RecordView& record) {
        ready.Append(record.key, record.value);
        return true;
      });
    }
  }
  return days;
}

}  // namespace tillstream::bench
