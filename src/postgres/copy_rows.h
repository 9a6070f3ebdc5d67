#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "model/date.h"
#include "model/money.h"

namespace tillstream {

/// Rows in the binary format of COPY: each the number of its fields, and for each field its size
/// and its bytes, big endian. The caller appends the fields that it promised.
class CopyRows {
 public:
  /// Bytes of a row beside its texts: more than any of our tables has.
  static constexpr size_t kRowBytesMax = 256;

  /// Forgets all; the memory stays.
  void Clear() { size_ = 0; }

  /// What a stream begins and ends with.
  void AppendHeader();
  void AppendTrailer();

  /// Begins a row of so many fields, whose texts have `text_bytes` in all.
  void BeginRow(int16_t field_count, size_t text_bytes);
  void AppendText(std::string_view text);
  void AppendInt32(int32_t value);
  void AppendInt64(int64_t value);
  void AppendDate(Date date);
  /// A numeric with two decimals. `cents` is not negative.
  void AppendMoney(Cents cents);
  void AppendNull();

  std::string_view bytes() const { return {bytes_.data(), size_}; }
  size_t size_bytes() const { return size_; }

 private:
  template <typename T>
  void Append(T value);
  void Reserve(size_t more);

  std::vector<char> bytes_;
  size_t size_ = 0;
};

}  // namespace tillstream
