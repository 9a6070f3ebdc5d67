#pragma once

#include <span>
#include <string>

#include "app/evaluation.h"
#include "dataset/dataset.h"

namespace tillstream {

/// The scores as tables: over all origins, by origin, by level; with `detail` each row by itself.
std::string EvaluationText(std::span<const ModelResult> models, const Calendar& calendar,
                           bool detail);

/// One line: an object with the models, their origins and levels. Numbers that are not defined are
/// null.
std::string EvaluationJson(std::span<const ModelResult> models, const Calendar& calendar);

/// "d_1914..d_1941 (2016-04-25 to 2016-05-22)": the days that a score is about.
std::string WindowText(Day origin, const Calendar& calendar);

}  // namespace tillstream
