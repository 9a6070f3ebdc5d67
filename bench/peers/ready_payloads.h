#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/dataset.h"
#include "model/ids.h"

namespace tillstream::bench {

/// The events of one store on one day as replay writes them, encoded beforehand.
class ReadyDay {
 public:
  struct Message {
    uint32_t begin;  ///< Of the key, in the day's bytes; the value follows it.
    uint16_t key_bytes;
    uint16_t value_bytes;
  };

  void Append(std::string_view key, std::string_view value);
  void set_time_ms(int64_t time_ms) { time_ms_ = time_ms; }

  const std::vector<Message>& messages() const { return messages_; }
  const char* bytes() const { return bytes_.data(); }
  int64_t size_bytes() const { return static_cast<int64_t>(bytes_.size()); }
  int64_t time_ms() const { return time_ms_; }

 private:
  std::string bytes_;
  std::vector<Message> messages_;
  int64_t time_ms_ = 0;
};

/// The days before `to` of one store, in order.
std::vector<ReadyDay> MakeReadyDays(const StoreTable& table, const Calendar& calendar, Day to);

}  // namespace tillstream::bench
