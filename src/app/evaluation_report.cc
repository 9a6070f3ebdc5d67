#include "app/evaluation_report.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "app/table.h"
#include "base/clock.h"
#include "base/json.h"

namespace tillstream {
namespace {

/// Mean and spread of a figure over the origins that were scored.
struct Spread {
  int count = 0;
  double mean = 0;
  double deviation = 0;  ///< Of the sample; 0 for one origin.
  double root_mean_square = 0;
  double least = 0;
  double most = 0;
};

using Figure = std::function<double(const Accuracy&)>;

Spread SpreadOf(const ModelResult& model, const Figure& figure) {
  Spread spread;
  double sum = 0;
  double squares = 0;
  for (const OriginResult& origin : model.origins) {
    if (!origin.is_scored) continue;
    const double value = figure(origin.accuracy);
    spread.least = spread.count == 0 ? value : std::min(spread.least, value);
    spread.most = spread.count == 0 ? value : std::max(spread.most, value);
    sum += value;
    squares += value * value;
    ++spread.count;
  }
  if (spread.count == 0) return spread;
  spread.mean = sum / spread.count;
  spread.root_mean_square = std::sqrt(squares / spread.count);
  double around = 0;
  for (const OriginResult& origin : model.origins) {
    if (!origin.is_scored) continue;
    around += std::pow(figure(origin.accuracy) - spread.mean, 2);
  }
  spread.deviation = std::sqrt(around / std::max(1, spread.count - 1));
  return spread;
}

std::string Number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4f}", value); }
std::string Percent(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.1f} %", 100 * share);
}
Json JsonNumber(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

bool HasQuantiles(const ModelResult& model) {
  for (const OriginResult& origin : model.origins) {
    if (origin.is_scored && origin.accuracy.has_quantiles) return true;
  }
  return false;
}

const LevelAccuracy& LevelOf(const Accuracy& accuracy, int32_t level) {
  return accuracy.levels[static_cast<size_t>(level - 1)];
}

std::string SummaryText(std::span<const ModelResult> models) {
  Table table({"model", "WRMSSE", "spread", "least", "most", "added", "bias", "rms bias",
               "WAPE l.1", "WAPE l.12", "WSPL"});
  double before = std::nan("");
  for (const ModelResult& model : models) {
    const Spread score = SpreadOf(model, [](const Accuracy& a) { return a.wrmsse(); });
    const Spread bias = SpreadOf(model, [](const Accuracy& a) { return LevelOf(a, 1).bias; });
    const auto wape = [&](int32_t level) {
      return SpreadOf(model, [=](const Accuracy& a) { return LevelOf(a, level).wape; }).mean;
    };
    if (score.count == 0) continue;
    const double wspl = HasQuantiles(model)
                            ? SpreadOf(model, [](const Accuracy& a) { return a.wspl(); }).mean
                            : std::nan("");
    table.Add({model.name, Number(score.mean), Number(score.deviation), Number(score.least),
               Number(score.most), Percent((before - score.mean) / before), Percent(bias.mean),
               Percent(bias.root_mean_square), Percent(wape(1)), Percent(wape(kLevelCount)),
               Number(wspl)});
    before = score.mean;
  }
  return table.ToString();
}

std::string OriginsText(std::span<const ModelResult> models, const Calendar& calendar) {
  std::vector<std::string> header = {"window"};
  for (const ModelResult& model : models) header.push_back(model.name);
  Table table(header);
  for (size_t k = 0; k < models.front().origins.size(); ++k) {
    std::vector<std::string> row = {WindowText(models.front().origins[k].origin, calendar)};
    for (const ModelResult& model : models) {
      const OriginResult& origin = model.origins[k];
      row.push_back(origin.is_scored ? Number(origin.accuracy.wrmsse()) : "-");
    }
    table.Add(row);
  }
  return table.ToString();
}

std::string LevelsText(std::span<const ModelResult> models) {
  std::string text;
  std::vector<std::string> header = {"level"};
  for (const ModelResult& model : models) header.push_back(model.name);
  Table table(header);
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    std::vector<std::string> row = {fmt::format("{} {}", level, LevelName(level))};
    for (const ModelResult& model : models) {
      row.push_back(Number(
          SpreadOf(model, [=](const Accuracy& a) { return LevelOf(a, level).wrmsse; }).mean));
    }
    table.Add(row);
  }
  text += table.ToString();
  for (const ModelResult& model : models) {
    if (!HasQuantiles(model)) continue;
    Table quantiles(
        {"level", "WSPL", "in 50 %", "in 67 %", "in 95 %", "PIT 50 %", "PIT 67 %", "PIT 95 %"});
    for (int32_t level = 1; level <= kLevelCount; ++level) {
      const auto mean = [&](const Figure& figure) { return SpreadOf(model, figure).mean; };
      std::vector<std::string> row = {
          fmt::format("{} {}", level, LevelName(level)),
          Number(mean([=](const Accuracy& a) { return LevelOf(a, level).wspl; }))};
      for (const auto coverage : {&LevelAccuracy::coverage, &LevelAccuracy::pit_coverage}) {
        for (size_t k = 0; k < kIntervals.size(); ++k) {
          row.push_back(
              Percent(mean([=](const Accuracy& a) { return (LevelOf(a, level).*coverage)[k]; })));
        }
      }
      quantiles.Add(row);
    }
    text += fmt::format("\n{}: quantiles by level\n{}", model.name, quantiles.ToString());
  }
  return text;
}

std::string DetailText(std::span<const ModelResult> models, const Calendar& calendar) {
  Table table({"model", "window", "level", "WRMSSE", "WAPE", "bias", "WSPL", "in 50 %", "in 67 %",
               "in 95 %"});
  for (const ModelResult& model : models) {
    for (const OriginResult& origin : model.origins) {
      if (!origin.is_scored) continue;
      const bool has_quantiles = origin.accuracy.has_quantiles;
      for (int32_t level = 1; level <= kLevelCount; ++level) {
        const LevelAccuracy& score = LevelOf(origin.accuracy, level);
        std::vector<std::string> row = {model.name,
                                        WindowText(origin.origin, calendar),
                                        fmt::format("{} {}", level, LevelName(level)),
                                        Number(score.wrmsse),
                                        Percent(score.wape),
                                        Percent(score.bias),
                                        has_quantiles ? Number(score.wspl) : "-"};
        for (const double share : score.coverage) {
          row.push_back(has_quantiles ? Percent(share) : "-");
        }
        table.Add(row);
      }
    }
  }
  return table.ToString();
}

Json CoverageJson(const std::array<double, 3>& coverage) {
  return {{"50", coverage[0]}, {"67", coverage[1]}, {"95", coverage[2]}};
}

Json OriginJson(const OriginResult& origin, const Calendar& calendar) {
  Json json = {{"origin", origin.origin.value()},
               {"window", WindowText(origin.origin, calendar)},
               {"scored", origin.is_scored}};
  if (!origin.is_scored) return json;
  const Accuracy& accuracy = origin.accuracy;
  json["wrmsse"] = JsonNumber(accuracy.wrmsse());
  json["wspl"] = accuracy.has_quantiles ? JsonNumber(accuracy.wspl()) : Json(nullptr);
  Json levels = Json::array();
  for (int32_t level = 1; level <= kLevelCount; ++level) {
    const LevelAccuracy& score = LevelOf(accuracy, level);
    Json row = {{"level", level},
                {"name", LevelName(level)},
                {"wrmsse", JsonNumber(score.wrmsse)},
                {"wape", JsonNumber(score.wape)},
                {"bias", JsonNumber(score.bias)}};
    row["wspl"] = accuracy.has_quantiles ? JsonNumber(score.wspl) : Json(nullptr);
    row["coverage"] = accuracy.has_quantiles ? CoverageJson(score.coverage) : Json(nullptr);
    row["pit_coverage"] = accuracy.has_quantiles ? CoverageJson(score.pit_coverage) : Json(nullptr);
    levels.push_back(std::move(row));
  }
  json["levels"] = std::move(levels);
  return json;
}

}  // namespace

std::string WindowText(Day origin, const Calendar& calendar) {
  const auto date = [&](Day day) {
    return FormatDate(calendar.first_date() + std::chrono::days(day.value() - 1));
  };
  return fmt::format("d_{}..d_{} ({} to {})", origin.value() + 1, origin.value() + kHorizon,
                     date(origin + 1), date(origin + kHorizon));
}

std::string EvaluationText(std::span<const ModelResult> models, const Calendar& calendar,
                           bool detail) {
  int scored = 0;
  for (const OriginResult& origin : models.front().origins) scored += origin.is_scored ? 1 : 0;
  std::string text;
  if (scored > 0) {
    text +=
        fmt::format("Over {} origin{}: WRMSSE, and what each model adds to the one above it\n{}",
                    scored, scored == 1 ? "" : "s", SummaryText(models));
    text += fmt::format("\nWRMSSE by window\n{}", OriginsText(models, calendar));
    text += fmt::format("\nWRMSSE by level, mean over origins\n{}", LevelsText(models));
    if (detail) text += fmt::format("\nEach origin and level\n{}", DetailText(models, calendar));
  }
  for (const OriginResult& origin : models.front().origins) {
    if (origin.is_scored) continue;
    text += fmt::format("no score: {} is not in the data\n", WindowText(origin.origin, calendar));
  }
  return text;
}

std::string EvaluationJson(std::span<const ModelResult> models, const Calendar& calendar) {
  Json list = Json::array();
  double before = std::nan("");
  for (const ModelResult& model : models) {
    const Spread score = SpreadOf(model, [](const Accuracy& a) { return a.wrmsse(); });
    const Spread bias = SpreadOf(model, [](const Accuracy& a) { return LevelOf(a, 1).bias; });
    Json json = {{"model", model.name}, {"version", model.version}};
    if (score.count > 0) {
      json["wrmsse"] = {{"mean", JsonNumber(score.mean)},
                        {"spread", JsonNumber(score.deviation)},
                        {"least", JsonNumber(score.least)},
                        {"most", JsonNumber(score.most)}};
      json["bias"] = {{"mean", JsonNumber(bias.mean)},
                      {"root_mean_square", JsonNumber(bias.root_mean_square)}};
      json["value_added"] = JsonNumber((before - score.mean) / before);
      if (HasQuantiles(model)) {
        json["wspl"] = JsonNumber(SpreadOf(model, [](const Accuracy& a) { return a.wspl(); }).mean);
      }
      before = score.mean;
    }
    json["seconds_following"] = ToSeconds(model.follow_time);
    json["seconds_forecasting"] = ToSeconds(model.forecast_time);
    json["origins"] = Json::array();
    for (const OriginResult& origin : model.origins) {
      json["origins"].push_back(OriginJson(origin, calendar));
    }
    list.push_back(std::move(json));
  }
  return DumpJson({{"models", std::move(list)}}) + "\n";
}

}  // namespace tillstream
