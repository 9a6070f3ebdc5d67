#include "consume/event_format.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iterator>

#include "base/text.h"
#include "consume/value_json.h"
#include "model/date.h"

namespace tillstream {
namespace {

void AppendField(std::string_view name, std::string_view text, std::string* out) {
  out->append(1, '"').append(name).append("\":");
  AppendJsonString(text, out);
  *out += ',';
}

void AppendSales(const SalesRecord& sale, std::string* out) {
  *out += '{';
  AppendField("item_id", sale.item_id, out);
  AppendField("dept_id", sale.dept_id, out);
  AppendField("cat_id", sale.cat_id, out);
  AppendField("store_id", sale.store_id, out);
  AppendField("state_id", sale.state_id, out);
  fmt::format_to(std::back_inserter(*out),
                 "\"day\":{},\"sold\":{},\"sell_price\":", sale.day.value(), sale.sold);
  if (sale.sell_price) {
    AppendJsonFloat(*sale.sell_price, out);
  } else {
    *out += "null";
  }
  *out += '}';
}

void AppendTotal(const StoreDay& total, std::string* out) {
  *out += '{';
  AppendField("store_id", total.store_id, out);
  AppendField("state_id", total.state_id, out);
  fmt::format_to(std::back_inserter(*out),
                 "\"day\":{},\"date\":\"{}\",\"events\":{},\"units\":{},\"revenue_cents\":{},"
                 "\"unpriced_units\":{},\"revision\":{}}}",
                 total.day.value(), FormatDate(total.date), total.events, total.units,
                 total.revenue_cents, total.unpriced_units, total.revision);
}

void AppendValue(const Event& event, std::string* out) {
  if (const auto* sale = std::get_if<SalesRecord>(&event)) {
    AppendSales(*sale, out);
  } else if (const auto* total = std::get_if<StoreDay>(&event)) {
    AppendTotal(*total, out);
  } else if (const auto* other = std::get_if<OtherEvent>(&event)) {
    AppendJson(*other->schema, other->value, out);
  } else {
    *out += "null";
  }
}

/// A text for a terminal, which control characters would command.
std::string Printable(std::string_view text) {
  return IsPrintableUtf8(text) ? std::string(text) : Quote(text);
}

void AppendText(const TopicPartition& partition, const RecordView& record, const Event& event,
                std::string* out) {
  auto to = std::back_inserter(*out);
  const std::string date = FormatDate(DateOf(record.timestamp));
  if (const auto* sale = std::get_if<SalesRecord>(&event)) {
    fmt::format_to(to, "{}  d_{:<5} {:<8} {:<18} sold {:>4}  price ", date, sale->day.value(),
                   Printable(sale->store_id), Printable(sale->item_id), sale->sold);
    if (sale->sell_price) {
      fmt::format_to(to, "{:>7}", fmt::format("{}", *sale->sell_price));
    } else {
      fmt::format_to(to, "{:>7}", "-");
    }
  } else if (const auto* total = std::get_if<StoreDay>(&event)) {
    fmt::format_to(to, "{}  d_{:<5} {:<8} {} events  {} units  {}{}.{:02} revenue  {} unpriced",
                   date, total->day.value(), Printable(total->store_id), total->events,
                   total->units, total->revenue_cents < 0 ? "-" : "",
                   std::abs(total->revenue_cents / 100), std::abs(total->revenue_cents % 100),
                   total->unpriced_units);
  } else {
    fmt::format_to(to, "{}  {} offset {}  ", date, partition.ToString(), record.offset.value());
    AppendValue(event, out);
  }
}

void AppendEnvelope(const TopicPartition& partition, const RecordView& record, const Event& event,
                    std::string* out) {
  fmt::format_to(std::back_inserter(*out),
                 "{{\"topic\":\"{}\",\"partition\":{},\"offset\":{},\"tstype\":\"create\","
                 "\"ts\":{},\"broker\":-1,",
                 partition.topic, partition.partition.value(), record.offset.value(),
                 record.timestamp.value());
  if (!record.headers.empty()) {
    *out += "\"headers\":[";
    for (const HeaderView& header : record.headers) {
      AppendJsonString(header.key, out);
      *out += ',';
      AppendJsonString(header.value, out);
      *out += ',';
    }
    out->back() = ']';
    *out += ',';
  }
  *out += "\"key\":";
  if (record.has_key) {
    AppendJsonString(record.key, out);
  } else {
    *out += "null";
  }
  *out += ",\"payload\":";
  AppendValue(event, out);
  *out += '}';
}

}  // namespace

void FormatEvent(EventFormat format, const TopicPartition& partition, const RecordView& record,
                 const Event& event, std::string* out) {
  switch (format) {
    case EventFormat::kText:
      AppendText(partition, record, event, out);
      break;
    case EventFormat::kJson:
      AppendValue(event, out);
      break;
    case EventFormat::kKcat:
      AppendEnvelope(partition, record, event, out);
      break;
  }
  *out += '\n';
}

}  // namespace tillstream
