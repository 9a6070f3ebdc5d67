#include "app/totals_options.h"

#include <algorithm>

#include "app/error_options.h"
#include "base/text.h"
#include "model/date.h"

namespace tillstream {
namespace {

/// Most movers of a group: more than anyone looks at, and few enough for a record.
constexpr int64_t kTopMax = 100;

}  // namespace

void DeclareTotals(Arguments& arguments, TotalsOptions* options) {
  arguments.List("--totals", "WHAT,...", &options->dimensions,
                 "Live totals instead of events, by one or two of state, store, category, "
                 "department, item");
  arguments.Text("--by", "PERIOD", &options->by, "Of --totals: day, week or month; default day");
  arguments.Number("--top", "N", &options->top, 0, kTopMax,
                   "Of --totals: so many items whose units changed most");
  arguments.Text("--totals-topic", "NAME", &options->topic,
                 "Publish the totals of closed periods to this topic, each once");
}

Result<TotalsShape> ShapeOf(const TotalsOptions& options, const std::string& source) {
  TotalsShape shape;
  if (options.dimensions.empty()) {
    for (const auto& [flag, text] :
         {std::pair("--by", &options.by), std::pair("--totals-topic", &options.topic)}) {
      if (text->empty()) continue;
      return MakeError(ErrorCode::kUsage, "{}: is of totals; give --totals too", flag);
    }
    return shape;
  }
  for (const std::string& name : options.dimensions) {
    const auto dimension = DimensionFromName(name);
    if (!dimension) {
      return MakeError(ErrorCode::kUsage,
                       "--totals: {} is not known; write one or two of state, store, category, "
                       "department, item",
                       Quote(name));
    }
    if (std::find(shape.dimensions.begin(), shape.dimensions.end(), *dimension) !=
        shape.dimensions.end()) {
      return MakeError(ErrorCode::kUsage, "--totals: {} is there twice", DimensionName(*dimension));
    }
    shape.dimensions.push_back(*dimension);
  }
  if (shape.dimensions.size() > kDimensionsMax) {
    return MakeError(ErrorCode::kUsage, "--totals: found {} of them, needed one or two",
                     shape.dimensions.size());
  }
  if (!options.by.empty()) {
    const auto period = PeriodFromName(options.by);
    if (!period) {
      return MakeError(ErrorCode::kUsage, "--by: {} is not a period; write day, week or month",
                       Quote(options.by));
    }
    shape.period = *period;
  }
  shape.top = static_cast<int32_t>(options.top);
  if (!options.topic.empty()) {
    TILLSTREAM_TRY(CheckTopicToWrite("--totals-topic", options.topic, source));
  }
  return shape;
}

Status CheckRangeOfTotals(const OffsetRange& range, bool is_published) {
  if (!range.start || range.start->kind == OffsetSpec::Kind::kBeginning) return Ok();
  const bool is_date = range.start->kind == OffsetSpec::Kind::kTimestamp &&
                       StartOf(DateOf(Timestamp(range.start->value))).value() == range.start->value;
  if (!is_date) {
    return MakeError(ErrorCode::kUsage, "-o: totals begin at a date; write d@2011-01-29");
  }
  if (is_published) {
    return MakeError(ErrorCode::kUsage,
                     "-o: what --totals-topic publishes begins with the stream; leave one out");
  }
  return Ok();
}

}  // namespace tillstream
