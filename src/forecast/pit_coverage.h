#pragma once

#include <span>

#include "forecast/accuracy.h"
#include "forecast/hierarchy.h"

namespace tillstream {

/// Adds LevelAccuracy::pit_coverage; arguments as of ScoreQuantiles().
///
/// An interval between quantiles of counts covers more than it is called, since it holds all of
/// both its ends: where most days sell nothing or one, those are all there is. Here a day counts
/// with the part of its own probability, [F(y - 1), F(y)], that lies between the two quantiles: the
/// nonrandomised probability integral transform (Czado, Gneiting, Held: Predictive model assessment
/// for count data, Biometrics 65, 2009). The mean over days is the interval's name when F is right,
/// whether counts are small or large. F(y) is read at y + 1/2 from lines that join the quantiles.
void ScorePitCoverage(const Hierarchy& hierarchy, std::span<const double> actual,
                      std::span<const float> quantiles, Accuracy* accuracy);

}  // namespace tillstream
