// Days and datasets as commands are given them.
#include <charconv>

#include "app/run_replay.h"
#include "base/text.h"

namespace tillstream {
namespace {

bool ParseDayNumber(const std::string& text, int32_t* number) {
  if (!text.starts_with("d_")) return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, *number);
  return error == std::errc() && stop == end && *number >= 1;
}

}  // namespace

Status CheckDay(const std::string& flag, const std::string& text) {
  int32_t number = 0;
  if (text.empty() || ParseDayNumber(text, &number) || ParseDate(text)) return Ok();
  return MakeError(ErrorCode::kUsage, "{}: {} is not a day; write d_17 or 2011-02-14", flag,
                   Quote(text));
}

Result<Day> ResolveDay(const std::string& flag, const std::string& text, Date first_date, Day first,
                       Day last) {
  const auto date_of = [&](Day day) { return first_date + std::chrono::days(day.value() - 1); };
  int64_t number = 0;
  if (int32_t written = 0; ParseDayNumber(text, &written)) {
    number = written;
  } else {
    TILLSTREAM_ASSIGN(const Date date, ParseDate(text));
    number = (date - first_date).count() + 1;
  }
  if (number >= first.value() && number <= last.value()) return Day(static_cast<int32_t>(number));
  return MakeError(ErrorCode::kUsage, "{}: {} is outside d_{} to d_{} ({} to {})", flag,
                   Quote(text), first.value(), last.value(), FormatDate(date_of(first)),
                   FormatDate(date_of(last)));
}

Result<Day> ResolveDay(const std::string& flag, const std::string& text, const Calendar& calendar,
                       Day last, Day fallback) {
  if (text.empty()) return fallback;
  return ResolveDay(flag, text, calendar.first_date(), Day(1), last);
}

Result<Dataset> LoadDatasetFor(Context& context, const std::string& directory,
                               const std::vector<std::string>& stores, bool checks_others) {
  LoadOptions options;
  options.stores = stores;
  options.checks_others = checks_others;
  options.progress = [&context](int64_t done, int64_t total) {
    context.console.Progress(fmt::format("reading {} of {}", HumanBytes(done), HumanBytes(total)));
  };
  FaultList faults;
  Result<Dataset> dataset = LoadDataset(context.files, directory, options, &faults);
  context.console.EndProgress();
  if (!dataset) return dataset.error();
  for (const std::string& note : dataset->notes) context.console.Info("data: " + note);
  return dataset;
}

}  // namespace tillstream
