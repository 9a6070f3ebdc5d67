#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tillstream {

/// A datum of any Avro schema. It carries no schema: names and types are the schema's, the value
/// has what the bytes have. Records hold their fields in the schema's order.
struct Value {
  struct Null {
    friend bool operator==(const Null&, const Null&) = default;
  };
  struct Bytes {
    std::string bytes;
    friend bool operator==(const Bytes&, const Bytes&) = default;
  };
  struct Fixed {
    std::string bytes;
    friend bool operator==(const Fixed&, const Fixed&) = default;
  };
  struct Enum {
    int32_t index = 0;  ///< Into the schema's symbols.
    friend bool operator==(const Enum&, const Enum&) = default;
  };
  struct Array {
    std::vector<Value> items;
  };
  struct Map {
    std::vector<std::string> keys;  ///< In the order of the bytes; as many as `values`.
    std::vector<Value> values;
  };
  struct Record {
    std::vector<Value> fields;
  };

  std::variant<Null, bool, int32_t, int64_t, float, double, Bytes, std::string, Fixed, Enum, Array,
               Map, Record>
      data;
  /// Where the schema is a union: the branch that this value is of. -1 elsewhere. One number is
  /// enough, since no union stands directly in a union.
  int32_t branch = -1;

  /// The alternative T, which must be the one that is held.
  template <typename T>
  const T& as() const {
    return std::get<T>(data);
  }
  template <typename T>
  bool is() const {
    return std::holds_alternative<T>(data);
  }

  /// Values in it, itself included, plus the bytes of its texts: what making a copy costs.
  size_t Cost() const;

  /// For messages and test output: JSON-like, unions plain, bytes quoted.
  std::string ToString() const;

  /// Floats compare as numbers: a NaN equals nothing.
  friend bool operator==(const Value& a, const Value& b);
};

}  // namespace tillstream
