#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/date.h"

namespace tillstream::synthetic {

/// Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood, 2014),
/// integers only.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// In [0, `end`).
  uint32_t Below(uint32_t end) {
    return static_cast<uint32_t>(((Next() >> 32) * uint64_t{end}) >> 32);
  }
  /// In [`first`, `last`].
  int32_t Between(int32_t first, int32_t last) {
    return first + static_cast<int32_t>(Below(static_cast<uint32_t>(last - first + 1)));
  }

 private:
  uint64_t state_;
};

/// A stream of its own for whatever `keys` name, so that a change in one place does not move all
/// others.
Random RandomFor(uint64_t seed, std::initializer_list<uint64_t> keys);

/// Draws numbers of units from Poisson distributions, by inversion of tables that are made with
/// integers only. A rate is in 1/1024 units a day.
class UnitsTable {
 public:
  UnitsTable();
  int32_t Draw(int64_t rate, Random* random) const;

 private:
  /// Cumulative probabilities in 1/2^31 of 0, 1, 2, ... units.
  struct Distribution {
    int64_t rate;
    std::vector<uint32_t> cumulative;
  };
  std::vector<Distribution> distributions_;  ///< By rate.
};

struct Store {
  std::string store_id;
  int32_t state = 0;
  int32_t level = 0;  ///< How much it sells, in 1/1024.
};

struct Item {
  std::string item_id;
  std::string dept_id;
  std::string cat_id;
  bool is_food = false;
  int32_t price_cents = 0;
  int32_t rate = 0;        ///< Units a day in an average store, in 1/1024.
  int32_t first_week = 0;  ///< Week of its release, from 0.
};

inline constexpr const char* kStates[] = {"CA", "TX", "WI"};

std::vector<Store> MakeStores(int32_t count, uint64_t seed);
std::vector<Item> MakeItems(int32_t count, uint64_t seed);

/// A day as calendar.csv tells it, and what it does to sales.
struct CalendarRow {
  Date date;
  int32_t week_index = 0;  ///< From 0.
  int32_t week_code = 0;
  int32_t weekday = 0;  ///< 1 is Saturday, as in the file.
  std::string event_names[2];
  std::string event_types[2];
  bool snap[3] = {};       ///< By state.
  bool is_closed = false;  ///< Christmas.
  int32_t factor = 0;      ///< Of weekday, season and events on sales, in 1/1024.
};

CalendarRow MakeCalendarRow(int32_t day);

}  // namespace tillstream::synthetic
