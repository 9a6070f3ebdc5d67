#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "consume/dead_letters.h"

namespace tillstream {

/// The headers of a dead letter that is a record itself, behind those of the record that it is made
/// of: docs/formats/dead_letters.md.
inline constexpr std::string_view kDeadTopicHeader = "dlq.topic";
inline constexpr std::string_view kDeadPartitionHeader = "dlq.partition";
inline constexpr std::string_view kDeadOffsetHeader = "dlq.offset";
inline constexpr std::string_view kDeadTimestampHeader = "dlq.timestamp";
inline constexpr std::string_view kDeadErrorHeader = "dlq.error";

/// Makes the headers of one letter after the other. Not thread safe.
class DeadLetterHeaders {
 public:
  /// Valid until the next call, as long as the letter's record is.
  const std::vector<HeaderView>& Make(const DeadLetter& letter) {
    partition_ = std::to_string(letter.partition.partition.value());
    offset_ = std::to_string(letter.record.offset.value());
    timestamp_ = std::to_string(letter.record.timestamp.value());
    headers_.assign(letter.record.headers.begin(), letter.record.headers.end());
    headers_.push_back({kDeadTopicHeader, letter.partition.topic});
    headers_.push_back({kDeadPartitionHeader, partition_});
    headers_.push_back({kDeadOffsetHeader, offset_});
    headers_.push_back({kDeadTimestampHeader, timestamp_});
    headers_.push_back({kDeadErrorHeader, letter.error});
    return headers_;
  }

 private:
  std::string partition_;
  std::string offset_;
  std::string timestamp_;
  std::vector<HeaderView> headers_;
};

}  // namespace tillstream
