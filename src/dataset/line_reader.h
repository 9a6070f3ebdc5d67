#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dataset/faults.h"
#include "dataset/text_input.h"

namespace tillstream {

/// Longest line that is read. A row of a hundred years of days, each cell as long as a cell can
/// be, takes 0.4 MB.
inline constexpr size_t kLineBytesMax = size_t{1} << 20;

/// Adds faults of one file to the list of all.
class FileFaults {
 public:
  FileFaults(std::string file, FaultList* faults) : file_(std::move(file)), faults_(faults) {}

  template <typename... Args>
  void Add(int64_t line, std::string_view column, fmt::format_string<Args...> format,
           Args&&... args) {
    ++count_;
    if (faults_->full()) {
      faults_->Count();
    } else {
      faults_->Add(
          {file_, line, std::string(column), fmt::format(format, std::forward<Args>(args)...)});
    }
  }

  const std::string& file() const { return file_; }
  int64_t count() const { return count_; }  ///< Of this file.

 private:
  std::string file_;
  FaultList* faults_;
  int64_t count_ = 0;
};

/// A line without its line break.
struct Line {
  char* begin = nullptr;
  /// One past the last byte. `*end` is a comma that stands where the line break was, so that every
  /// cell of the line ends in one.
  char* end = nullptr;
  int64_t number = 0;      ///< 1-based, as a text editor counts.
  bool has_quote = false;  ///< Whether a double quote is in it.

  std::string_view text() const { return {begin, static_cast<size_t>(end - begin)}; }
};

/// Cuts a text into lines: at LF or CRLF, a UTF-8 byte order mark left out, the last line with or
/// without a line break, empty lines at the end left out.
///
/// Reports, and goes on after: a line with a NUL byte, an empty line before another line. Reports,
/// and ends the file there: UTF-16, a compressed file under a wrong name, damaged gzip, a line
/// longer than kLineBytesMax.
class LineReader {
 public:
  /// Both must outlive the reader.
  LineReader(TextInput* input, FileFaults* faults);

  /// Gets the next line, which stays until the next call and may be written to; false at the end
  /// and after a failure.
  bool Next(Line* line) {
    for (;;) {
      char* const newline = position_ == filled_
                                ? nullptr
                                : static_cast<char*>(std::memchr(
                                      position_, '\n', static_cast<size_t>(filled_ - position_)));
      if (newline == nullptr) {
        if (!Refill()) return false;
        continue;
      }
      line->begin = position_;
      line->end = newline;
      line->number = ++line_number_;
      position_ = newline + 1;
      if (newline != line->begin && newline[-1] == '\r') --line->end;
      line->has_quote = next_quote_ < newline;
      if (next_special_ < newline || line->begin == line->end || blank_line_ != 0 ||
          static_cast<size_t>(newline - line->begin) > kLineBytesMax) [[unlikely]] {
        if (!CheckSpecial(line, newline)) continue;
      }
      *line->end = ',';
      return true;
    }
  }

  /// False when some line could not be handed out, or the file ended early, for a fault.
  bool is_complete() const { return is_complete_; }
  /// Lines that were left out for a fault of their own, with lines after them.
  int64_t dropped_lines() const { return dropped_lines_; }
  /// False when the text held no byte but a mark.
  bool had_text() const { return had_text_; }
  /// kIoError when reading failed.
  const Status& status() const { return status_; }

 private:
  /// Gets more bytes behind what is left; false when there are none.
  bool Refill();
  bool CheckStart();
  bool CheckSpecial(Line* line, char* newline);
  /// Moves next_quote_, next_nul_ and next_special_ to `from` or behind it.
  void FindSpecials(char* from);
  bool Fail();
  bool FailTooLong(int64_t line);

  TextInput* const input_;
  FileFaults* const faults_;
  std::vector<char> buffer_;
  char* position_;  ///< Start of the next line.
  char* filled_;    ///< One past the last byte of text in the buffer.
  char* next_quote_;
  char* next_nul_;
  char* next_special_;  ///< The nearer of the two.
  int64_t line_number_ = 0;
  int64_t blank_line_ = 0;  ///< The first empty line since the last that was not; 0 for none.
  int64_t dropped_lines_ = 0;
  bool started_ = false;
  bool had_text_ = false;
  bool at_end_ = false;
  bool is_complete_ = true;
  Status status_;
};

}  // namespace tillstream
