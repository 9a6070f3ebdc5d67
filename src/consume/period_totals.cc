#include "consume/period_totals.h"

#include <array>

namespace tillstream {
namespace {

struct DimensionNames {
  TotalsDimension dimension;
  std::string_view name;
  std::string_view field;
};

constexpr std::array<DimensionNames, 5> kDimensions = {{
    {TotalsDimension::kState, "state", "state_id"},
    {TotalsDimension::kStore, "store", "store_id"},
    {TotalsDimension::kCategory, "category", "cat_id"},
    {TotalsDimension::kDepartment, "department", "dept_id"},
    {TotalsDimension::kItem, "item", "item_id"},
}};

const DimensionNames& NamesOf(TotalsDimension dimension) {
  return kDimensions[static_cast<size_t>(dimension)];
}

}  // namespace

std::string_view DimensionName(TotalsDimension dimension) { return NamesOf(dimension).name; }

std::string_view DimensionField(TotalsDimension dimension) { return NamesOf(dimension).field; }

std::optional<TotalsDimension> DimensionFromName(std::string_view name) {
  for (const DimensionNames& names : kDimensions) {
    const bool is_short = names.field.starts_with(name) && names.field.size() == name.size() + 3;
    if (name == names.name || name == names.field || is_short) return names.dimension;
  }
  return std::nullopt;
}

}  // namespace tillstream
