#include "postgres/copy_rows.h"

#include <array>
#include <chrono>
#include <cstring>

#include "base/check.h"
#include "base/endian.h"

namespace tillstream {
namespace {

/// Signature, flags, and the size of an extension that nobody has.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

/// PostgreSQL's dates count from here.
constexpr Date kEpoch = std::chrono::year(2000) / 1 / 1;

/// A numeric is a number of digits to this base.
constexpr int64_t kNumericBase = 10000;
constexpr int64_t kCentsOfUnit = 100;

}  // namespace

void CopyRows::Reserve(size_t more) {
  if (bytes_.size() - size_ < more) bytes_.resize((size_ + more) * 2);
}

template <typename T>
void CopyRows::Append(T value) {
  StoreBigEndian(value, bytes_.data() + size_);
  size_ += sizeof(value);
}

void CopyRows::AppendHeader() {
  Reserve(kHeader.size());
  std::memcpy(bytes_.data() + size_, kHeader.data(), kHeader.size());
  size_ += kHeader.size();
}

void CopyRows::AppendTrailer() {
  Reserve(sizeof(int16_t));
  Append<int16_t>(-1);
}

void CopyRows::BeginRow(int16_t field_count, size_t text_bytes) {
  Reserve(kRowBytesMax + text_bytes);
  Append(field_count);
}

void CopyRows::AppendText(std::string_view text) {
  Append(static_cast<int32_t>(text.size()));
  std::memcpy(bytes_.data() + size_, text.data(), text.size());
  size_ += text.size();
}

void CopyRows::AppendInt32(int32_t value) {
  Append<int32_t>(sizeof(value));
  Append(value);
}

void CopyRows::AppendInt64(int64_t value) {
  Append<int32_t>(sizeof(value));
  Append(value);
}

void CopyRows::AppendDate(Date date) { AppendInt32(static_cast<int32_t>((date - kEpoch).count())); }

void CopyRows::AppendMoney(Cents cents) {
  TILLSTREAM_CHECK(cents >= 0);
  // Digits from the last: the first of them has the two decimals.
  std::array<int16_t, 6> digits{};
  int16_t count = 0;
  digits[count++] = static_cast<int16_t>(cents % kCentsOfUnit * kCentsOfUnit);
  for (int64_t rest = cents / kCentsOfUnit; rest > 0; rest /= kNumericBase) {
    digits[count++] = static_cast<int16_t>(rest % kNumericBase);
  }
  const int16_t weight =
      static_cast<int16_t>(count - 2);  // Of the first digit: base to this power.
  Append<int32_t>(static_cast<int32_t>(sizeof(int16_t)) * (4 + count));
  Append(count);
  Append(weight);
  Append<int16_t>(0);  // Positive.
  Append<int16_t>(2);  // Decimals to show.
  while (count > 0) Append(digits[--count]);
}

void CopyRows::AppendNull() { Append<int32_t>(-1); }

}  // namespace tillstream
