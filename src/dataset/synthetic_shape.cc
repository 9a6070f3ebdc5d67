#include "dataset/synthetic_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tillstream::synthetic {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year_month_day;

/// First day of the calendar, as in M5: a Saturday.
constexpr Date kFirstDate = Date(year_month_day(std::chrono::year(2011), month(1), day(29)));

/// Weeks in a year of the week codes.
constexpr int32_t kWeeksPerYear = 52;

struct Department {
  const char* dept_id;
  const char* cat_id;
  int32_t share;  ///< Items that M5 has of it.
  bool is_food;
  int32_t price_min_cents;
  int32_t price_max_cents;
};
constexpr std::array<Department, 7> kDepartments = {{
    {"HOBBIES_1", "HOBBIES", 416, false, 97, 1997},
    {"HOBBIES_2", "HOBBIES", 149, false, 97, 497},
    {"HOUSEHOLD_1", "HOUSEHOLD", 532, false, 197, 1497},
    {"HOUSEHOLD_2", "HOUSEHOLD", 515, false, 197, 1997},
    {"FOODS_1", "FOODS", 216, true, 97, 797},
    {"FOODS_2", "FOODS", 398, true, 97, 997},
    {"FOODS_3", "FOODS", 823, true, 50, 797},
}};

/// An event on the `nth` given weekday of a month (5: the last), or on a fixed day when nth is 0.
struct Event {
  unsigned month;
  unsigned nth;
  unsigned day_or_weekday;  ///< Weekday 0 is Sunday.
  const char* name;
  const char* type;
  int32_t factor;  ///< On sales, in 1/1024.
};
constexpr std::array<Event, 17> kEvents = {{
    {1, 0, 1, "NewYear", "National", 700},
    {2, 1, 0, "SuperBowl", "Sporting", 1200},
    {2, 0, 14, "ValentinesDay", "Cultural", 1080},
    {2, 3, 1, "PresidentsDay", "National", 1040},
    {3, 0, 17, "StPatricksDay", "Cultural", 1030},
    {5, 0, 5, "Cinco De Mayo", "Cultural", 1030},
    {5, 2, 0, "Mother's day", "Cultural", 980},
    {5, 5, 1, "MemorialDay", "National", 1060},
    {6, 3, 0, "NBAFinalsEnd", "Sporting", 1020},
    {6, 3, 0, "Father's day", "Cultural", 1010},
    {7, 0, 4, "IndependenceDay", "National", 1050},
    {9, 1, 1, "LaborDay", "National", 1120},
    {10, 2, 1, "ColumbusDay", "National", 1020},
    {10, 0, 31, "Halloween", "Cultural", 1060},
    {11, 0, 11, "VeteransDay", "National", 1020},
    {11, 4, 4, "Thanksgiving", "National", 620},
    {12, 0, 25, "Christmas", "National", 1},
}};

/// Sales from Saturday to Friday.
constexpr int32_t kWeekdayFactor[] = {1240, 1260, 1010, 930, 900, 890, 980};
/// Sales from January to December.
constexpr int32_t kMonthFactor[] = {960,  1010, 1000, 1000, 990, 1040,
                                    1050, 1070, 1030, 1000, 970, 1000};

/// Days of the month on which food stamps are paid out, by state.
constexpr uint32_t DaySet(std::initializer_list<unsigned> days) {
  uint32_t set = 0;
  for (const unsigned d : days) set |= uint32_t{1} << d;
  return set;
}
constexpr uint32_t kSnapDays[] = {DaySet({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}),
                                  DaySet({1, 3, 5, 6, 7, 9, 11, 12, 13, 15}),
                                  DaySet({2, 3, 5, 6, 8, 9, 11, 12, 14, 15})};

bool FallsOn(const Event& event, Date date) {
  const year_month_day fields{date};
  if (fields.month() != month(event.month)) return false;
  const std::chrono::weekday weekday(date);
  if (event.nth == 0) return fields.day() == day(event.day_or_weekday);
  if (weekday.c_encoding() != event.day_or_weekday) return false;
  if (event.nth == 5) return year_month_day(date + std::chrono::days(7)).month() != fields.month();
  return (static_cast<unsigned>(fields.day()) - 1) / 7 + 1 == event.nth;
}

/// Probabilities are in 1/2^31, so that a product of two fits 64 bits.
constexpr int kFractionBits = 31;
constexpr uint64_t kOne = uint64_t{1} << kFractionBits;

uint64_t Multiply(uint64_t a, uint64_t b) { return (a * b) >> kFractionBits; }

/// e to the minus `rate` / 1024, as (1 - x / 2^k)^(2^k).
uint64_t ExpMinus(int64_t rate) {
  constexpr int kSquarings = 12;
  uint64_t power = kOne - ((static_cast<uint64_t>(rate) << (kFractionBits - 10)) >> kSquarings);
  for (int i = 0; i < kSquarings; ++i) power = Multiply(power, power);
  return power;
}

}  // namespace

Random RandomFor(uint64_t seed, std::initializer_list<uint64_t> keys) {
  uint64_t state = seed;
  for (const uint64_t key : keys) state = Random(state ^ (key * 0xD1B54A32D192ED03)).Next();
  return Random(state);
}

UnitsTable::UnitsTable() {
  // Rates 1/8 apart in proportion, from 0.02 to 13 units a day; e^-13 is still well above 2^-31.
  for (int64_t rate = 20; rate < 13 * 1024; rate += std::max<int64_t>(rate / 8, 2)) {
    Distribution distribution{rate, {}};
    uint64_t probability = ExpMinus(rate);
    uint64_t sum = 0;
    for (uint64_t units = 0; units < 100 && sum + probability < kOne; ++units) {
      sum += probability;
      distribution.cumulative.push_back(static_cast<uint32_t>(sum));
      probability = probability * static_cast<uint64_t>(rate) / (1024 * (units + 1));
      if (probability == 0) break;
    }
    distributions_.push_back(std::move(distribution));
  }
}

int32_t UnitsTable::Draw(int64_t rate, Random* random) const {
  // A rate beyond the tables is the sum of several below.
  int32_t units = 0;
  const int64_t rate_max = distributions_.back().rate;
  for (; rate > rate_max; rate -= rate_max) units += Draw(rate_max, random);
  auto distribution = std::upper_bound(
      distributions_.begin(), distributions_.end(), rate,
      [](int64_t value, const Distribution& candidate) { return value < candidate.rate; });
  if (distribution == distributions_.begin()) return units;
  --distribution;
  const auto number = static_cast<uint32_t>(random->Next() >> (64 - kFractionBits));
  for (const uint32_t cumulative : distribution->cumulative) {
    if (number < cumulative) break;
    ++units;
  }
  return units;
}

std::vector<Store> MakeStores(int32_t count, uint64_t seed) {
  std::vector<Store> stores;
  for (int32_t state = 0; state < 3; ++state) {
    const int32_t in_state = count / 3 + (state < count % 3 ? 1 : 0);
    for (int32_t number = 1; number <= in_state; ++number) {
      Random random = RandomFor(seed, {1, static_cast<uint64_t>(state), uint64_t(number)});
      stores.push_back(
          {fmt::format("{}_{}", kStates[state], number), state, random.Between(700, 1500)});
    }
  }
  return stores;
}

std::vector<Item> MakeItems(int32_t count, uint64_t seed) {
  int32_t share_sum = 0;
  for (const Department& department : kDepartments) share_sum += department.share;
  std::vector<Item> items;
  int64_t share_before = 0;
  for (size_t d = 0; d < kDepartments.size(); ++d) {
    const Department& department = kDepartments[d];
    // Rounding the running sum shares out exactly `count` items.
    const int64_t first = share_before * count / share_sum;
    share_before += department.share;
    const int64_t last = share_before * count / share_sum;
    for (int64_t number = 1; number <= last - first; ++number) {
      Random random = RandomFor(seed, {2, d, static_cast<uint64_t>(number)});
      Item item;
      item.item_id = fmt::format("{}_{:03}", department.dept_id, number);
      item.dept_id = department.dept_id;
      item.cat_id = department.cat_id;
      item.is_food = department.is_food;
      item.price_cents = random.Between(department.price_min_cents, department.price_max_cents);
      // A product of even factors is skewed as sales are: many items sell seldom, a few a lot.
      item.rate = 40 + random.Between(1, 1000) * random.Between(1, 1000) / 1000 *
                           random.Between(1, department.is_food ? 7000 : 4000) / 1000;
      // A third comes later than the first week, some of it much later.
      if (random.Below(3) == 0) {
        item.first_week = random.Between(1, 10) * random.Between(1, 5);
      }
      items.push_back(std::move(item));
    }
  }
  return items;
}

CalendarRow MakeCalendarRow(int32_t day) {
  CalendarRow row;
  row.date = kFirstDate + std::chrono::days(day - 1);
  row.week_index = (day - 1) / 7;
  row.weekday = (day - 1) % 7 + 1;
  row.week_code = 11101 + 100 * (row.week_index / kWeeksPerYear) + row.week_index % kWeeksPerYear;
  const year_month_day fields{row.date};
  const unsigned month_number = static_cast<unsigned>(fields.month());
  int64_t factor = int64_t{kWeekdayFactor[row.weekday - 1]} * kMonthFactor[month_number - 1] / 1024;
  size_t events = 0;
  for (const Event& event : kEvents) {
    if (events == 2 || !FallsOn(event, row.date)) continue;
    row.event_names[events] = event.name;
    row.event_types[events] = event.type;
    ++events;
    factor = factor * event.factor / 1024;
    if (event.name == std::string_view("Christmas")) row.is_closed = true;
  }
  row.factor = static_cast<int32_t>(factor);
  for (size_t state = 0; state < 3; ++state) {
    row.snap[state] = (kSnapDays[state] >> static_cast<unsigned>(fields.day()) & 1) != 0;
  }
  return row;
}

}  // namespace tillstream::synthetic
