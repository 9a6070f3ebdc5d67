#include "app/moved_dates.h"

#include <algorithm>

#include "base/text.h"

namespace tillstream {
namespace {

/// The last day that has sales, whose date is what --rebase-to speaks of.
Date LastDateOf(const Dataset& dataset) {
  return dataset.calendar->at(Day(dataset.day_count)).date;
}

/// Brokers refuse events that are more than an hour ahead of their clock, in the middle of the
/// run.
Status RefuseFuture(const RebaseRequest& request, const std::optional<Rebase>& rebase, Date first,
                    Date today) {
  const auto date_of = [&](Day day) { return first + std::chrono::days(day.value() - 1); };
  const Day last = request.to - 1;
  if (request.to <= request.from || date_of(last) <= today) return Ok();
  const auto ahead = static_cast<int32_t>((date_of(last) - today).count());
  const Day end = request.to - ahead;
  const std::string found =
      rebase ? fmt::format("--rebase-to: {} puts d_{} at {}", rebase->ToString(), last.value(),
                           FormatDate(date_of(last)))
             : fmt::format("data: d_{} is at {}", last.value(), FormatDate(date_of(last)));
  return MakeError(
      ErrorCode::kUsage,
      "{}, after today ({}), and brokers refuse events of the future "
      "(message.timestamp.after.max.ms); use {}{}",
      found, FormatDate(today), rebase ? "an earlier date" : "--rebase-to today",
      end > request.from ? fmt::format(", or stop before it with --to d_{}", end.value()) : "");
}

}  // namespace

Date Today(Context& context) { return std::chrono::floor<std::chrono::days>(context.clock.Now()); }

Result<std::optional<Rebase>> RebaseOfRun(Context& context, const RebaseRequest& request,
                                          const Dataset& dataset,
                                          const std::optional<RunIdentity>& stored) {
  const Date today = Today(context);
  const std::optional<Rebase> rebase = ResolveRebase(request.text, LastDateOf(dataset), today,
                                                     stored ? stored->rebase : std::nullopt);
  const Date first = dataset.calendar->first_date() + WeeksOf(rebase);
  const Date first_event = first + std::chrono::days(request.from.value() - 1);
  if (rebase && first_event < kRebaseDateMin) {
    return MakeError(ErrorCode::kUsage,
                     "--rebase-to: {} puts d_{} at {}, needed {} or later; use a later date",
                     rebase->ToString(), request.from.value(), FormatDate(first_event),
                     FormatDate(kRebaseDateMin));
  }
  // What the run does not have is refused for that, whichever dates it would lead to.
  const bool is_refused = stored && WeeksOf(stored->rebase) != WeeksOf(rebase);
  if (request.on_kafka && !is_refused) {
    TILLSTREAM_TRY(RefuseFuture(request, rebase, first, today));
  }
  return rebase;
}

void MoveDates(const RunIdentity& identity, Dataset* dataset) {
  if (WeeksOf(identity.rebase).count() == 0) return;
  dataset->calendar =
      std::make_shared<const Calendar>(dataset->calendar->Moved(WeeksOf(identity.rebase)));
}

EventDates DatesOf(Context& context, const RunIdentity& identity, bool has_begun) {
  size_t day_count = 0;
  for (const auto& [id, store] : identity.stores) {
    day_count = std::max(day_count, store.day_hashes.size());
  }
  const Day end = std::max(identity.from, Day(static_cast<int32_t>(day_count)) + 1);
  return {.begin = EventDateOf(identity, identity.from),
          .end = EventDateOf(identity, end),
          .today = Today(context),
          .may_move = !has_begun};
}

}  // namespace tillstream
