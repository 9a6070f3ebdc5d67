#include "app/forecast_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/forecast_view_fixture.h"

namespace tillstream {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Elements of a document whose tags close in order, and whose texts have no bare markup; fails the
/// test otherwise. Enough of XML for what we write.
std::vector<std::string> ElementsOf(const std::string& svg) {
  std::vector<std::string> elements;
  std::vector<std::string> open;
  size_t at = 0;
  while ((at = svg.find('<', at)) != std::string::npos) {
    const size_t end = svg.find('>', at);
    if (end == std::string::npos) {
      ADD_FAILURE() << "a tag that does not end";
      return elements;
    }
    const std::string tag = svg.substr(at + 1, end - at - 1);
    EXPECT_EQ(tag.find('<'), std::string::npos) << tag;
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag;
    at = end + 1;
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) {
        ADD_FAILURE() << "closes what is not open: " << tag;
        return elements;
      }
      open.pop_back();
    } else {
      elements.push_back(name);
      if (!tag.ends_with('/')) open.push_back(name);
    }
    if (open.empty()) break;
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(svg.substr(at), "\n");
  for (size_t k = svg.find('&'); k != std::string::npos; k = svg.find('&', k + 1)) {
    const size_t end = svg.find(';', k);
    EXPECT_TRUE(end != std::string::npos && end - k <= 5) << svg.substr(k, 12);
  }
  return elements;
}

TEST(ForecastSvgTest, IsOneWellFormedDocument) {
  const std::string svg = ForecastSvg(SmallView());
  const std::vector<std::string> elements = ElementsOf(svg);
  ASSERT_FALSE(elements.empty());
  EXPECT_EQ(elements.front(), "svg");
  EXPECT_EQ(std::count(elements.begin(), elements.end(), "polygon"), 3);  // The fan.
  EXPECT_THAT(svg, HasSubstr("<title id=\"title\">item A &amp; B, store CA_1</title>"));
  EXPECT_THAT(svg, HasSubstr("Fair &lt;1&gt;"));
}

TEST(ForecastSvgTest, HasAxesLegendAndNotes) {
  const std::string svg = ForecastSvg(SmallView());
  for (const char* const text :
       {">May 9<", ">10<", ">sold<", ">mean<", ">50 %<", ">67 %<", ">95 %<", ">SNAP<", ">weekday<",
        ">0.80 to 1.60<", "Events: May 12 Fair", "Note: sales are not demand"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(ForecastSvgTest, NeedsNothingFromElsewhereAndFollowsTheReadersGround) {
  std::string svg = ForecastSvg(SmallView());
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
  for (const char* const word : {"<script", "href", "url(", "@import", "<image", "foreignObject"}) {
    EXPECT_THAT(svg, Not(HasSubstr(word)));
  }
  svg.erase(svg.find("http://www.w3.org/2000/svg"), 26);
  EXPECT_THAT(svg, Not(HasSubstr("http")));
}

TEST(ForecastSvgTest, AGapInThePastIsAGapInTheLine) {
  ForecastView view = SmallView();  // The third day is not known.
  const auto lines = [](const std::string& svg) {
    size_t count = 0;
    for (size_t at = 0; (at = svg.find("class=\"past\"", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  const size_t with_gap = lines(ForecastSvg(view));
  view.past[2].units = 3;
  EXPECT_EQ(with_gap, lines(ForecastSvg(view)) + 1);
  view.past[1].units = view.past[3].units = std::nan("");
  EXPECT_THAT(ForecastSvg(view), HasSubstr("<circle class=\"dot\""));
}

TEST(ForecastSvgTest, WithoutPastOrSales) {
  ForecastView view = SmallView();
  view.past.clear();
  for (auto& day : view.days) {
    day.mean = 0;
    day.quantiles.fill(0);
    day.drivers = {0, 1, 1, 1, 0};
  }
  const std::string svg = ForecastSvg(view);
  ElementsOf(svg);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
}

}  // namespace
}  // namespace tillstream
