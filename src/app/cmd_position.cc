#include "app/command.h"
#include "app/opened_log.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"

namespace tillstream {
namespace {

class PositionShowCommand final : public Command {
 public:
  const char* name() const override { return "position show"; }
  const char* summary() const override { return "Where each generator goes on"; }
  void Declare(Arguments& arguments) override {
    DeclareLogOrKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    TILLSTREAM_TRY(RequireLog(context, log_));
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    TILLSTREAM_ASSIGN(const RunIdentity identity, RequireRun(context, opened, log_.topic));
    Table table({"store", "partition", "position", "totals", "next day", "date", "days in data"});
    Json list = Json::array();
    for (const auto& [id, store] : identity.stores) {
      TILLSTREAM_ASSIGN(const StreamPosition position,
                        PositionOf(context, opened, log_.topic, store.partition));
      const int64_t days = store.series_count == 0 ? 0 : position.events / store.series_count;
      const int64_t next = identity.from.value() + days;
      const std::string date = FormatDate(identity.first_date + std::chrono::days(next - 1));
      table.Add({id, std::to_string(store.partition.value()), WithThousands(position.events),
                 WithThousands(position.totals), fmt::format("d_{}", next), date,
                 WithThousands(static_cast<int64_t>(store.day_hashes.size()))});
      list.push_back({{"store", id},
                      {"partition", store.partition.value()},
                      {"position", position.events},
                      {"totals", position.totals},
                      {"next_day", next},
                      {"date", date},
                      {"days_in_data", store.day_hashes.size()}});
    }
    TILLSTREAM_TRY(
        context.out.Write(context.common.json ? DumpJson(list) + "\n" : table.ToString()));
    return static_cast<int>(kExitDone);
  }

 private:
  LogOptions log_;
};

}  // namespace

std::unique_ptr<Command> MakePositionShowCommand() {
  return std::make_unique<PositionShowCommand>();
}

}  // namespace tillstream
