#include "app/command.h"
#include "app/log_options.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "model/names.h"
#include "replay/run_identity.h"

namespace tillstream {
namespace {

class PositionShowCommand final : public Command {
 public:
  const char* name() const override { return "position show"; }
  const char* summary() const override { return "Where each generator goes on"; }
  void Declare(Arguments& arguments) override {
    DeclareLog(arguments, &log_);
    DeclareTopic(arguments, &log_);
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(RequireLog(context, log_));
    RunManifest manifest(context.files, context.clock, log_.directory, log_.topic);
    TILLSTREAM_ASSIGN(const std::optional<RunIdentity> identity, manifest.Load());
    if (!identity) {
      return MakeError(ErrorCode::kNotFound,
                       "log {}: no run of topic {}; tillstream replay begins one", log_.directory,
                       Quote(log_.topic));
    }
    const std::unique_ptr<SegmentLog> log = OpenLog(context, log_);
    Table table({"store", "partition", "position", "totals", "next day", "date", "days in data"});
    Json list = Json::array();
    for (const auto& [id, store] : identity->stores) {
      TILLSTREAM_ASSIGN(const int64_t position, EndOf(*log, {log_.topic, store.partition}));
      TILLSTREAM_ASSIGN(const int64_t totals,
                        EndOf(*log, {TotalsTopic(log_.topic), store.partition}));
      const int64_t days = store.series_count == 0 ? 0 : position / store.series_count;
      const int64_t next = identity->from.value() + days;
      const std::string date = FormatDate(identity->first_date + std::chrono::days(next - 1));
      table.Add({id, std::to_string(store.partition.value()), WithThousands(position),
                 WithThousands(totals), fmt::format("d_{}", next), date,
                 WithThousands(static_cast<int64_t>(store.day_hashes.size()))});
      list.push_back({{"store", id},
                      {"partition", store.partition.value()},
                      {"position", position},
                      {"totals", totals},
                      {"next_day", next},
                      {"date", date},
                      {"days_in_data", store.day_hashes.size()}});
    }
    TILLSTREAM_TRY(
        context.out.Write(context.common.json ? DumpJson(list) + "\n" : table.ToString()));
    return static_cast<int>(kExitDone);
  }

 private:
  static Result<int64_t> EndOf(SegmentLog& log, const TopicPartition& partition) {
    Result<std::unique_ptr<LogReader>> reader = log.OpenReader(partition);
    if (!reader && reader.error().code == ErrorCode::kNotFound) return int64_t{0};
    if (!reader) return reader.error();
    TILLSTREAM_ASSIGN(const Offset end, (*reader)->End());
    return end.value();
  }

  LogOptions log_;
};

}  // namespace

std::unique_ptr<Command> MakePositionShowCommand() {
  return std::make_unique<PositionShowCommand>();
}

}  // namespace tillstream
