#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream {

/// Writes structures in Thrift's compact protocol, which Parquet's page headers and footer are in.
/// Fields must come in the order of their ids. Appends to a string; not thread safe.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string* out) : out_(out) { last_ids_.push_back(0); }

  void Int32(int id, int32_t value) { Number(id, kInt32, value); }
  void Int64(int id, int64_t value) { Number(id, kInt64, value); }
  void Text(int id, std::string_view text) {
    Header(id, kBinary);
    RawText(text);
  }

  void BeginStruct(int id) {
    Header(id, kStruct);
    last_ids_.push_back(0);
  }
  /// Ends a structure; the outermost one too.
  void EndStruct() {
    out_->push_back(0);
    last_ids_.pop_back();
  }

  /// A list of structures: each is BeginElement() ... EndStruct().
  void BeginStructs(int id, size_t count) { BeginList(id, count, kStruct); }
  void BeginElement() { last_ids_.push_back(0); }
  /// Lists of plain values: each RawNumber() or RawText().
  void BeginNumbers(int id, size_t count) { BeginList(id, count, kInt32); }
  void BeginTexts(int id, size_t count) { BeginList(id, count, kBinary); }
  void RawNumber(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void RawText(std::string_view text) {
    Varint(text.size());
    out_->append(text);
  }

 private:
  enum Type : uint8_t { kInt32 = 5, kInt64 = 6, kBinary = 8, kList = 9, kStruct = 12 };

  void Number(int id, Type type, int64_t value) {
    Header(id, type);
    RawNumber(value);
  }
  void BeginList(int id, size_t count, Type type) {
    Header(id, kList);
    if (count < 15) {
      out_->push_back(static_cast<char>((count << 4) | type));
    } else {
      out_->push_back(static_cast<char>(0xF0 | type));
      Varint(count);
    }
  }
  /// All ids of Parquet are within 15 of the one before.
  void Header(int id, Type type) {
    out_->push_back(static_cast<char>(((id - last_ids_.back()) << 4) | type));
    last_ids_.back() = id;
  }
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_->push_back(static_cast<char>(value | 0x80));
    out_->push_back(static_cast<char>(value));
  }

  std::string* out_;
  std::vector<int> last_ids_;
};

}  // namespace tillstream
