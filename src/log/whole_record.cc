#include "log/whole_record.h"

#include <algorithm>

#include "base/varint.h"

namespace tillstream {
namespace {

/// Bytes with their length in front; a length of -1 where they are null.
char* WriteBytes(std::string_view bytes, bool is_there, char* out) {
  out = EncodeVarint(is_there ? static_cast<int64_t>(bytes.size()) : -1, out);
  return is_there ? std::copy(bytes.begin(), bytes.end(), out) : out;
}

size_t BytesSize(std::string_view bytes, bool is_there) {
  return is_there ? VarintSize(static_cast<int64_t>(bytes.size())) + bytes.size() : VarintSize(-1);
}

}  // namespace

void AppendWhole(const RecordView& record, std::span<const HeaderView> headers,
                 RecordBlock* block) {
  const int32_t count = block->record_count();
  const auto header_count = static_cast<int64_t>(headers.size());
  size_t body = 2 + VarintSize(count) + BytesSize(record.key, record.has_key) +
                BytesSize(record.value, record.has_value) + VarintSize(header_count);
  for (const HeaderView& header : headers) {
    body += BytesSize(header.key, true) + BytesSize(header.value, true);
  }
  char* out = block->ReserveRecord(kVarintBytesMax + body);
  out = EncodeVarint(static_cast<int64_t>(body), out);
  // Attributes and timestamp delta.
  *out++ = 0;
  *out++ = 0;
  out = EncodeVarint(count, out);
  out = WriteBytes(record.key, record.has_key, out);
  out = WriteBytes(record.value, record.has_value, out);
  out = EncodeVarint(header_count, out);
  for (const HeaderView& header : headers) {
    out = WriteBytes(header.key, true, out);
    out = WriteBytes(header.value, true, out);
  }
  block->CommitRecord(out);
}

size_t WholeSizeMax(std::string_view key, std::string_view value,
                    std::span<const HeaderView> headers) {
  // Its length, two bytes, offset delta, two lengths and the header count.
  size_t size = 2 + 5 * kVarintBytesMax + key.size() + value.size();
  for (const HeaderView& header : headers) {
    size += 2 * kVarintBytesMax + header.key.size() + header.value.size();
  }
  return size;
}

}  // namespace tillstream
