#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/line_reader.h"

namespace tillstream {

/// What is wrong with the quotes of a line, and in which cell.
struct QuoteFault {
  size_t cell = 0;  ///< 0-based.
  std::string text;
};

/// Cuts `line` into cells at commas; quotes around a cell are taken off, and two quotes inside them
/// are one. The cells are views into the line, which is written to. A cell ends on its line: a
/// quote that does not is a fault. Returns false with `fault` set; `cells` then ends before it.
bool SplitCells(const Line& line, std::vector<std::string_view>* cells, QuoteFault* fault);

/// The first line of a file. Returns false, with the fault reported, when there is none or it
/// cannot be cut.
bool ReadHeader(LineReader* lines, FileFaults* faults, std::vector<std::string>* names);

/// Finds the columns in `needed` and puts their indexes into `indexes`, in the same order. A column
/// that is missing or there twice is reported; returns whether none was. Columns that are neither
/// needed nor known go to `ignored`.
bool FindColumns(std::span<const std::string> names, std::span<const std::string_view> needed,
                 const std::function<bool(std::string_view)>& is_known, FileFaults* faults,
                 std::vector<size_t>* indexes, std::vector<std::string>* ignored);

/// `<file>: columns "a" and "b" are not needed and ignored`.
std::string IgnoredColumnsNote(const std::string& file, std::span<const std::string> ignored);

/// Reports a row that has not as many cells as the header, or whose quotes are wrong; returns
/// whether neither is so.
bool SplitRow(const Line& line, std::span<const std::string> names, FileFaults* faults,
              std::vector<std::string_view>* cells);

}  // namespace tillstream
