#include "app/chart_style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tillstream {
namespace {

/// No terminal is wider; what is, is a mistake.
constexpr int32_t kColumnsMax = 1000;

/// A variable of the environment; empty is as good as none.
std::string_view Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// Of the terminal that stdout is, as it is now; 0 where it does not say.
int32_t TerminalColumns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool IsUtf8Locale() {
  // The first that is set decides, as in setlocale().
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(Environment(name));
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return value.find("UTF-8") != std::string::npos || value.find("UTF8") != std::string::npos;
  }
  return false;
}

}  // namespace

ChartStyle StyleOf(const Output& out) {
  ChartStyle style;
  const bool is_dumb = Environment("TERM") == "dumb";
  style.is_unicode = IsUtf8Locale() && !(is_dumb && out.is_terminal());
  style.has_color = out.is_terminal() && !is_dumb && Environment("NO_COLOR").empty();
  int32_t columns = out.is_terminal() ? TerminalColumns() : 0;
  if (columns == 0) {
    const std::string_view text = Environment("COLUMNS");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error != std::errc() || end != text.data() + text.size() || columns < 0) columns = 0;
  }
  if (columns > 0) style.columns = std::clamp(columns, kChartColumnsMin, kColumnsMax);
  return style;
}

}  // namespace tillstream
