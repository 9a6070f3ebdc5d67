#include "app/forecast_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "base/text.h"
#include "dataset/csv.h"
#include "dataset/line_reader.h"
#include "forecast/horizon.h"

namespace tillstream {
namespace {

constexpr std::string_view kQuantileNames[kQuantileCount] = {
    "0.005", "0.025", "0.165", "0.250", "0.500", "0.750", "0.835", "0.975", "0.995"};

std::string Header() {
  std::string header = "id";
  for (int32_t h = 1; h <= kHorizon; ++h) header += fmt::format(",F{}", h);
  return header;
}

/// The name that a row of level 12 has: item_store.
std::string SeriesName(const Hierarchy& hierarchy, int32_t series) {
  return hierarchy.NodeName(hierarchy.first_node(kLevelCount) + series);
}

std::optional<Phase> TakePhase(std::string_view* id) {
  for (const Phase phase : {Phase::kValidation, Phase::kEvaluation}) {
    const std::string suffix = std::string("_") + PhaseName(phase);
    if (!id->ends_with(suffix)) continue;
    id->remove_suffix(suffix.size());
    return phase;
  }
  return std::nullopt;
}

/// The index of the quantile that `id` ends in, which is taken off.
std::optional<size_t> TakeQuantile(std::string_view* id) {
  for (size_t u = 0; u < kQuantileCount; ++u) {
    if (!id->ends_with(kQuantileNames[u]) || id->size() <= kQuantileNames[u].size() + 1) continue;
    std::string_view rest = id->substr(0, id->size() - kQuantileNames[u].size());
    if (rest.back() != '_') continue;
    rest.remove_suffix(1);
    *id = rest;
    return u;
  }
  return std::nullopt;
}

std::optional<float> ParseNumber(std::string_view text) {
  float number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

/// One table of text, row by row.
class TableReader {
 public:
  using Row = std::function<Status(int64_t line, std::span<const std::string_view> cells)>;

  explicit TableReader(std::string path) : path_(std::move(path)) {}

  /// `header` sees the names first.
  Status Read(FileSystem& files,
              const std::function<Status(const std::vector<std::string>&)>& header,
              const Row& row) {
    FaultList faults;
    FileFaults of_file(path_, &faults);
    TILLSTREAM_ASSIGN(const std::unique_ptr<TextInput> input, TextInput::Open(files, path_));
    LineReader lines(input.get(), &of_file);
    std::vector<std::string> names;
    if (ReadHeader(&lines, &of_file, &names)) {
      TILLSTREAM_TRY(header(names));
      Line line;
      std::vector<std::string_view> cells;
      while (faults.empty() && lines.Next(&line)) {
        if (!SplitRow(line, names, &of_file, &cells)) break;
        TILLSTREAM_TRY(row(line.number, cells));
      }
    }
    TILLSTREAM_TRY(lines.status());
    if (faults.empty()) return Ok();
    return Error{ErrorCode::kBadInput, faults.faults().front().ToString()};
  }

  template <typename... Args>
  Error Fault(int64_t line, fmt::format_string<Args...> format, Args&&... args) const {
    const std::string where = line > 0 ? fmt::format("{}:{}", path_, line) : path_;
    return Error{ErrorCode::kBadInput,
                 where + ": " + fmt::format(format, std::forward<Args>(args)...)};
  }

 private:
  const std::string path_;
};

using Numbers = std::unordered_map<std::string, int32_t>;

Numbers NumberSeries(const Hierarchy& hierarchy) {
  Numbers numbers;
  for (int32_t i = 0; i < hierarchy.series_count(); ++i) {
    numbers.emplace(SeriesName(hierarchy, i), i);
  }
  return numbers;
}

Numbers NumberNodes(const Hierarchy& hierarchy) {
  Numbers numbers;
  for (int32_t node = 0; node < hierarchy.node_count(); ++node) {
    numbers.emplace(hierarchy.NodeName(node), node);
  }
  return numbers;
}

/// Reads the rows of a submission into their places.
class SubmissionRows {
 public:
  SubmissionRows(const TableReader& table, const Hierarchy& hierarchy)
      : table_(table),
        hierarchy_(hierarchy),
        series_(NumberSeries(hierarchy)),
        nodes_(NumberNodes(hierarchy)) {}

  Status Add(int64_t line, std::span<const std::string_view> cells) {
    std::string_view id = cells[0];
    const std::optional<Phase> phase = TakePhase(&id);
    if (!phase) {
      return table_.Fault(line, "expected an id ending in _validation or _evaluation, found {}",
                          Quote(cells[0]));
    }
    const std::optional<size_t> quantile = TakeQuantile(&id);
    if (rows_ == 0) file_.has_quantiles = quantile.has_value();
    if (quantile.has_value() != file_.has_quantiles) {
      return table_.Fault(line, "expected rows {} a quantile as the first one, found {}",
                          file_.has_quantiles ? "with" : "without", Quote(cells[0]));
    }
    const Numbers& numbers = file_.has_quantiles ? nodes_ : series_;
    const auto found = numbers.find(std::string(id));
    if (found == numbers.end()) {
      return table_.Fault(line, "expected a {} of the dataset, found {}",
                          file_.has_quantiles ? "node" : "series", Quote(cells[0]));
    }
    const auto p = static_cast<size_t>(*phase);
    const auto index = static_cast<size_t>(found->second);
    const size_t slot = index * (file_.has_quantiles ? kQuantileCount : 1) + quantile.value_or(0);
    if (seen_[p].empty()) {
      seen_[p].resize(RowCount());
      file_.phases[p].resize(RowCount() * kHorizon);
    }
    if (seen_[p][slot]) return table_.Fault(line, "{} is there twice", Quote(cells[0]));
    seen_[p][slot] = true;
    ++rows_;
    for (size_t h = 0; h < kHorizon; ++h) {
      const std::optional<float> number = ParseNumber(cells[h + 1]);
      if (!number) {
        return table_.Fault(line, "column F{}: expected a number, found {}", h + 1,
                            Quote(cells[h + 1]));
      }
      const size_t at = file_.has_quantiles
                            ? (index * kHorizon + h) * kQuantileCount + *quantile
                            : h * static_cast<size_t>(hierarchy_.series_count()) + index;
      file_.phases[p][at] = *number;
    }
    return Ok();
  }

  Result<ForecastFile> Finish() {
    if (rows_ == 0) return table_.Fault(0, "expected rows after the header, found none");
    for (size_t p = 0; p < kPhaseCount; ++p) {
      if (seen_[p].empty()) continue;
      const auto count = static_cast<size_t>(std::count(seen_[p].begin(), seen_[p].end(), true));
      if (count == seen_[p].size()) continue;
      return table_.Fault(0, "expected {} rows ending in _{}, found {}",
                          WithThousands(static_cast<int64_t>(seen_[p].size())),
                          PhaseName(static_cast<Phase>(p)),
                          WithThousands(static_cast<int64_t>(count)));
    }
    return std::move(file_);
  }

 private:
  size_t RowCount() const {
    return file_.has_quantiles ? static_cast<size_t>(hierarchy_.node_count()) * kQuantileCount
                               : static_cast<size_t>(hierarchy_.series_count());
  }

  const TableReader& table_;
  const Hierarchy& hierarchy_;
  const Numbers series_;
  const Numbers nodes_;
  ForecastFile file_;
  std::array<std::vector<bool>, kPhaseCount> seen_;
  int64_t rows_ = 0;
};

/// Where the columns of a window stand; empty when one is missing.
std::vector<size_t> ColumnsOf(const std::vector<std::string>& names, Day first) {
  std::vector<size_t> columns;
  for (int32_t h = 0; h < kHorizon; ++h) {
    const std::string name = fmt::format("d_{}", first.value() + h);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return {};
    columns.push_back(static_cast<size_t>(found - names.begin()));
  }
  return columns;
}

}  // namespace

const char* PhaseName(Phase phase) {
  return phase == Phase::kValidation ? "validation" : "evaluation";
}

Result<ForecastFileWriter> ForecastFileWriter::Create(FileSystem& files, const std::string& path) {
  TILLSTREAM_ASSIGN(OutputFile file, OutputFile::Create(files, path));
  file.buffer() = Header() + "\n";
  return ForecastFileWriter(std::move(file));
}

Status ForecastFileWriter::AppendMeans(Phase phase, const Hierarchy& hierarchy,
                                       std::span<const float> means) {
  const auto series = static_cast<size_t>(hierarchy.series_count());
  std::vector<int32_t> order(series);
  for (size_t i = 0; i < series; ++i) {
    order[static_cast<size_t>(hierarchy.input_index(static_cast<int32_t>(i)))] =
        static_cast<int32_t>(i);
  }
  for (const int32_t i : order) {
    std::string& out = file_.buffer();
    out += SeriesName(hierarchy, i) + "_" + PhaseName(phase);
    for (size_t h = 0; h < kHorizon; ++h) {
      fmt::format_to(std::back_inserter(out), ",{:.6g}",
                     means[h * series + static_cast<size_t>(i)]);
    }
    out += '\n';
    TILLSTREAM_TRY(file_.WriteWhenFull());
  }
  return Ok();
}

Status ForecastFileWriter::AppendQuantiles(Phase phase, const Hierarchy& hierarchy,
                                           std::span<const float> quantiles) {
  for (int32_t node = 0; node < hierarchy.node_count(); ++node) {
    const std::string name = hierarchy.NodeName(node);
    const auto of_node = static_cast<size_t>(node) * kHorizon;
    for (size_t u = 0; u < kQuantileCount; ++u) {
      std::string& out = file_.buffer();
      fmt::format_to(std::back_inserter(out), "{}_{}_{}", name, kQuantileNames[u],
                     PhaseName(phase));
      for (size_t h = 0; h < kHorizon; ++h) {
        fmt::format_to(std::back_inserter(out), ",{:.6g}",
                       quantiles[(of_node + h) * kQuantileCount + u]);
      }
      out += '\n';
    }
    TILLSTREAM_TRY(file_.WriteWhenFull());
  }
  return Ok();
}

Result<ForecastFile> ReadForecastFile(FileSystem& files, const std::string& path,
                                      const Hierarchy& hierarchy) {
  TableReader table(path);
  SubmissionRows rows(table, hierarchy);
  const auto header = [&](const std::vector<std::string>& names) -> Status {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    if (text == Header()) return Ok();
    return table.Fault(1, "expected the columns id,F1,...,F28, found {}", Quote(text));
  };
  TILLSTREAM_TRY(
      table.Read(files, header, [&](int64_t line, std::span<const std::string_view> cells) {
        return rows.Add(line, cells);
      }));
  return rows.Finish();
}

Result<std::vector<ActualDays>> ReadActuals(FileSystem& files, const std::string& path,
                                            const Hierarchy& hierarchy,
                                            std::span<const Day> firsts) {
  TableReader table(path);
  const auto series = static_cast<size_t>(hierarchy.series_count());
  const Numbers numbers = NumberSeries(hierarchy);
  std::vector<ActualDays> windows;
  std::vector<std::vector<size_t>> columns;
  size_t id_column = 0;
  std::vector<bool> seen(series);
  const auto header = [&](const std::vector<std::string>& names) -> Status {
    const auto id = std::find(names.begin(), names.end(), "id");
    if (id == names.end()) return table.Fault(1, "expected a column id, found none");
    id_column = static_cast<size_t>(id - names.begin());
    std::string needed;
    for (const Day first : firsts) {
      needed += fmt::format("{}d_{} to d_{}", needed.empty() ? "" : " or ", first.value(),
                            first.value() + kHorizon - 1);
      std::vector<size_t> of_window = ColumnsOf(names, first);
      if (of_window.empty()) continue;
      columns.push_back(std::move(of_window));
      windows.push_back({first, std::vector<float>(series * kHorizon)});
    }
    return windows.empty() ? Status(table.Fault(1, "expected columns {}, found neither", needed))
                           : Ok();
  };
  const auto row = [&](int64_t line, std::span<const std::string_view> cells) -> Status {
    std::string_view id = cells[id_column];
    TakePhase(&id);
    const auto found = numbers.find(std::string(id));
    if (found == numbers.end()) {
      return table.Fault(line, "expected a series of the dataset, found {}",
                         Quote(cells[id_column]));
    }
    const auto i = static_cast<size_t>(found->second);
    if (seen[i]) return table.Fault(line, "{} is there twice", Quote(cells[id_column]));
    seen[i] = true;
    for (size_t w = 0; w < windows.size(); ++w) {
      for (size_t h = 0; h < kHorizon; ++h) {
        const std::string_view cell = cells[columns[w][h]];
        const std::optional<float> number = ParseNumber(cell);
        if (!number || *number < 0) {
          return table.Fault(line, "column d_{}: expected a number of units, found {}",
                             windows[w].first.value() + static_cast<int32_t>(h), Quote(cell));
        }
        windows[w].units[h * series + i] = *number;
      }
    }
    return Ok();
  };
  TILLSTREAM_TRY(table.Read(files, header, row));
  const auto missing = std::find(seen.begin(), seen.end(), false);
  if (missing != seen.end()) {
    return table.Fault(0, "expected a row for each of {} series; {} has none",
                       WithThousands(hierarchy.series_count()),
                       SeriesName(hierarchy, static_cast<int32_t>(missing - seen.begin())));
  }
  return windows;
}

}  // namespace tillstream
