#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "consume/period.h"
#include "model/date.h"
#include "model/money.h"

namespace tillstream {

/// What sales are added up by.
enum class TotalsDimension { kState, kStore, kCategory, kDepartment, kItem };

/// "state", "store", "category", "department", "item".
std::string_view DimensionName(TotalsDimension dimension);
/// Also from the field's name in the events: "state_id", "cat_id".
std::optional<TotalsDimension> DimensionFromName(std::string_view name);
/// The field of SalesRecord: "cat_id".
std::string_view DimensionField(TotalsDimension dimension);

inline constexpr size_t kDimensionsMax = 2;

/// What totals are asked for.
struct TotalsShape {
  std::vector<TotalsDimension> dimensions;  ///< One or two different ones.
  Period period = Period::kDay;
  int32_t top = 3;  ///< Movers of a group at most; 0: none.
};

/// An item whose units changed against the period before.
struct Mover {
  std::string_view item_id;
  int64_t units = 0;
  int64_t units_before = 0;
};

/// What one group of series (of one store and category, say) adds up to in one period.
struct GroupTotals {
  std::array<std::string_view, kDimensionsMax> key;  ///< A value for each dimension, in order.
  int64_t units = 0;
  Cents revenue_cents = 0;     ///< Units x price over the events that have a price.
  int64_t unpriced_units = 0;  ///< Units sold without a price; not valued at 0.
  int64_t events = 0;
  int64_t listed_events = 0;  ///< With a price: the item was listed.
  int64_t zero_events = 0;    ///< Of the listed ones, those without a sale.
  /// Against the period before; none in the first one, and where PriceIndex has none.
  std::optional<double> price_index;
  std::optional<int64_t> units_before;  ///< In the period before; none in the first one.
  /// The items of the group whose units changed most against the period before, the largest change
  /// first. Empty in the first period, and where the item is a dimension.
  std::vector<Mover> movers;

  /// Share of listed events without a sale; none without listed ones. A week in which an item is
  /// not listed is no week without demand.
  std::optional<double> ShareOfZeros() const {
    if (listed_events == 0) return std::nullopt;
    return static_cast<double>(zero_events) / static_cast<double>(listed_events);
  }
};

/// A period with all its groups. Texts are views of the LiveTotals that made it.
struct PeriodTotals {
  int64_t number = 0;  ///< Periods before it, from the first one of the stream.
  Period period = Period::kDay;
  Date begin;                       ///< Of the calendar's period.
  Date end;                         ///< One past its last date.
  int32_t days = 0;                 ///< Dates of it that the stream has: fewer at its begin.
  bool complete = false;            ///< Whether all days of all stores agree with their totals.
  std::vector<GroupTotals> groups;  ///< That have events, by key.
};

}  // namespace tillstream
