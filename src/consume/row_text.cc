#include "consume/row_text.h"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace tillstream {
namespace {

using NamedText = std::pair<const char*, std::string_view>;

/// Nearly every text is ASCII, which is seen fastest.
bool IsAscii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

Status Check(std::initializer_list<NamedText> texts) {
  for (const auto& [name, text] : texts) {
    if (IsAscii(text) || IsUtf8(text)) [[likely]]
      continue;
    return MakeError(ErrorCode::kCorrupt, "{}: {} is not UTF-8", name, Quote(text));
  }
  return Ok();
}

}  // namespace

Status CheckTexts(const SalesRecord& sale) {
  return Check({{"item_id", sale.item_id},
                {"dept_id", sale.dept_id},
                {"cat_id", sale.cat_id},
                {"store_id", sale.store_id},
                {"state_id", sale.state_id}});
}

Status CheckTexts(const StoreDay& total) {
  return Check({{"store_id", total.store_id}, {"state_id", total.state_id}});
}

}  // namespace tillstream
