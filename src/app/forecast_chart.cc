#include "app/forecast_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "app/table.h"

namespace tillstream {
namespace {

constexpr int32_t kAxisColumns = 8;   ///< Numbers up to "999,999" and the line.
constexpr int32_t kLabelColumns = 9;  ///< Between two dates below the axis.
constexpr int32_t kTickRows = 3;      ///< At least so many between two numbers of the axis.
constexpr double kEighths = 8;
constexpr size_t kSteps = 7;

enum class Paint { kNone, kBold, kPast, kFan, kMean, kMark, kNote };

/// The characters of a chart.
struct Glyphs {
  const char* bars[9];  ///< Eighths of a cell, 0 to 8.
  const char* unknown;
  const char* fan[3];   ///< As kFanBands: the widest first.
  const char* mean[3];  ///< At the bottom of a cell, in its middle, at its top.
  const char* axis;
  const char* tick;
  const char* corner;
  const char* line;
  const char* label;  ///< On the line, above a date.
  const char* now;
  const char* snap;
  const char* event;
  const char* steps[kSteps];  ///< Of a strip, low to high; 1 is in the middle.
};
constexpr Glyphs kUnicode = {
    {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
    "?",
    {"░", "▒", "▓"},
    {"▁", "━", "▔"},
    "│",
    "┤",
    "└",
    "─",
    "┴",
    "┊",
    "•",
    "▲",
    {"▁", "▂", "▃", "▄", "▅", "▆", "▇"},
};
constexpr Glyphs kAscii = {
    {" ", "_", "_", "_", "#", "#", "#", "#", "#"},
    "?",
    {".", ":", "="},
    {"o", "o", "o"},
    "|",
    "+",
    "+",
    "-",
    "+",
    ":",
    "*",
    "^",
    {"_", ".", "~", "-", "=", "*", "#"},
};

/// Puts pieces of text together, coloured where the terminal can.
class Painter {
 public:
  explicit Painter(const ChartStyle& style) : style_(style) {}

  void Add(Paint paint, std::string_view text) {
    SwitchTo(paint);
    text_ += text;
  }
  void Repeat(Paint paint, std::string_view text, int32_t count) {
    for (int32_t k = 0; k < count; ++k) Add(paint, text);
  }
  void EndLine() {
    SwitchTo(Paint::kNone);
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_ += '\n';
  }
  /// Words on as many lines as they need, the later ones set in.
  void Words(Paint paint, const std::string& words) {
    const auto columns = static_cast<size_t>(style_.columns);
    size_t column = 0;
    for (size_t begin = 0; begin < words.size();) {
      const size_t end = std::min(words.find(' ', begin), words.size());
      const std::string word = words.substr(begin, end - begin);
      begin = end + 1;
      if (column > 0 && column + 1 + word.size() > columns) {
        EndLine();
        Add(paint, " ");
        column = 1;
      }
      if (column > 0) Add(paint, " ");
      Add(paint, word);
      column += word.size() + (column > 0 ? 1 : 0);
    }
    EndLine();
  }
  std::string Take() { return std::move(text_); }

 private:
  void SwitchTo(Paint paint) {
    if (!style_.has_color || paint == paint_) return;
    static constexpr const char* kCodes[] = {"\x1b[0m",    "\x1b[0;1m",    "\x1b[0;32m",
                                             "\x1b[0;36m", "\x1b[0;1;36m", "\x1b[0;33m",
                                             "\x1b[0;33m"};
    text_ += kCodes[static_cast<size_t>(paint)];
    paint_ = paint;
  }

  const ChartStyle& style_;
  Paint paint_ = Paint::kNone;
  std::string text_;
};

/// One chart, drawn line by line.
class Chart {
 public:
  Chart(const ForecastView& view, const ChartStyle& style)
      : view_(view),
        style_(style),
        glyphs_(style.is_unicode ? kUnicode : kAscii),
        painter_(style_) {
    style_.columns = std::max(style.columns, kChartColumnsMin);
    const int32_t room = style_.columns - kAxisColumns - 1;
    past_ = std::min(static_cast<int32_t>(view.past.size()), room - kHorizon);
    day_columns_ = std::max(1, room / (past_ + kHorizon));
    first_past_ = view.past.size() - static_cast<size_t>(past_);
    ticks_ = AxisTicks(ChartMost(view, first_past_), std::max(1, style.rows / kTickRows));
  }

  std::string Draw() {
    Head();
    for (int32_t row = style_.rows - 1; row >= 0; --row) PlotRow(row);
    AxisRows();
    MarkRow("SNAP", [this](const ForecastView::Marks& marks) {
      if (marks.snap_states == 0) return std::string(" ");
      return view_.states == 1 ? std::string(glyphs_.snap) : fmt::format("{}", marks.snap_states);
    });
    MarkRow("event", [this](const ForecastView::Marks& marks) {
      return std::string(marks.events.empty() ? " " : glyphs_.event);
    });
    Legend();
    Drivers();
    Foot();
    return painter_.Take();
  }

 private:
  void Head() {
    painter_.Words(Paint::kBold, view_.title + ": units a day");
    std::string words;
    if (past_ > 0) {
      words = fmt::format("Sold {} to {}; ", FormatDate(view_.past[first_past_].date),
                          FormatDate(view_.origin_date));
    }
    double week = 0;
    double all = 0;
    for (size_t h = 0; h < view_.days.size(); ++h) {
      if (h < 7) week += view_.days[h].mean;
      all += view_.days[h].mean;
    }
    words += fmt::format("forecast {} to {} as of d_{}, model {} {}: {} units in 7 days, {} in {}",
                         FormatDate(view_.days.front().date), FormatDate(view_.days.back().date),
                         view_.origin.value(), view_.model, view_.version, UnitsText(week),
                         UnitsText(all), view_.days.size());
    painter_.Words(Paint::kNone, words);
  }

  /// The number that stands at the lower edge of a row, empty for none.
  std::string TickAt(int32_t row) const {
    for (const double tick : ticks_) {
      if (std::lround(tick / ticks_.back() * style_.rows) == row) return TickText(tick);
    }
    return "";
  }

  void Axis(const std::string& tick, const char* axis) {
    painter_.Add(Paint::kNone, fmt::format("{:>{}}", tick, kAxisColumns - 1));
    painter_.Add(Paint::kNone, axis);
  }

  void PlotRow(int32_t row) {
    // The number of a row's upper edge: that of its lower one stands a row below.
    const std::string tick = TickAt(row + 1);
    Axis(tick, tick.empty() ? glyphs_.axis : glyphs_.tick);
    const double scale = style_.rows / ticks_.back();
    for (size_t t = first_past_; t < view_.past.size(); ++t) {
      PastCell(view_.past[t].units * scale, row);
    }
    painter_.Add(Paint::kNone, glyphs_.now);
    for (const auto& day : view_.days) FanCell(day, scale, row);
    painter_.EndLine();
  }

  void PastCell(double height, int32_t row) {
    if (std::isnan(height)) {
      painter_.Repeat(Paint::kNote, row == 0 ? glyphs_.unknown : " ", day_columns_);
      return;
    }
    auto eighths = std::lround(height * kEighths);
    if (height > 0) eighths = std::max(eighths, 1L);
    const auto of_row = std::clamp(eighths - row * 8L, 0L, 8L);
    painter_.Repeat(Paint::kPast, glyphs_.bars[of_row], day_columns_);
  }

  void FanCell(const ForecastView::ForecastDay& day, double scale, int32_t row) {
    const double mean = std::min(day.mean * scale, style_.rows - 1e-6);
    if (static_cast<int32_t>(mean) == row) {
      const auto third = static_cast<size_t>((mean - row) * 3);
      painter_.Repeat(Paint::kMean, glyphs_.mean[third], day_columns_);
      return;
    }
    const char* glyph = " ";
    for (size_t k = 0; k < kFanBands.size(); ++k) {
      const double low = day.quantiles[kFanBands[k].low] * scale;
      const double high = day.quantiles[kFanBands[k].high] * scale;
      if (low <= row + .5 && row + .5 <= high) glyph = glyphs_.fan[k];
    }
    painter_.Repeat(Paint::kFan, glyph, day_columns_);
  }

  Date DateAt(int32_t index) const {
    return view_.days.front().date + std::chrono::days(index - past_);
  }
  /// Of a day, 0 being the first past one; the line between past and future takes one.
  int32_t ColumnOf(int32_t index) const { return index * day_columns_ + (index >= past_ ? 1 : 0); }

  void AxisRows() {
    std::string below(static_cast<size_t>(style_.columns), ' ');
    const int32_t width = ColumnOf(past_ + kHorizon);
    std::vector<bool> has_label(static_cast<size_t>(width), false);
    int32_t free = 0;
    for (int32_t i = 0; i < past_ + kHorizon; ++i) {
      const int32_t column = ColumnOf(i);
      const std::string text = ShortDate(DateAt(i));
      const bool is_monday = std::chrono::weekday(DateAt(i)) == std::chrono::Monday;
      const auto length = static_cast<int32_t>(text.size());
      if (!is_monday || column < free || column + length > width) continue;
      below.replace(static_cast<size_t>(kAxisColumns + column), text.size(), text);
      has_label[static_cast<size_t>(column)] = true;
      free = column + kLabelColumns;
    }
    Axis("0", glyphs_.corner);
    for (const bool label : has_label) {
      painter_.Add(Paint::kNone, label ? glyphs_.label : glyphs_.line);
    }
    painter_.EndLine();
    painter_.Add(Paint::kNone, below);
    painter_.EndLine();
  }

  template <typename GlyphOf>
  void MarkRow(const std::string& name, const GlyphOf& glyph_of) {
    painter_.Add(Paint::kNone, fmt::format("{:>{}} ", name, kAxisColumns - 1));
    const auto mark = [&](const ForecastView::Marks& marks) {
      painter_.Add(Paint::kMark, glyph_of(marks));
      painter_.Repeat(Paint::kMark, " ", day_columns_ - 1);
    };
    for (size_t t = first_past_; t < view_.past.size(); ++t) mark(view_.past[t].marks);
    painter_.Add(Paint::kNone, glyphs_.now);
    for (const auto& day : view_.days) mark(day.marks);
    painter_.EndLine();
  }

  void Legend() {
    painter_.Add(Paint::kNone, std::string(kAxisColumns, ' '));
    const auto entry = [&](Paint paint, const char* glyph, const std::string& name) {
      painter_.Add(paint, glyph);
      painter_.Add(Paint::kNone, " " + name + "  ");
    };
    entry(Paint::kPast, glyphs_.bars[8], "sold");
    entry(Paint::kMean, glyphs_.mean[1], "mean");
    for (size_t k = kFanBands.size(); k-- > 0;) {
      entry(Paint::kFan, glyphs_.fan[k], fmt::format("{} %", kFanBands[k].percent));
    }
    painter_.EndLine();
    painter_.EndLine();
  }

  /// What a driver is at its least and its most.
  std::string RangeText(Driver driver) const {
    const auto of = [&](size_t h) { return view_.days[h].drivers[static_cast<size_t>(driver)]; };
    size_t least = 0;
    size_t most = 0;
    for (size_t h = 1; h < view_.days.size(); ++h) {
      if (of(h) < of(least)) least = h;
      if (of(h) > of(most)) most = h;
    }
    const bool is_level = driver == Driver::kLevel;
    const std::string low = is_level ? UnitsText(of(least)) : fmt::format("{:.2f}", of(least));
    const std::string high = is_level ? UnitsText(of(most)) : fmt::format("{:.2f}", of(most));
    if (low == high) return low;
    if (is_level) return low + " to " + high;
    const auto at = [&](size_t h) {
      const Date date = view_.days[h].date;
      return driver == Driver::kWeekday ? std::string(WeekdayName(date)) : ShortDate(date);
    };
    const std::string full = fmt::format("{} {} to {} {}", low, at(least), high, at(most));
    const auto room = static_cast<size_t>(std::max(0, ColumnOf(past_) - 2));
    return full.size() <= room ? full : low + " to " + high;
  }

  void Drivers() {
    const auto [level, range] = ScaleOfDrivers(view_);
    for (size_t k = 0; k < kDriverCount; ++k) {
      const auto driver = static_cast<Driver>(k);
      const std::string text = RangeText(driver);
      painter_.Add(Paint::kNone, fmt::format("{:>{}} {:<{}} ", DriverName(driver), kAxisColumns - 1,
                                             text, ColumnOf(past_) - 1));
      if (static_cast<int32_t>(text.size()) > ColumnOf(past_) - 1) {
        painter_.EndLine();
        painter_.Add(Paint::kNone,
                     std::string(static_cast<size_t>(kAxisColumns + ColumnOf(past_)), ' '));
      }
      for (const auto& day : view_.days) {
        const double base = k == 0 ? level : 1;
        const double log = base > 0 && day.drivers[k] > 0 ? std::log(day.drivers[k] / base) : 0;
        const double step = std::round((log / range + 1) / 2 * (kSteps - 1));
        const auto index = static_cast<size_t>(std::clamp(step, 0.0, kSteps - 1.0));
        painter_.Repeat(Paint::kMean, day.drivers[k] > 0 ? glyphs_.steps[index] : " ",
                        day_columns_);
      }
      painter_.EndLine();
    }
  }

  void Foot() {
    painter_.Words(Paint::kNone, "units = level x season x weekday x SNAP x event");
    std::string events;
    for (const auto& day : view_.days) {
      if (day.marks.events.empty()) continue;
      events += (events.empty() ? "events: " : ", ") + ShortDate(day.date) + " " + day.marks.events;
      if (day.marks.is_closed) events += " (closed)";
    }
    if (!events.empty()) painter_.Words(Paint::kNone, events);
    const std::string cut = CutNote(view_, ticks_.back());
    if (!cut.empty()) painter_.Words(Paint::kNone, "note: " + cut);
    for (const std::string& note : view_.notes) painter_.Words(Paint::kNote, "note: " + note);
  }

  const ForecastView& view_;
  ChartStyle style_;
  const Glyphs& glyphs_;
  Painter painter_;
  int32_t past_ = 0;         ///< Days of it that are drawn.
  size_t first_past_ = 0;    ///< The first of them.
  int32_t day_columns_ = 1;  ///< Columns a day.
  std::vector<double> ticks_;
};

}  // namespace

std::string ForecastChart(const ForecastView& view, const ChartStyle& style) {
  return Chart(view, style).Draw();
}

std::string ForecastTable(const ForecastView& view) {
  std::vector<std::string> header = {"date", "day", "mean"};
  for (size_t k = kFanBands.size(); k-- > 0;) {
    header.push_back(fmt::format("{} %", kFanBands[k].percent));
  }
  for (size_t k = 0; k < kDriverCount; ++k) header.emplace_back(DriverName(static_cast<Driver>(k)));
  header.emplace_back("events");
  Table table(header);
  for (const auto& day : view.days) {
    std::vector<std::string> row = {FormatDate(day.date), WeekdayName(day.date),
                                    UnitsText(day.mean)};
    for (size_t k = kFanBands.size(); k-- > 0;) {
      row.push_back(UnitsText(day.quantiles[kFanBands[k].low]) + " to " +
                    UnitsText(day.quantiles[kFanBands[k].high]));
    }
    row.push_back(UnitsText(day.drivers[0]));
    for (size_t k = 1; k < kDriverCount; ++k) row.push_back(fmt::format("{:.3f}", day.drivers[k]));
    row.push_back(day.marks.events);
    table.Add(row);
  }
  return table.ToString();
}

}  // namespace tillstream
