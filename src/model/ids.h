#pragma once

#include <compare>
#include <cstdint>

namespace tillstream {

/// An integer that is not to be mixed up with another kind of integer. Adding a plain count gives
/// the same kind; the difference of two is a plain count.
template <typename Tag, typename Int>
class NamedInteger {
 public:
  using ValueType = Int;
  constexpr NamedInteger() = default;
  constexpr explicit NamedInteger(Int value) : value_(value) {}
  constexpr Int value() const { return value_; }
  friend constexpr auto operator<=>(NamedInteger, NamedInteger) = default;
  friend constexpr NamedInteger operator+(NamedInteger a, Int n) {
    return NamedInteger(a.value_ + n);
  }
  friend constexpr NamedInteger operator-(NamedInteger a, Int n) {
    return NamedInteger(a.value_ - n);
  }
  friend constexpr Int operator-(NamedInteger a, NamedInteger b) { return a.value_ - b.value_; }
  constexpr NamedInteger& operator++() {
    ++value_;
    return *this;
  }

 private:
  Int value_ = 0;
};

/// Place of a record in a partition. On Kafka some offsets carry no record.
using Offset = NamedInteger<struct OffsetTag, int64_t>;

/// Index of an event in a store stream, and of the next one to come when it names a state. On the
/// embedded log it equals the offset (plan `store`).
using Position = NamedInteger<struct PositionTag, int64_t>;

/// Number of a partition in its topic.
using PartitionId = NamedInteger<struct PartitionTag, int32_t>;

/// Day number, 1-based: N of the calendar's d_N.
using Day = NamedInteger<struct DayTag, int32_t>;

/// Id of a registered schema.
using SchemaId = NamedInteger<struct SchemaIdTag, int32_t>;

/// Milliseconds since 1970-01-01T00:00 in event time: the store's local wall time written as if it
/// were UTC.
using Timestamp = NamedInteger<struct TimestampTag, int64_t>;

}  // namespace tillstream
