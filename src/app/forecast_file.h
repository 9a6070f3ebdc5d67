#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/output_file.h"
#include "base/result.h"
#include "forecast/hierarchy.h"
#include "model/ids.h"

namespace tillstream {

/// The two halves of Kaggle's files. Their rows' names end in "_validation" and "_evaluation".
enum class Phase : size_t { kValidation, kEvaluation };
inline constexpr size_t kPhaseCount = 2;
const char* PhaseName(Phase phase);

/// Writes a submission: a header, then a row a forecast. docs/formats/submission.md.
class ForecastFileWriter {
 public:
  static Result<ForecastFileWriter> Create(FileSystem& files, const std::string& path);

  /// `means` is [kHorizon][series]. Rows come in the order of the sales file.
  Status AppendMeans(Phase phase, const Hierarchy& hierarchy, std::span<const float> means);
  /// `quantiles` is [node][kHorizon][kQuantileCount].
  Status AppendQuantiles(Phase phase, const Hierarchy& hierarchy, std::span<const float> quantiles);
  Status Close() { return file_.Close(); }

 private:
  explicit ForecastFileWriter(OutputFile file) : file_(std::move(file)) {}
  OutputFile file_;
};

/// What a submission says.
struct ForecastFile {
  bool has_quantiles = false;
  /// By phase: means [kHorizon][series] or quantiles [node][kHorizon][kQuantileCount]; empty where
  /// the file has no row of the phase.
  std::array<std::vector<float>, kPhaseCount> phases;
};

/// Reads one, plain or .gz. kBadInput for a row that is not of the hierarchy, is there twice, or
/// has no 28 numbers, and for a phase that is not complete.
Result<ForecastFile> ReadForecastFile(FileSystem& files, const std::string& path,
                                      const Hierarchy& hierarchy);

/// The units of the days of one window, from a sales file.
struct ActualDays {
  Day first;
  std::vector<float> units;  ///< [kHorizon][series]
};

/// Reads from the sales file at `path` (columns id and d_N; plain or .gz) the windows that begin on
/// one of `firsts` and are all there. kBadInput when none is, and for rows that are missing or
/// wrong.
Result<std::vector<ActualDays>> ReadActuals(FileSystem& files, const std::string& path,
                                            const Hierarchy& hierarchy,
                                            std::span<const Day> firsts);

}  // namespace tillstream
