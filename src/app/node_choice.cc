#include "app/node_choice.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/text.h"

namespace tillstream {
namespace {

/// More names than this are not listed.
constexpr size_t kListedMax = 12;

/// One of the five kinds of ids.
struct Kind {
  const char* flag;
  const char* noun;
  const std::string NodeChoice::* asked;
  const std::string SeriesKey::* id;
};
constexpr Kind kKinds[] = {
    {"--item", "item", &NodeChoice::item, &SeriesKey::item},
    {"--store", "store", &NodeChoice::store, &SeriesKey::store},
    {"--state", "state", &NodeChoice::state, &SeriesKey::state},
    {"--dept", "department", &NodeChoice::dept, &SeriesKey::dept},
    {"--cat", "category", &NodeChoice::cat, &SeriesKey::cat},
};

bool Matches(const SeriesKey& key, const NodeChoice& choice, const Kind& kind) {
  const std::string& asked = choice.*kind.asked;
  return asked.empty() || key.*kind.id == asked;
}

/// What stands behind "there is no such id": the nearest, else all of a few.
std::string Advice(const std::string& asked, const std::set<std::string>& names) {
  const std::vector<std::string> list(names.begin(), names.end());
  const std::string nearest = Nearest(asked, list);
  if (!nearest.empty()) return "; did you mean " + nearest;
  if (list.size() > kListedMax) return fmt::format("; there are {}, from {}", list.size(), list[0]);
  return fmt::format("; there {} {}", list.size() == 1 ? "is" : "are", fmt::join(list, ", "));
}

/// The ids of `kind` among the series that have every other id that is asked for, where `of_all` is
/// false.
std::set<std::string> IdsOf(const Hierarchy& hierarchy, const NodeChoice& choice, const Kind& kind,
                            bool of_all) {
  std::set<std::string> names;
  for (int32_t i = 0; i < hierarchy.series_count(); ++i) {
    const SeriesKey& key = hierarchy.series(i);
    const bool is_in =
        of_all || std::all_of(std::begin(kKinds), std::end(kKinds), [&](const Kind& other) {
          return other.flag == kind.flag || Matches(key, choice, other);
        });
    if (is_in) names.insert(key.*kind.id);
  }
  return names;
}

Status CheckIds(const Hierarchy& hierarchy, const NodeChoice& choice) {
  for (const Kind& kind : kKinds) {
    const std::string& asked = choice.*kind.asked;
    if (asked.empty()) continue;
    const std::set<std::string> names = IdsOf(hierarchy, choice, kind, true);
    if (names.contains(asked)) continue;
    return MakeError(ErrorCode::kUsage, "{}: there is no {} {}{}", kind.flag, kind.noun,
                     Quote(asked), Advice(asked, names));
  }
  return Ok();
}

/// Each id is there, but no series has all of them.
Error NothingHasAll(const Hierarchy& hierarchy, const NodeChoice& choice) {
  std::string all;
  const Kind* first = nullptr;
  for (const Kind& kind : kKinds) {
    if ((choice.*kind.asked).empty()) continue;
    if (first == nullptr) first = &kind;
    all += fmt::format("{}{} {}", all.empty() ? "" : ", ", kind.flag, choice.*kind.asked);
  }
  // Of the last one, which is the place or the wider group.
  const Kind* last = nullptr;
  for (const Kind& kind : kKinds) {
    if (!(choice.*kind.asked).empty()) last = &kind;
  }
  const std::set<std::string> names = IdsOf(hierarchy, choice, *last, false);
  return MakeError(ErrorCode::kUsage, "{}: no series has all of {}{}", first->flag, all,
                   names.empty() ? "" : Advice("", names));
}

int32_t LevelOf(const NodeChoice& choice) {
  const bool of_store = !choice.store.empty();
  const bool of_state = !choice.state.empty();
  const auto level = [&](Level all, Level state, Level store) {
    return static_cast<int32_t>(of_store ? store : of_state ? state : all);
  };
  if (!choice.item.empty()) return level(Level::kItem, Level::kItemState, Level::kItemStore);
  if (!choice.dept.empty()) {
    return level(Level::kDepartment, Level::kStateDepartment, Level::kStoreDepartment);
  }
  if (!choice.cat.empty()) {
    return level(Level::kCategory, Level::kStateCategory, Level::kStoreCategory);
  }
  return level(Level::kTotal, Level::kState, Level::kStore);
}

std::string TitleOf(const NodeChoice& choice) {
  std::string place;
  if (!choice.store.empty()) place = "store " + choice.store;
  if (!choice.state.empty()) place = "state " + choice.state;
  std::string goods;
  if (!choice.cat.empty()) goods = "category " + choice.cat;
  if (!choice.dept.empty()) goods = "department " + choice.dept;
  if (!choice.item.empty()) goods = "item " + choice.item;
  if (goods.empty()) return place.empty() ? "all items, all stores" : place;
  return goods + (place.empty() ? ", all stores" : ", " + place);
}

}  // namespace

Status CheckChoice(const NodeChoice& choice) {
  const auto error = [](const char* flag, const char* reason) {
    return MakeError(ErrorCode::kUsage, "{}: {}; leave it out", flag, reason);
  };
  if (!choice.store.empty() && !choice.state.empty()) {
    return error("--state", "a store lies in one state");
  }
  if (!choice.item.empty() && !choice.dept.empty()) {
    return error("--dept", "an item is of one department");
  }
  if (!choice.item.empty() && !choice.cat.empty()) {
    return error("--cat", "an item is of one category");
  }
  if (!choice.dept.empty() && !choice.cat.empty()) {
    return error("--cat", "a department is of one category");
  }
  return Ok();
}

Result<ChosenNode> ChooseNode(const Hierarchy& hierarchy, const NodeChoice& choice) {
  TILLSTREAM_TRY(CheckIds(hierarchy, choice));
  ChosenNode chosen;
  for (int32_t i = 0; i < hierarchy.series_count(); ++i) {
    const SeriesKey& key = hierarchy.series(i);
    if (std::all_of(std::begin(kKinds), std::end(kKinds),
                    [&](const Kind& kind) { return Matches(key, choice, kind); })) {
      chosen.series.push_back(i);
    }
  }
  if (chosen.series.empty()) return NothingHasAll(hierarchy, choice);
  chosen.node =
      hierarchy.NodesOfSeries(LevelOf(choice))[static_cast<size_t>(chosen.series.front())];
  chosen.title = TitleOf(choice);
  return chosen;
}

}  // namespace tillstream
