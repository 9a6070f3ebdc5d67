#include "app/forecast_json.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"

namespace tillstream {
namespace {

void AddMarks(const ForecastView::Marks& marks, Json* json) {
  (*json)["events"] = marks.events.empty() ? Json(nullptr) : Json(marks.events);
  (*json)["snap_states"] = marks.snap_states;
  (*json)["closed"] = marks.is_closed;
}

Json DayJson(const ForecastView::ForecastDay& day) {
  Json json = {{"date", FormatDate(day.date)}, {"mean", day.mean}};
  for (size_t u = 0; u < kQuantileCount; ++u) {
    json["quantiles"][fmt::format("{:.3f}", kQuantiles[u])] = day.quantiles[u];
  }
  for (size_t k = kFanBands.size(); k-- > 0;) {
    const FanBand& band = kFanBands[k];
    json["intervals"][fmt::format("{}", band.percent)] = {day.quantiles[band.low],
                                                          day.quantiles[band.high]};
  }
  for (size_t k = 0; k < kDriverCount; ++k) {
    std::string name = DriverName(static_cast<Driver>(k));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    json["drivers"][name] = day.drivers[k];
  }
  AddMarks(day.marks, &json);
  return json;
}

}  // namespace

std::string ForecastJson(const ForecastView& view) {
  Json json = {{"title", view.title},
               {"node", view.node},
               {"level", view.level},
               {"level_name", LevelName(view.level)},
               {"series", view.series},
               {"origin", view.origin.value()},
               {"origin_date", FormatDate(view.origin_date)},
               {"model", view.model},
               {"version", view.version}};
  json["past"] = Json::array();
  for (const auto& day : view.past) {
    Json row = {{"date", FormatDate(day.date)}};
    row["units"] = std::isnan(day.units) ? Json(nullptr) : Json(day.units);
    AddMarks(day.marks, &row);
    json["past"].push_back(std::move(row));
  }
  json["forecast"] = Json::array();
  for (const auto& day : view.days) json["forecast"].push_back(DayJson(day));
  json["notes"] = view.notes;
  return DumpJson(json) + "\n";
}

}  // namespace tillstream
