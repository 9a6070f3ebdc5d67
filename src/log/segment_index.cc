#include "log/segment_index.h"

#include "base/endian.h"

namespace tillstream {
namespace {

template <typename Int>
void AppendBigEndian(Int value, std::string* out) {
  char bytes[sizeof(Int)];
  StoreBigEndian(value, bytes);
  out->append(bytes, sizeof(Int));
}

}  // namespace

void IndexBuilder::Add(const BatchHeader& batch, int64_t position) {
  if (batch.max_timestamp > max_timestamp_) {
    max_timestamp_ = batch.max_timestamp;
    max_timestamp_offset_ = batch.last_offset();
  }
  if (position - last_entry_position_ <= kIndexIntervalBytes) return;
  AppendBigEndian(static_cast<int32_t>(batch.last_offset() - segment_base_), &offset_index_);
  AppendBigEndian(static_cast<int32_t>(position), &offset_index_);
  AddTimeEntry();
  last_entry_position_ = position;
}

void IndexBuilder::Seal() { AddTimeEntry(); }

void IndexBuilder::AddTimeEntry() {
  if (max_timestamp_ <= last_entry_timestamp_) return;
  AppendBigEndian(max_timestamp_.value(), &time_index_);
  AppendBigEndian(static_cast<int32_t>(max_timestamp_offset_ - segment_base_), &time_index_);
  last_entry_timestamp_ = max_timestamp_;
}

std::optional<std::vector<OffsetEntry>> ParseOffsetIndex(std::string_view bytes, Offset base) {
  if (bytes.size() % kOffsetEntryBytes != 0) return std::nullopt;
  std::vector<OffsetEntry> entries;
  entries.reserve(bytes.size() / kOffsetEntryBytes);
  for (size_t at = 0; at < bytes.size(); at += kOffsetEntryBytes) {
    const auto relative = LoadBigEndian<int32_t>(bytes.data() + at);
    const OffsetEntry entry = {base + relative, LoadBigEndian<int32_t>(bytes.data() + at + 4)};
    if (relative < 0 || entry.position <= 0) return std::nullopt;
    if (!entries.empty() && (entry.last_offset <= entries.back().last_offset ||
                             entry.position <= entries.back().position)) {
      return std::nullopt;
    }
    entries.push_back(entry);
  }
  return entries;
}

std::optional<std::vector<TimeEntry>> ParseTimeIndex(std::string_view bytes, Offset base) {
  if (bytes.size() % kTimeEntryBytes != 0) return std::nullopt;
  std::vector<TimeEntry> entries;
  entries.reserve(bytes.size() / kTimeEntryBytes);
  for (size_t at = 0; at < bytes.size(); at += kTimeEntryBytes) {
    const auto relative = LoadBigEndian<int32_t>(bytes.data() + at + 8);
    const TimeEntry entry = {Timestamp(LoadBigEndian<int64_t>(bytes.data() + at)), base + relative};
    if (relative < 0) return std::nullopt;
    if (!entries.empty() && (entry.max_timestamp <= entries.back().max_timestamp ||
                             entry.last_offset <= entries.back().last_offset)) {
      return std::nullopt;
    }
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace tillstream
