#include "app/command.h"
#include "app/opened_log.h"
#include "app/plan_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "replay/partition_plan.h"

namespace tillstream {
namespace {

/// A store's line.
struct StoreRow {
  std::string id;
  const StoreIdentity* store = nullptr;
  std::string place;  ///< PlaceText().
  StreamPosition position;
  int64_t next_day = 0;
  std::string date;
  /// Of a group's reader: events that it has read; none where that is not known.
  std::optional<int64_t> events_read;
};

class PositionShowCommand final : public Command {
 public:
  const char* name() const override { return "position show"; }
  const char* summary() const override {
    return "Where each generator goes on, and how far behind it a group reads";
  }
  void Declare(Arguments& arguments) override {
    DeclareLogOrKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
    arguments.Text("-g,--group", "GROUP", &group_,
                   "How far this group of consumers is, in events: consume -g");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    TILLSTREAM_TRY(RequireLog(context, log_));
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    TILLSTREAM_ASSIGN(const RunIdentity identity, RequireRun(context, opened, log_.topic));
    std::unique_ptr<ReaderGroup> group;
    if (!group_.empty()) {
      TILLSTREAM_ASSIGN(group, LookAtGroup(context, opened, group_, EventTopics(identity)));
    }
    std::vector<StoreRow> rows;
    for (const auto& [id, unused] : identity.stores) {
      TILLSTREAM_ASSIGN(StoreRow row, RowOf(context, opened, identity, id));
      if (group != nullptr) {
        TILLSTREAM_ASSIGN(row.events_read, EventsRead(*group, identity, id));
      }
      rows.push_back(std::move(row));
    }
    TILLSTREAM_TRY(
        context.out.Write(context.common.json ? DumpJson(JsonOf(rows)) + "\n" : TableOf(rows)));
    return static_cast<int>(kExitDone);
  }

 private:
  std::vector<std::string> EventTopics(const RunIdentity& identity) const {
    std::vector<std::string> names;
    for (const TopicInfo& topic : TopicsOf(identity, log_.topic)) names.push_back(topic.name);
    names.pop_back();  // The totals'.
    return names;
  }

  /// None where the group's positions do not say it: other stores' events are among them, too.
  Result<std::optional<int64_t>> EventsRead(ReaderGroup& group, const RunIdentity& identity,
                                            const std::string& id) const {
    if (StoresBeside(identity, id).size() > 1) return std::optional<int64_t>();
    int64_t sum = 0;
    for (const TopicPartition& partition : EventPartitionsOf(identity, log_.topic, id)) {
      TILLSTREAM_ASSIGN(const auto found, group.Find(partition));
      if (!found) continue;
      if (!found->records_before) return std::optional<int64_t>();
      sum += *found->records_before;
    }
    return std::optional(sum);
  }

  Result<StoreRow> RowOf(Context& context, OpenedLog& opened, const RunIdentity& identity,
                         const std::string& id) const {
    StoreRow row;
    row.id = id;
    row.store = &identity.stores.at(id);
    row.place = PlaceText(identity, log_.topic, id);
    TILLSTREAM_ASSIGN(row.position, PositionOf(context, opened, log_.topic, identity, id));
    row.next_day = identity.from.value() + row.position.days;
    row.date = FormatDate(EventDateOf(identity, Day(static_cast<int32_t>(row.next_day))));
    return row;
  }

  std::string TableOf(const std::vector<StoreRow>& rows) const {
    std::vector<std::string> columns = {"store",    "partition", "position",    "totals",
                                        "next day", "date",      "days in data"};
    if (!group_.empty()) columns.insert(columns.end(), {"read", "lag"});
    Table table(columns);
    for (const StoreRow& row : rows) {
      std::vector<std::string> cells = {
          row.id,
          row.place,
          WithThousands(row.position.events),
          WithThousands(row.position.totals),
          fmt::format("d_{}", row.next_day),
          row.date,
          WithThousands(static_cast<int64_t>(row.store->day_hashes.size()))};
      if (!group_.empty()) {
        const auto& read = row.events_read;
        cells.push_back(read ? WithThousands(*read) : "?");
        cells.push_back(read ? WithThousands(row.position.events - *read) : "?");
      }
      table.Add(cells);
    }
    return table.ToString();
  }

  Json JsonOf(const std::vector<StoreRow>& rows) const {
    Json list = Json::array();
    for (const StoreRow& row : rows) {
      Json json = {{"store", row.id},
                   {"partition", row.store->partition.value()},
                   {"place", row.place},
                   {"position", row.position.events},
                   {"totals", row.position.totals},
                   {"next_day", row.next_day},
                   {"date", row.date},
                   {"days_in_data", row.store->day_hashes.size()}};
      if (!group_.empty()) {
        json["read"] = row.events_read ? Json(*row.events_read) : Json();
        json["lag"] = row.events_read ? Json(row.position.events - *row.events_read) : Json();
      }
      list.push_back(std::move(json));
    }
    return list;
  }

  LogOptions log_;
  std::string group_;
};

}  // namespace

std::unique_ptr<Command> MakePositionShowCommand() {
  return std::make_unique<PositionShowCommand>();
}

}  // namespace tillstream
