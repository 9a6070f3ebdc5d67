#include "app/run_verify.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "app/moved_dates.h"
#include "app/plan_options.h"
#include "app/run_replay.h"
#include "app/table.h"
#include "base/json.h"
#include "base/text.h"
#include "consume/verifier.h"
#include "replay/partition_plan.h"
#include "replay/run_identity.h"

namespace tillstream {
namespace {

using StoreResult = Result<StoreVerification>;

/// Where the store's events are, and whose else there.
void PlaceOf(const RunIdentity& identity, const std::string& store_id, VerifyOptions* options) {
  options->partition = identity.stores.at(store_id).partition;
  options->events = EventPartitionsOf(identity, options->topic, store_id);
  std::vector<std::string> beside = StoresBeside(identity, store_id);
  options->counts_strangers = beside.front() == store_id;
  std::erase(beside, store_id);
  options->beside = std::move(beside);
}

/// Verifies all stores on a pool of threads. After an error none is begun any more; those before it
/// in the list have results of their own.
std::vector<StoreResult> VerifyAll(Context& context, EventLog& log, SchemaRegistry& registry,
                                   const Dataset& dataset, const RunIdentity& identity,
                                   const VerifyOptions& options) {
  std::vector<StoreResult> results(dataset.stores.size(), StoreResult(Error{}));
  std::atomic<size_t> next{0};
  std::atomic<bool> has_failed{false};
  const auto work = [&] {
    while (!has_failed) {
      const size_t i = next++;
      if (i >= dataset.stores.size()) return;
      const StoreTable& table = *dataset.stores[i];
      VerifyOptions of_store = options;
      PlaceOf(identity, table.store_id(), &of_store);
      results[i] = VerifyStore(log, registry, table, *dataset.calendar, of_store, context.stop);
      if (!results[i]) has_failed = true;
    }
  };
  std::vector<std::thread> threads;
  const int32_t count = std::min(ThreadCount(context), static_cast<int32_t>(dataset.stores.size()));
  for (int32_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return results;
}

/// A stream that does not reach `from` was not compared, and does not stand there.
Status FindWhereItStands(Context& context, OpenedLog& opened, const RunIdentity& identity,
                         const VerifyOptions& options, StoreVerification* store) {
  if (options.from == options.stream_from || store->next_day != options.from) return Ok();
  TILLSTREAM_ASSIGN(const StreamPosition position,
                    PositionOf(context, opened, options.topic, identity, store->store_id));
  const Day day = identity.from + static_cast<int32_t>(position.days);
  if (day >= options.from) return Ok();
  store->next_day = day;
  context.console.Warning(
      fmt::format("--from: d_{} lies after d_{}, where store {} stands; "
                  "nothing of it was compared",
                  options.from.value(), day.value(), store->store_id));
  return Ok();
}

Status PrintTable(Context& context, const RunIdentity& identity, const std::string& topic,
                  const std::vector<StoreVerification>& stores, const Calendar& calendar) {
  Table table({"store", "partition", "events", "equal", "different", "missing", "repeated",
               "foreign", "totals", "equal", "wrong", "stands at"});
  for (const StoreVerification& s : stores) {
    std::string place = "the end";
    if (!s.complete) {
      place =
          fmt::format("d_{} ({})", s.next_day.value(), FormatDate(calendar.at(s.next_day).date));
    }
    table.Add({s.store_id, PlaceText(identity, topic, s.store_id), WithThousands(s.events_expected),
               WithThousands(s.events_equal), WithThousands(s.events_different),
               WithThousands(s.events_missing), WithThousands(s.events_repeated),
               WithThousands(s.events_foreign), WithThousands(s.totals_expected),
               WithThousands(s.totals_equal), WithThousands(s.totals_wrong), place});
  }
  TILLSTREAM_TRY(context.out.Write(table.ToString()));
  for (const StoreVerification& s : stores) {
    for (const std::string& difference : s.differences) {
      TILLSTREAM_TRY(context.out.Write(difference + "\n"));
    }
  }
  return context.out.Flush();
}

Status PrintJson(Context& context, const std::vector<StoreVerification>& stores) {
  Json list = Json::array();
  for (const StoreVerification& s : stores) {
    list.push_back({{"store", s.store_id},
                    {"partition", s.partition.value()},
                    {"events_expected", s.events_expected},
                    {"events_equal", s.events_equal},
                    {"events_different", s.events_different},
                    {"events_missing", s.events_missing},
                    {"events_repeated", s.events_repeated},
                    {"events_foreign", s.events_foreign},
                    {"totals_expected", s.totals_expected},
                    {"totals_equal", s.totals_equal},
                    {"totals_wrong", s.totals_wrong},
                    {"next_day", s.next_day.value()},
                    {"complete", s.complete},
                    {"differences", s.differences}});
  }
  TILLSTREAM_TRY(context.out.Write(DumpJson(list) + "\n"));
  return context.out.Flush();
}

}  // namespace

Result<int> RunVerify(Context& context, const VerifyRequest& request) {
  TILLSTREAM_TRY(CheckTopic(request.log));
  TILLSTREAM_TRY(CheckDay("--from", request.from));
  TILLSTREAM_TRY(CheckDay("--to", request.to));
  TILLSTREAM_TRY(RequireLog(context, request.log));
  TILLSTREAM_ASSIGN(OpenedLog opened, OpenEventLog(context, request.log));
  TILLSTREAM_ASSIGN(const RunIdentity identity, RequireRun(context, opened, request.log.topic));
  TILLSTREAM_ASSIGN(Dataset dataset, LoadDatasetFor(context, request.data, request.stores));
  for (const auto& table : dataset.stores) {
    if (identity.stores.contains(table->store_id())) continue;
    return MakeError(ErrorCode::kRefused, "run: store {} is not in the run", table->store_id());
  }
  const std::shared_ptr<const Calendar> calendar = dataset.calendar;
  const Day last(dataset.day_count);
  VerifyOptions options;
  options.topic = request.log.topic;
  options.stream_from = identity.from;
  TILLSTREAM_ASSIGN(options.from,
                    ResolveDay("--from", request.from, *calendar, last, identity.from));
  TILLSTREAM_ASSIGN(options.to, ResolveDay("--to", request.to, *calendar, last + 1, last + 1));
  options.from = std::max(options.from, options.stream_from);
  if (options.from > last) {
    return MakeError(ErrorCode::kRefused, "run: begins at d_{}, the data ends at d_{}",
                     options.from.value(), last.value());
  }
  if (options.to < options.from) return MakeError(ErrorCode::kUsage, "--to: lies before --from");
  MoveDates(identity, &dataset);

  TILLSTREAM_ASSIGN(
      const OpenedRegistry registry,
      OpenRegistryOfRun(context, request.registry, NamedRun{request.log.topic, identity}, opened));
  const auto begin = context.clock.Monotonic();
  std::vector<StoreVerification> stores;
  for (StoreResult& result :
       VerifyAll(context, *opened.log, *registry.registry, dataset, identity, options)) {
    if (!result) return result.error();
    stores.push_back(*std::move(result));
    TILLSTREAM_TRY(FindWhereItStands(context, opened, identity, options, &stores.back()));
  }
  TILLSTREAM_TRY(context.common.json
                     ? PrintJson(context, stores)
                     : PrintTable(context, identity, request.log.topic, stores, *dataset.calendar));
  if (context.stop.stop_requested()) {
    context.console.Warning("stopped before the end; what is shown is what was compared so far");
    return static_cast<int>(kExitDone);
  }
  int64_t events = 0;
  for (const StoreVerification& s : stores) events += s.events_equal;
  const bool clean = std::all_of(stores.begin(), stores.end(),
                                 [](const StoreVerification& s) { return s.clean(); });
  const auto slowest = std::min_element(stores.begin(), stores.end(),
                                        [](const StoreVerification& a, const StoreVerification& b) {
                                          return a.next_day < b.next_day;
                                        });
  const bool complete = std::all_of(stores.begin(), stores.end(),
                                    [](const StoreVerification& s) { return s.complete; });
  const std::string place =
      complete ? "complete" : fmt::format("stands at d_{}", slowest->next_day.value());
  context.console.Info(
      fmt::format("{}: {} events equal, {}, {} in {:.1f} s", request.log.topic,
                  WithThousands(events), clean ? "no difference" : "differences found", place,
                  static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9));
  if (!clean || (request.complete && !complete)) return static_cast<int>(kExitFailed);
  return static_cast<int>(kExitDone);
}

}  // namespace tillstream
