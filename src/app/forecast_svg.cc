#include "app/forecast_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace tillstream {
namespace {

// Of the drawing, in its own units.
constexpr double kWidth = 960;
constexpr double kLeft = 76;
constexpr double kRight = 936;
constexpr double kTop = 84;
constexpr double kBottom = 364;
constexpr double kMarksTop = 392;    ///< SNAP and events, below the dates.
constexpr double kDriversTop = 460;  ///< Strips, one a driver.
constexpr double kStripHeight = 34;
constexpr double kStripGap = 10;
constexpr double kNoteHeight = 18;
constexpr double kLabelWidth = 62;  ///< Between two dates.
constexpr size_t kNoteCharacters = 140;
constexpr int32_t kTickCount = 5;

constexpr std::string_view kStyle = R"(<style>
svg { color-scheme: light dark; }
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 18px; font-weight: 600; }
.small, .axis { font-size: 12px; fill: #57606a; }
.ground { fill: #ffffff; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.now { stroke: #57606a; stroke-width: 1; stroke-dasharray: 4 3; }
.past { fill: none; stroke: #24292f; stroke-width: 1.5; stroke-linejoin: round; }
.dot { fill: #24292f; }
.mean { fill: none; stroke: #0550ae; stroke-width: 2.5; stroke-linejoin: round; }
.b95 { fill: #b6dcff; } .b67 { fill: #84c1fb; } .b50 { fill: #54a3f0; }
.step { fill: #0550ae; }
.event { fill: #bc4c00; }
.snap { fill: #1a7f37; }
.note { fill: #953800; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.small, .axis { fill: #9da7b3; }
.ground { fill: #0d1117; }
.grid { stroke: #30363d; }
.now { stroke: #9da7b3; }
.past { stroke: #e6edf3; }
.dot { fill: #e6edf3; }
.mean { stroke: #cae8ff; }
.b95 { fill: #0c2d6b; } .b67 { fill: #0d419d; } .b50 { fill: #1158c7; }
.step { fill: #79c0ff; }
.event { fill: #ffa657; }
.snap { fill: #56d364; }
.note { fill: #ffa657; }
}
</style>
)";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

class Drawing {
 public:
  explicit Drawing(const ForecastView& view)
      : view_(view), past_(static_cast<int32_t>(view.past.size())) {
    day_width_ = (kRight - kLeft) / std::max(1, past_ + kHorizon);
    ticks_ = AxisTicks(ChartMost(view, 0), kTickCount);
  }

  std::string Draw() {
    Axes();
    Fan();
    Past();
    Marks();
    Drivers();
    Legend();
    const double bottom = Notes();
    return Open(bottom) + body_ + "</svg>\n";
  }

 private:
  /// The middle of a day, 0 being the first past one.
  double X(int32_t index) const { return kLeft + (index + .5) * day_width_; }
  double Y(double units) const {
    return kBottom - std::min(units / ticks_.back(), 1.0) * (kBottom - kTop);
  }
  void Text(double x, double y, const char* classes, const char* anchor, std::string_view text) {
    body_ +=
        fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n",
                    x, y, classes, anchor, Escaped(text));
  }
  void Line(const char* classes, double x1, double y1, double x2, double y2) {
    body_ += fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", classes,
        x1, y1, x2, y2);
  }

  std::string Open(double height) const {
    const std::string what = fmt::format(
        "Units a day: sold, and forecast for {} to {} as of {} (d_{}), model {} {}",
        FormatDate(view_.days.front().date), FormatDate(view_.days.back().date),
        FormatDate(view_.origin_date), view_.origin.value(), view_.model, view_.version);
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
        "aria-labelledby=\"title what\">\n<title id=\"title\">{2}</title>\n<desc "
        "id=\"what\">{3}</desc>\n{4}<rect class=\"ground\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\"/>\n<text class=\"title\" x=\"20\" y=\"32\">{2}</text>\n<text "
        "class=\"small\" x=\"20\" y=\"52\">{3}</text>\n",
        kWidth, height, Escaped(view_.title), Escaped(what), kStyle);
  }

  void Axes() {
    for (const double tick : ticks_) {
      Line("grid", kLeft, Y(tick), kRight, Y(tick));
      Text(kLeft - 8, Y(tick) + 4, "axis", "end", TickText(tick));
    }
    Text(kLeft - 8, kTop - 12, "axis", "end", "units");
    double free = 0;
    for (int32_t i = 0; i < past_ + kHorizon; ++i) {
      const Date date = view_.days.front().date + std::chrono::days(i - past_);
      if (std::chrono::weekday(date) != std::chrono::Monday || X(i) < free) continue;
      Line("grid", X(i), kBottom, X(i), kBottom + 5);
      Text(X(i), kBottom + 19, "axis", "middle", ShortDate(date));
      free = X(i) + kLabelWidth;
    }
    const double now = kLeft + past_ * day_width_;
    Line("now", now, kTop - 8, now, DriversBottom());
    Text(now + 5, kTop - 12, "axis", "start", "forecast");
  }

  void Fan() {
    for (const FanBand& band : kFanBands) {
      std::string points;
      for (int32_t h = 0; h < kHorizon; ++h) {
        points += Point(h, view_.days[static_cast<size_t>(h)].quantiles[band.high]);
      }
      for (int32_t h = kHorizon - 1; h >= 0; --h) {
        points += Point(h, view_.days[static_cast<size_t>(h)].quantiles[band.low]);
      }
      points.pop_back();
      body_ += fmt::format("<polygon class=\"b{}\" points=\"{}\"/>\n", band.percent, points);
    }
    std::string points;
    for (int32_t h = 0; h < kHorizon; ++h) {
      points += Point(h, view_.days[static_cast<size_t>(h)].mean);
    }
    points.pop_back();
    body_ += fmt::format("<polyline class=\"mean\" points=\"{}\"/>\n", points);
  }
  std::string Point(int32_t h, double units) const {
    return fmt::format("{:.1f},{:.1f} ", X(past_ + h), Y(units));
  }

  /// A line with gaps where a day is not known; a day between two gaps is a dot.
  void Past() {
    std::string points;
    int32_t count = 0;
    for (int32_t t = 0; t <= past_; ++t) {
      const bool is_known = t < past_ && !std::isnan(view_.past[static_cast<size_t>(t)].units);
      if (is_known) {
        points += Point(t - past_, view_.past[static_cast<size_t>(t)].units);
        ++count;
        continue;
      }
      if (count == 1) {
        const double units = view_.past[static_cast<size_t>(t - 1)].units;
        body_ += fmt::format("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2\"/>\n",
                             X(t - 1), Y(units));
      } else if (count > 1) {
        points.pop_back();
        body_ += fmt::format("<polyline class=\"past\" points=\"{}\"/>\n", points);
      }
      points.clear();
      count = 0;
    }
  }

  void Marks() {
    Text(kLeft - 8, kMarksTop + 9, "axis", "end", "SNAP");
    Text(kLeft - 8, kMarksTop + 27, "axis", "end", "events");
    const auto mark = [this](int32_t i, Date date, const ForecastView::Marks& marks) {
      const double left = kLeft + i * day_width_;
      if (marks.snap_states > 0) {
        // As high as the share of the states.
        const double height = 10.0 * marks.snap_states / std::max(1, view_.states);
        body_ += fmt::format(
            "<rect class=\"snap\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
            left + .5, kMarksTop + 10 - height, std::max(.5, day_width_ - 1), height);
      }
      if (marks.events.empty()) return;
      body_ += fmt::format(
          "<path class=\"event\" d=\"M{:.1f} {:.1f}l5 10h-10z\"><title>{} {}</title></path>\n",
          X(i), kMarksTop + 17, FormatDate(date), Escaped(marks.events));
    };
    for (int32_t t = 0; t < past_; ++t) {
      const auto& day = view_.past[static_cast<size_t>(t)];
      mark(t, day.date, day.marks);
    }
    for (int32_t h = 0; h < kHorizon; ++h) {
      const auto& day = view_.days[static_cast<size_t>(h)];
      mark(past_ + h, day.date, day.marks);
    }
  }

  static double DriversBottom() {
    return kDriversTop + static_cast<double>(kDriverCount) * (kStripHeight + kStripGap) - kStripGap;
  }

  /// Bars up and down from 1; the level from its mean. One scale for all.
  void Drivers() {
    const auto [level, range] = ScaleOfDrivers(view_);
    const double left = kLeft + past_ * day_width_;
    Text(20, kDriversTop - 14, "small", "start",
         "Drivers: units = level x season x weekday x SNAP x event");
    for (size_t k = 0; k < kDriverCount; ++k) {
      const double top = kDriversTop + static_cast<double>(k) * (kStripHeight + kStripGap);
      const double middle = top + kStripHeight / 2;
      const auto driver = static_cast<Driver>(k);
      double least = view_.days.front().drivers[k];
      double most = least;
      Line("grid", left, middle, kRight, middle);
      for (int32_t h = 0; h < kHorizon; ++h) {
        const auto& day = view_.days[static_cast<size_t>(h)];
        const double factor = day.drivers[k];
        least = std::min(least, factor);
        most = std::max(most, factor);
        const double base = k == 0 ? level : 1;
        double height = kStripHeight / 2;
        if (factor > 0 && base > 0) {
          height = std::clamp(std::log(factor / base) / range, -1.0, 1.0) * kStripHeight / 2;
        } else {
          height = k == 0 ? 0 : -height;
        }
        if (std::abs(height) < .05) continue;
        const std::string value =
            driver == Driver::kLevel ? UnitsText(factor) : fmt::format("{:.3f}", factor);
        body_ += fmt::format(
            "<rect class=\"step\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
            "height=\"{:.1f}\"><title>{} {} {}</title></rect>\n",
            kLeft + (past_ + h) * day_width_ + .5, height > 0 ? middle - height : middle,
            std::max(.5, day_width_ - 1), std::abs(height), FormatDate(day.date),
            DriverName(driver), value);
      }
      Text(20, middle + 4, "axis", "start", DriverName(driver));
      const bool is_level = driver == Driver::kLevel;
      const std::string low = is_level ? UnitsText(least) : fmt::format("{:.2f}", least);
      const std::string high = is_level ? UnitsText(most) : fmt::format("{:.2f}", most);
      Text(kLeft + 24, middle + 4, "axis", "start",
           low == high ? low + (is_level ? " units" : "")
                       : low + " to " + high + (is_level ? " units" : ""));
    }
  }

  void Legend() {
    double x = kLeft;
    const double y = kTop - 16;
    const auto entry = [&](const std::string& shape, const std::string& name, double width) {
      body_ += shape;
      Text(x + 24, y + 4, "small", "start", name);
      x += width;
    };
    const auto swatch = [&](const char* classes) {
      return fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"18\" height=\"10\"/>\n", classes, x,
          y - 5);
    };
    const auto stroke = [&](const char* classes) {
      return fmt::format("<polyline class=\"{}\" points=\"{:.1f},{:.1f} {:.1f},{:.1f}\"/>\n",
                         classes, x, y, x + 18, y);
    };
    entry(stroke("past"), "sold", 66);
    entry(stroke("mean"), "mean", 72);
    entry(swatch("b50"), "50 %", 66);
    entry(swatch("b67"), "67 %", 66);
    entry(swatch("b95"), "95 %", 66);
  }

  /// Events by name, then notes, each on lines of its own. The drawing's height.
  double Notes() {
    double y = DriversBottom() + 26;
    std::string events;
    for (const auto& day : view_.days) {
      if (day.marks.events.empty()) continue;
      events += (events.empty() ? "Events: " : ", ") + ShortDate(day.date) + " " + day.marks.events;
      if (day.marks.is_closed) events += " (closed)";
    }
    const auto write = [&](const char* classes, std::string text) {
      while (!text.empty()) {
        size_t cut = text.size();
        if (cut > kNoteCharacters) {
          cut = text.rfind(' ', kNoteCharacters);
          if (cut == std::string::npos) cut = kNoteCharacters;
        }
        Text(20, y, classes, "start", text.substr(0, cut));
        text.erase(0, std::min(text.size(), cut + 1));
        y += kNoteHeight;
      }
    };
    write("small", events);
    const std::string cut = CutNote(view_, ticks_.back());
    if (!cut.empty()) write("small", "Note: " + cut);
    for (const std::string& note : view_.notes) write("note", "Note: " + note);
    return y + 2;
  }

  const ForecastView& view_;
  const int32_t past_;
  double day_width_ = 1;
  std::vector<double> ticks_;
  std::string body_;
};

}  // namespace

std::string ForecastSvg(const ForecastView& view) { return Drawing(view).Draw(); }

}  // namespace tillstream
