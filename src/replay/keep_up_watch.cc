#include "replay/keep_up_watch.h"

#include "base/clock.h"

namespace tillstream {

std::optional<double> KeepUpWatch::Wrote(std::chrono::nanoseconds now, Day next_day,
                                         std::chrono::nanoseconds lag) {
  constexpr int kSpansNeeded = 2;
  if (has_told_) return std::nullopt;
  if (lag.count() <= 0) {
    begin_.reset();
    return std::nullopt;
  }
  const Mark mark{now, next_day, lag};
  if (!begin_) {
    begin_ = span_ = mark;
    spans_ = 0;
    return std::nullopt;
  }
  if (now - span_.at < kSpan) return std::nullopt;
  if (lag <= span_.lag) {
    begin_ = span_ = mark;
    spans_ = 0;
    return std::nullopt;
  }
  span_ = mark;
  if (++spans_ < kSpansNeeded) return std::nullopt;
  has_told_ = true;
  return (next_day - begin_->day) / ToSeconds(now - begin_->at);
}

}  // namespace tillstream
