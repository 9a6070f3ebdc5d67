#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream {

/// A set of texts, numbered from 0 in the order in which they came. Made for tens of thousands of
/// short ones that are looked up while other data runs through the cache: a lookup touches one slot
/// and one text, mostly.
class TextIndex {
 public:
  struct Found {
    int32_t index;
    bool is_new;
  };

  /// The number of `text`, which is added when it is not there.
  Found FindOrAdd(std::string_view text);

  int32_t size() const { return static_cast<int32_t>(ends_.size()); }

 private:
  static constexpr int32_t kEmpty = -1;

  /// A slot of the hash table (linear probing, at most half full).
  struct Slot {
    uint32_t hash = 0;
    int32_t index = kEmpty;
  };

  std::string_view TextAt(int32_t index) const;
  void Grow();

  std::string texts_;         ///< All of them, one after the other.
  std::vector<size_t> ends_;  ///< Where each ends in texts_.
  int32_t next_ = 0;          ///< The number after that of the text found last.
  std::vector<Slot> slots_;   ///< A power of two of them.
};

}  // namespace tillstream
