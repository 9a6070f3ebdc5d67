#include "dataset/csv.h"

#include <algorithm>

#include "base/text.h"

namespace tillstream {
namespace {

/// Names listed in a note before the rest is counted.
constexpr size_t kNamesListed = 10;

/// Reads the quoted cell whose opening quote stands at `begin`. Returns one past its closing quote,
/// or nullptr when there is none; the text, its doubled quotes made single, goes to `cell`.
char* ReadQuoted(char* begin, char* end, std::string_view* cell) {
  char* out = begin + 1;
  for (char* in = begin + 1; in != end; ++in) {
    if (*in == '"') {
      if (in + 1 == end || in[1] != '"') {
        *cell = {begin + 1, static_cast<size_t>(out - begin - 1)};
        return in + 1;
      }
      ++in;
    }
    *out++ = *in;
  }
  return nullptr;
}

}  // namespace

bool SplitCells(const Line& line, std::vector<std::string_view>* cells, QuoteFault* fault) {
  cells->clear();
  char* begin = line.begin;
  for (;;) {
    char* end = nullptr;
    if (begin != line.end && *begin == '"') {
      std::string_view cell;
      end = ReadQuoted(begin, line.end, &cell);
      if (end == nullptr) {
        *fault = {cells->size(), "expected a closing quote on the same line, found none"};
        return false;
      }
      if (end != line.end && *end != ',') {
        *fault = {cells->size(),
                  fmt::format("expected a comma after the closing quote, found {}",
                              Quote({end, static_cast<size_t>(line.end - end)}, 10))};
        return false;
      }
      cells->push_back(cell);
    } else {
      // The line ends in a comma of its own, so the search always succeeds.
      end = static_cast<char*>(std::memchr(begin, ',', static_cast<size_t>(line.end + 1 - begin)));
      const std::string_view cell(begin, static_cast<size_t>(end - begin));
      if (line.has_quote && cell.find('"') != std::string_view::npos) {
        *fault = {
            cells->size(),
            fmt::format("expected quotes around the whole cell or none, found {}", Quote(cell))};
        return false;
      }
      cells->push_back(cell);
    }
    if (end == line.end) return true;
    begin = end + 1;
  }
}

bool ReadHeader(LineReader* lines, FileFaults* faults, std::vector<std::string>* names) {
  Line line;
  if (!lines->Next(&line)) {
    if (lines->is_complete() && lines->status()) {
      faults->Add(0, "", "expected a header line, found {}",
                  lines->had_text() ? "only empty lines" : "an empty file");
    }
    return false;
  }
  // The line before this one may have been the header, and its loss has been reported.
  if (lines->dropped_lines() > 0) return false;
  std::vector<std::string_view> cells;
  QuoteFault fault;
  if (!SplitCells(line, &cells, &fault)) {
    faults->Add(line.number, fmt::format("{}", fault.cell + 1), "{}", fault.text);
    return false;
  }
  names->assign(cells.begin(), cells.end());
  return true;
}

bool FindColumns(std::span<const std::string> names, std::span<const std::string_view> needed,
                 const std::function<bool(std::string_view)>& is_known, FileFaults* faults,
                 std::vector<size_t>* indexes, std::vector<std::string>* ignored) {
  constexpr size_t kMissing = SIZE_MAX;
  const int64_t faults_before = faults->count();
  indexes->assign(needed.size(), kMissing);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto match = std::find(needed.begin(), needed.end(), names[i]);
    if (match == needed.end()) {
      if (!is_known(names[i])) ignored->push_back(names[i]);
      continue;
    }
    size_t& index = (*indexes)[static_cast<size_t>(match - needed.begin())];
    if (index != kMissing) {
      faults->Add(1, names[i], "expected this column once, found it as number {} and number {}",
                  index + 1, i + 1);
    } else {
      index = i;
    }
  }
  for (size_t k = 0; k < needed.size(); ++k) {
    if ((*indexes)[k] != kMissing) continue;
    const std::string near = Nearest(needed[k], *ignored);
    faults->Add(1, needed[k], "expected a column of this name, found none{}",
                near.empty() ? "" : fmt::format("; did you mean {}", Quote(near)));
  }
  return faults->count() == faults_before;
}

std::string IgnoredColumnsNote(const std::string& file, std::span<const std::string> ignored) {
  std::string list;
  const size_t listed = std::min(ignored.size(), kNamesListed);
  for (size_t i = 0; i < listed; ++i) {
    if (i > 0) list += i + 1 == ignored.size() ? " and " : ", ";
    list += Quote(ignored[i]);
  }
  if (listed < ignored.size()) list += fmt::format(" and {} more", ignored.size() - listed);
  return fmt::format("{}: column{} {} {} not needed and ignored", file,
                     ignored.size() == 1 ? "" : "s", list, ignored.size() == 1 ? "is" : "are");
}

bool SplitRow(const Line& line, std::span<const std::string> names, FileFaults* faults,
              std::vector<std::string_view>* cells) {
  QuoteFault fault;
  if (!SplitCells(line, cells, &fault)) {
    faults->Add(line.number, fault.cell < names.size() ? names[fault.cell] : "", "{}", fault.text);
    return false;
  }
  if (cells->size() != names.size()) {
    faults->Add(line.number, "", "expected {} cells as in the header, found {}", names.size(),
                cells->size());
    return false;
  }
  return true;
}

}  // namespace tillstream
