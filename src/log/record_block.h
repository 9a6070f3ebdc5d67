#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/endian.h"
#include "base/varint.h"
#include "model/ids.h"

namespace tillstream {

struct HeaderView {
  std::string_view key;
  std::string_view value;
};

/// A record as it is read from a log. Views are valid as long as the batch they come from.
struct RecordView {
  Offset offset;
  Timestamp timestamp;
  std::string_view key;
  std::string_view value;
  bool has_key = true;    ///< False: the key is null (and `key` empty).
  bool has_value = true;  ///< False: the value is null, a tombstone.
  std::span<const HeaderView> headers;
};

/// Records that become one batch, framed as in Kafka's record format v2, all with one timestamp.
///
/// The records of a block are bytes ready for a batch: what remains for a log is the header. A log
/// that wants messages instead walks them with ForEach().
class RecordBlock {
 public:
  /// Forgets all records; the memory stays. `timestamp` is that of every record to come.
  void Clear(Timestamp timestamp) {
    bytes_.clear();
    count_ = 0;
    timestamp_ = timestamp;
  }

  /// Appends a record without headers. `has_value` false makes a tombstone.
  void Append(std::string_view key, std::string_view value, bool has_value = true);

  /// The hot path: makes room for `size_bytes_max` bytes behind the records and returns where the
  /// caller is to write one whole record (with its length in front) whose offset delta is
  /// record_count(). Finish with CommitRecord().
  char* ReserveRecord(size_t size_bytes_max) {
    const size_t used = bytes_.size();
    if (bytes_.capacity() < used + size_bytes_max) Grow(used + size_bytes_max);
    return bytes_.data() + used;
  }
  /// `end` is one past the last byte that was written after ReserveRecord().
  void CommitRecord(const char* end);

  /// Calls `visit` with a RecordView of each record, its offset counted from 0, until it returns
  /// false; whether it never did. Needs records that are framed as Append() frames them.
  template <typename Visit>
  bool ForEach(Visit&& visit) const;

  int32_t record_count() const { return count_; }
  bool empty() const { return count_ == 0; }
  size_t size_bytes() const { return bytes_.size(); }
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  Timestamp timestamp() const { return timestamp_; }

 private:
  /// A growing array whose new bytes are not initialised.
  class Buffer {
   public:
    size_t size() const { return size_; }
    size_t capacity() const { return storage_.size(); }
    char* data() { return storage_.data(); }
    const char* data() const { return storage_.data(); }
    void clear() { size_ = 0; }
    void reserve(size_t capacity) { storage_.resize(capacity); }
    void set_size(size_t size) { size_ = size; }

   private:
    std::vector<char> storage_;
    size_t size_ = 0;
  };

  void Grow(size_t needed);
  /// Reads a length and as many bytes; a length of -1 is null.
  static const char* ReadBytes(const char* in, const char* end, std::string_view* bytes,
                               bool* present);

  Buffer bytes_;
  int32_t count_ = 0;
  Timestamp timestamp_;
};

inline void RecordBlock::CommitRecord(const char* end) {
  bytes_.set_size(static_cast<size_t>(end - bytes_.data()));
  ++count_;
}

inline const char* RecordBlock::ReadBytes(const char* in, const char* end, std::string_view* bytes,
                                          bool* present) {
  int64_t length = 0;
  in = DecodeVarint(in, end, &length);
  TILLSTREAM_CHECK(in != nullptr && length <= end - in);
  *present = length >= 0;
  *bytes = std::string_view(in, *present ? static_cast<size_t>(length) : 0);
  return in + bytes->size();
}

template <typename Visit>
bool RecordBlock::ForEach(Visit&& visit) const {
  RecordView record;
  record.timestamp = timestamp_;
  const char* in = bytes_.data();
  const char* const end = in + bytes_.size();
  for (int32_t i = 0; i < count_; ++i) {
    int64_t length = 0;
    in = DecodeVarint(in, end, &length);
    TILLSTREAM_CHECK(in != nullptr && length <= end - in);
    const char* const next = in + length;
    int64_t delta = 0;
    in = DecodeVarint(in + 2, end, &delta);  // Behind the attributes and the delta of the time.
    TILLSTREAM_CHECK(in != nullptr && delta == i);
    in = ReadBytes(in, end, &record.key, &record.has_key);
    ReadBytes(in, end, &record.value, &record.has_value);
    record.offset = Offset(i);
    if (!visit(std::as_const(record))) return false;
    in = next;
  }
  return true;
}

}  // namespace tillstream
