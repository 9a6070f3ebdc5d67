#include "dataset/line_reader.h"

#include <algorithm>

#include "base/text.h"

namespace tillstream {
namespace {

/// Text read at a time: small enough that it is still in the second-level cache when it is parsed.
constexpr size_t kChunkBytes = size_t{256} << 10;

/// Bytes that tell a byte order mark or a compressed file.
constexpr size_t kStartBytes = 4;

char* FindByte(char* begin, char* end, char byte) {
  if (begin == end) return end;
  void* const found = std::memchr(begin, byte, static_cast<size_t>(end - begin));
  return found == nullptr ? end : static_cast<char*>(found);
}

}  // namespace

LineReader::LineReader(TextInput* input, FileFaults* faults)
    : input_(input),
      faults_(faults),
      buffer_(kChunkBytes),
      position_(buffer_.data()),
      filled_(buffer_.data()),
      next_quote_(filled_),
      next_nul_(filled_),
      next_special_(filled_) {}

bool LineReader::Fail() {
  is_complete_ = false;
  at_end_ = true;
  position_ = filled_ = buffer_.data();
  return false;
}

bool LineReader::FailTooLong(int64_t line) {
  faults_->Add(line, "", "expected a line of at most {} bytes, found a longer one",
               WithThousands(int64_t{kLineBytesMax}));
  return Fail();
}

void LineReader::FindSpecials(char* from) {
  // Each only when it was passed: a text full of quotes must not be searched for NUL again a line.
  if (next_quote_ < from) next_quote_ = FindByte(from, filled_, '"');
  if (next_nul_ < from) next_nul_ = FindByte(from, filled_, '\0');
  next_special_ = std::min(next_quote_, next_nul_);
}

bool LineReader::Refill() {
  if (at_end_) return false;
  const auto rest = static_cast<size_t>(filled_ - position_);
  if (rest > kLineBytesMax) return FailTooLong(line_number_ + 1);
  if (rest > 0) std::memmove(buffer_.data(), position_, rest);
  // One byte is kept for the line break that a last line may lack.
  if (buffer_.size() < 2 * rest + 2) buffer_.resize(2 * buffer_.size());
  position_ = buffer_.data();
  filled_ = position_ + rest;
  char* const space_end = filled_ + std::min(buffer_.size() - rest - 1, kChunkBytes - 1);
  // The start of the text is looked at as a whole, so a few bytes must be there at once.
  const size_t size_min = started_ ? 1 : kStartBytes;
  while (!at_end_ && filled_ < position_ + rest + size_min) {
    const Result<size_t> size = input_->Read(filled_, static_cast<size_t>(space_end - filled_));
    if (!size) {
      if (size.error().code == ErrorCode::kBadInput) {
        faults_->Add(line_number_ + 1, "", "{}", size.error().message);
      } else {
        status_ = size.error();
      }
      return Fail();
    }
    filled_ += *size;
    at_end_ = *size == 0;
  }
  if (!started_ && !CheckStart()) return Fail();
  if (at_end_) {
    if (position_ == filled_) return false;
    *filled_++ = '\n';
  }
  next_quote_ = FindByte(position_, filled_, '"');
  next_nul_ = FindByte(position_, filled_, '\0');
  next_special_ = std::min(next_quote_, next_nul_);
  return true;
}

bool LineReader::CheckStart() {
  started_ = true;
  const std::string_view text(position_, static_cast<size_t>(filled_ - position_));
  if (text.starts_with("\xEF\xBB\xBF")) {
    position_ += 3;
    had_text_ = text.size() > 3;
    return true;
  }
  had_text_ = !text.empty();
  const bool has_mark = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  // Without a mark: one of the first two bytes of a Latin letter in UTF-16 is zero.
  if (has_mark || (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'))) {
    faults_->Add(1, "", "expected text in UTF-8, found UTF-16");
    return false;
  }
  if (text.starts_with("\x1F\x8B")) {
    faults_->Add(1, "", "expected text, found gzip data; name the file {}.gz", faults_->file());
    return false;
  }
  if (text.starts_with("PK\x03\x04")) {
    faults_->Add(1, "", "expected text, found a zip archive; unpack it");
    return false;
  }
  return true;
}

bool LineReader::CheckSpecial(Line* line, char* newline) {
  if (static_cast<size_t>(newline - line->begin) > kLineBytesMax) return FailTooLong(line->number);
  if (next_special_ < newline) {
    const bool has_nul = next_nul_ < newline;
    FindSpecials(newline);
    if (has_nul) {
      faults_->Add(line->number, "", "expected text, found a NUL byte");
      is_complete_ = false;
      ++dropped_lines_;
      return false;
    }
  }
  if (line->begin == line->end) {
    if (blank_line_ == 0) blank_line_ = line->number;
    return false;
  }
  if (blank_line_ != 0) {
    faults_->Add(blank_line_, "", "expected a row, found an empty line");
    blank_line_ = 0;
  }
  return true;
}

}  // namespace tillstream
