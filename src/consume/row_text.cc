#include "consume/row_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

using NamedText = std::pair<const char*, std::string_view>;

/// ASCII without a zero byte: nearly every text, so eight bytes are looked at together.
bool IsPlain(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  constexpr uint64_t kLowBits = 0x0101010101010101;
  uint64_t odd = 0;  // High bits where a byte is zero or not ASCII.
  const char* in = text.data();
  size_t rest = text.size();
  for (uint64_t word = 0; rest > 0; in += sizeof(word)) {
    const size_t count = std::min(rest, sizeof(word));
    word = kLowBits;
    std::memcpy(&word, in, count);
    odd |= (word | (word - kLowBits)) & kHighBits;
    rest -= count;
  }
  return odd == 0;
}

Status Check(RowText columns, std::initializer_list<NamedText> texts) {
  for (const auto& [name, text] : texts) {
    if (IsPlain(text)) [[likely]]
      continue;
    const bool may_have_zero = columns == RowText::kUtf8;
    if (IsUtf8(text) && (may_have_zero || text.find('\0') == std::string_view::npos)) continue;
    if (may_have_zero) {
      return MakeError(ErrorCode::kCorrupt, "{}: {} is not UTF-8", name, Quote(text));
    }
    return MakeError(ErrorCode::kCorrupt, "{}: {}, needed UTF-8 without a zero byte", name,
                     Quote(text));
  }
  return Ok();
}

}  // namespace

Status CheckTexts(const SalesRecord& sale, RowText columns) {
  return Check(columns, {{"item_id", sale.item_id},
                         {"dept_id", sale.dept_id},
                         {"cat_id", sale.cat_id},
                         {"store_id", sale.store_id},
                         {"state_id", sale.state_id}});
}

Status CheckTexts(const StoreDay& total, RowText columns) {
  return Check(columns, {{"store_id", total.store_id}, {"state_id", total.state_id}});
}

}  // namespace tillstream
