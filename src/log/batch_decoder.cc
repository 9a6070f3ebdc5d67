#include "log/batch_decoder.h"

#include "base/varint.h"

namespace tillstream {
namespace {

/// A record has at least its length, attributes, two deltas, two lengths and a header count.
constexpr int64_t kRecordBytesMin = 7;

/// Reads a length and as many bytes; -1 is null where `null_allowed`. nullptr when they are not
/// there.
const char* ParseBytes(const char* in, const char* end, bool null_allowed, std::string_view* bytes,
                       bool* present) {
  int64_t length = 0;
  in = DecodeVarint(in, end, &length);
  if (in == nullptr) return nullptr;
  if (length < 0) {
    if (length != -1 || !null_allowed) return nullptr;
    *bytes = {};
    *present = false;
    return in;
  }
  if (length > end - in) return nullptr;
  *bytes = std::string_view(in, static_cast<size_t>(length));
  *present = true;
  return in + length;
}

/// Adds as the format's 64-bit arithmetic does; a hostile delta must not be undefined behaviour.
Timestamp AddDelta(Timestamp base, int64_t delta) {
  return Timestamp(
      static_cast<int64_t>(static_cast<uint64_t>(base.value()) + static_cast<uint64_t>(delta)));
}

}  // namespace

Result<std::span<const RecordView>> BatchDecoder::Decode(std::string_view batch, Offset expected) {
  const auto fault = [&](const std::string& what) {
    return MakeError(ErrorCode::kCorrupt, "batch at offset {}: {}", expected.value(), what);
  };
  if (batch.size() < kBatchHeaderBytes) {
    return fault(fmt::format("{} bytes, needed at least {}", batch.size(), kBatchHeaderBytes));
  }
  const BatchHeader header = LoadBatchHeader(batch.data());
  TILLSTREAM_TRY(CheckBatchHeader(header, expected));
  if (header.size_bytes() != static_cast<int64_t>(batch.size())) {
    return fault(fmt::format("size is {} bytes, needed {}", header.size_bytes(), batch.size()));
  }
  TILLSTREAM_TRY(CheckBatchCrc(batch));

  framed_ = batch.substr(kBatchHeaderBytes);
  if (header.codec() != Codec::kNone) {
    const Status status =
        decompressor_.Decompress(header.codec(), framed_, kBatchReadBytesMax, &decompressed_);
    if (!status) return fault(status.error().message);
    framed_ = decompressed_.view();
  }
  if (static_cast<int64_t>(framed_.size()) < header.record_count * kRecordBytesMin) {
    return fault(fmt::format("{} records in {} bytes", header.record_count, framed_.size()));
  }

  headers_.clear();
  header_ranges_.clear();
  records_.resize(static_cast<size_t>(header.record_count));
  const char* in = framed_.data();
  const char* const end = in + framed_.size();
  for (int32_t i = 0; i < header.record_count; ++i) {
    in = ParseRecord(in, end, header, i, &records_[static_cast<size_t>(i)]);
    if (in == nullptr) return fault(fmt::format("record {} is not framed as a record", i));
  }
  if (in != end) return fault(fmt::format("{} bytes behind the last record", end - in));
  for (const HeaderRange& range : header_ranges_) {
    records_[range.record].headers = std::span(headers_).subspan(range.first, range.count);
  }
  return std::span<const RecordView>(records_);
}

const char* BatchDecoder::ParseRecord(const char* in, const char* end, const BatchHeader& header,
                                      int32_t index, RecordView* record) {
  int64_t length = 0;
  in = DecodeVarint(in, end, &length);
  if (in == nullptr || length < kRecordBytesMin - 1 || length > end - in) return nullptr;
  end = in + length;
  ++in;  // The attributes of a record are unused.
  int64_t timestamp_delta = 0;
  in = DecodeVarint(in, end, &timestamp_delta);
  if (in == nullptr) return nullptr;
  int64_t offset_delta = 0;
  in = DecodeVarint(in, end, &offset_delta);
  if (in == nullptr || offset_delta != index) return nullptr;
  in = ParseBytes(in, end, true, &record->key, &record->has_key);
  if (in == nullptr) return nullptr;
  in = ParseBytes(in, end, true, &record->value, &record->has_value);
  if (in == nullptr) return nullptr;
  int64_t header_count = 0;
  in = DecodeVarint(in, end, &header_count);
  if (in == nullptr) return nullptr;
  record->offset = header.base_offset + offset_delta;
  record->timestamp = AddDelta(header.base_timestamp, timestamp_delta);
  record->headers = {};
  if (header_count != 0) in = ParseHeaders(in, end, header_count, index);
  return in == end ? in : nullptr;
}

const char* BatchDecoder::ParseHeaders(const char* in, const char* end, int64_t count,
                                       int32_t index) {
  if (count < 0 || count > (end - in) / 2) return nullptr;
  header_ranges_.push_back(
      {static_cast<size_t>(index), headers_.size(), static_cast<size_t>(count)});
  for (int64_t i = 0; i < count; ++i) {
    HeaderView header;
    bool present = false;
    in = ParseBytes(in, end, false, &header.key, &present);
    if (in == nullptr) return nullptr;
    in = ParseBytes(in, end, true, &header.value, &present);
    if (in == nullptr) return nullptr;
    headers_.push_back(header);
  }
  return in;
}

}  // namespace tillstream
