#include <algorithm>

#include "app/command.h"
#include "app/kafka_options.h"
#include "app/opened_log.h"
#include "app/run_replay.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "replay/partition_plan.h"
#include "replay/run_streams.h"

namespace tillstream {
namespace {

/// A store's move, made or to be made.
struct Move {
  std::string id;
  int64_t series_count = 0;
  int64_t from = 0;  ///< Position, in events.
  Day to;            ///< The day that the generator goes on with.
  StreamPosition target;
  bool is_needed() const { return from != target.events; }
  int64_t doubled() const { return std::max<int64_t>(from - target.events, 0); }
  int64_t left_out() const { return std::max<int64_t>(target.events - from, 0); }
};

/// What `position set` and `position reset` have in common.
class PositionMoveCommand : public Command {
 public:
  void Declare(Arguments& arguments) override {
    DeclareLogOrKafka(arguments, &log_);
    DeclareTopic(arguments, &log_);
    arguments.List("--store", "ID", &stores_, "Only this store; repeatable");
    arguments.Flag("--execute", &execute_, "Move them");
  }
  Result<int> Run(Context& context) override {
    TILLSTREAM_TRY(CheckTopic(log_));
    TILLSTREAM_TRY(CheckDay("--to", to_));
    TILLSTREAM_TRY(CompleteLog(&log_));
    TILLSTREAM_TRY(RequireKafkaBuild());
    if (!log_.on_kafka) {
      return MakeError(ErrorCode::kUsage,
                       "{}: log {}: the offset is the position there, so neither goes without the "
                       "other; write the days again or from elsewhere with replay --from into "
                       "another --log or --topic",
                       name(), log_.directory);
    }
    TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, log_));
    context.console.Info(fmt::format("target: {}, topic {}", opened.log->Describe(), log_.topic));
    TILLSTREAM_ASSIGN(const RunIdentity identity, RequireRun(context, opened, log_.topic));
    TILLSTREAM_ASSIGN(std::vector<Move> moves, PlanMoves(context, opened, identity));
    const Status moved = execute_ ? Execute(context, opened, identity, &moves) : Ok();
    TILLSTREAM_TRY(Print(context, identity, moves));
    TILLSTREAM_TRY(moved);
    SayResult(context, moves);
    return static_cast<int>(kExitDone);
  }

 protected:
  std::string to_;  ///< Empty: the day that the run begins with.

 private:
  /// The stores asked for. All of them are looked at before one is moved.
  Result<std::vector<Move>> PlanMoves(Context& context, OpenedLog& opened,
                                      const RunIdentity& identity) const {
    std::vector<std::string> ids;
    for (const auto& [id, unused] : identity.stores) ids.push_back(id);
    for (const std::string& id : stores_) {
      if (identity.stores.contains(id)) continue;
      const std::string nearest = Nearest(id, ids);
      return MakeError(ErrorCode::kUsage, "--store: {} is not in the run{}", Quote(id),
                       nearest.empty() ? "" : "; did you mean " + nearest);
    }
    std::vector<Move> moves;
    for (const std::string& id : ids) {
      if (!stores_.empty() && std::find(stores_.begin(), stores_.end(), id) == stores_.end()) {
        continue;
      }
      TILLSTREAM_ASSIGN(Move move, PlanMove(context, opened, identity, id));
      moves.push_back(std::move(move));
    }
    return moves;
  }

  Result<Move> PlanMove(Context& context, OpenedLog& opened, const RunIdentity& identity,
                        const std::string& id) const {
    const StoreIdentity& store = identity.stores.at(id);
    if (store.series_count == 0) {
      return MakeError(ErrorCode::kRefused,
                       "run: store {}: no generator has begun it, so there is no position to move; "
                       "name the others with --store",
                       id);
    }
    Move move;
    move.id = id;
    move.series_count = store.series_count;
    move.to = identity.from;
    if (!to_.empty()) {
      // The day behind the last one: nothing is left to write.
      const Day last(static_cast<int32_t>(store.day_hashes.size()) + 1);
      const auto day = ResolveDay("--to", to_, identity.first_date, identity.from, last);
      if (!day) return WithDatesOfRun(identity, day.error());
      move.to = *day;
    }
    TILLSTREAM_ASSIGN(const StreamPosition position,
                      PositionOf(context, opened, log_.topic, identity, id));
    if (!position.is_kept && position.events > 0) {
      return MakeError(ErrorCode::kRefused,
                       "store {}: its stream is at least once (--positions), whose records are "
                       "numbered without a gap; to write it again, stop its generator and delete "
                       "its topics and znodes",
                       id);
    }
    const int64_t days = move.to - identity.from;
    move.from = position.events;
    move.target = {.events = days * store.series_count, .totals = days};
    return move;
  }

  /// Dates of a run that is moved are easily taken for those of the data.
  static Error WithDatesOfRun(const RunIdentity& identity, Error error) {
    if (identity.rebase && WeeksOf(identity.rebase).count() != 0) {
      error.message +=
          fmt::format("; the dates are the dataset's, and d_{} of the events is {}",
                      identity.from.value(), FormatDate(EventDateOf(identity, identity.from)));
    }
    return error;
  }

  Status Execute(Context& context, OpenedLog& opened, const RunIdentity& identity,
                 std::vector<Move>* moves) const {
    for (Move& move : *moves) {
      if (!move.is_needed()) continue;
      WriterSpec spec = SpecOfStore(identity, log_.topic, move.id);
      // Only where a partition has one stream and a stream one partition is its end compared.
      spec.is_shared = identity.plan != kPlanStore;
      spec.holder = fmt::format("{} by {}", name(), context.holder);
      // A generator may have gone on since it was looked at.
      TILLSTREAM_ASSIGN(move.from, MoveOnKafka(opened, spec, move.target));
      context.console.Debug(fmt::format("moved: {} position {}", move.id, move.target.events));
    }
    return Ok();
  }

  static std::string DayText(const RunIdentity& identity, Day day) {
    return fmt::format("d_{} {}", day.value(), FormatDate(EventDateOf(identity, day)));
  }

  static Day DayOf(const RunIdentity& identity, const Move& move) {
    return identity.from + static_cast<int32_t>(move.from / move.series_count);
  }

  Status Print(Context& context, const RunIdentity& identity,
               const std::vector<Move>& moves) const {
    Table table({"store", "from", "position", "to", "position", "events"});
    Json list = Json::array();
    for (const Move& move : moves) {
      const Day from = DayOf(identity, move);
      std::string effect = "stays";
      if (move.doubled() > 0) effect = WithThousands(move.doubled()) + " doubled";
      if (move.left_out() > 0) effect = WithThousands(move.left_out()) + " left out";
      table.Add({move.id, DayText(identity, from), WithThousands(move.from),
                 DayText(identity, move.to), WithThousands(move.target.events), effect});
      list.push_back({{"store", move.id},
                      {"from_day", from.value()},
                      {"from_position", move.from},
                      {"to_day", move.to.value()},
                      {"to_position", move.target.events},
                      {"events_doubled", move.doubled()},
                      {"events_left_out", move.left_out()}});
    }
    return context.out.Write(context.common.json ? DumpJson(list) + "\n" : table.ToString());
  }

  void SayResult(Context& context, const std::vector<Move>& moves) const {
    int64_t count = 0;
    int64_t doubled = 0;
    int64_t left_out = 0;
    for (const Move& move : moves) {
      count += move.is_needed() ? 1 : 0;
      doubled += move.doubled();
      left_out += move.left_out();
    }
    if (count == 0) return context.console.Info("nothing to move: all stores stand there");
    if (doubled > 0) {
      context.console.Warning(
          fmt::format("{} events will be there twice, and verify says so", WithThousands(doubled)));
    }
    if (left_out > 0) {
      context.console.Warning(
          fmt::format("{} events will be missing, and verify says so", WithThousands(left_out)));
    }
    context.console.Info(
        execute_ ? fmt::format("{} stores moved; replay goes on from there", count)
                 : fmt::format(
                       "dry run: {} stores would be moved, and generators that run be ended with "
                       "exit code 7; --execute does it",
                       count));
  }

  LogOptions log_;
  std::vector<std::string> stores_;
  bool execute_ = false;
};

class PositionSetCommand final : public PositionMoveCommand {
 public:
  const char* name() const override { return "position set"; }
  const char* summary() const override {
    return "Move generators on Kafka back or forward, to the begin of a day";
  }
  const char* footer() const override {
    return "A dry run unless --execute. Back: replay writes the events from there on again, so "
           "they\n"
           "are doubled. Forward: what lies between is left out. Dates are the dataset's. A\n"
           "generator that runs is ended by it, with exit code 7.\n"
           "Example: tillstream position set -b localhost:9092 --store CA_1 --to d_365 --execute\n";
  }
  void Declare(Arguments& arguments) override {
    arguments.Text("--to", "DAY", &to_, "Day to go on with, d_N or a date");
    arguments.Required();
    PositionMoveCommand::Declare(arguments);
  }
};

class PositionResetCommand final : public PositionMoveCommand {
 public:
  const char* name() const override { return "position reset"; }
  const char* summary() const override {
    return "Move generators on Kafka back to the first day of the run";
  }
  const char* footer() const override {
    return "A dry run unless --execute. replay writes everything again, so it is doubled; to have "
           "it\n"
           "once, delete the topics instead.\n"
           "Example: tillstream position reset -b localhost:9092 --execute\n";
  }
};

}  // namespace

std::unique_ptr<Command> MakePositionSetCommand() { return std::make_unique<PositionSetCommand>(); }

std::unique_ptr<Command> MakePositionResetCommand() {
  return std::make_unique<PositionResetCommand>();
}

}  // namespace tillstream
