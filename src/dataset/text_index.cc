#include "dataset/text_index.h"

#include "base/hash.h"

namespace tillstream {
namespace {

constexpr size_t kFirstSlots = 1024;

}  // namespace

std::string_view TextIndex::TextAt(int32_t index) const {
  const auto i = static_cast<size_t>(index);
  const size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(texts_).substr(begin, ends_[i] - begin);
}

TextIndex::Found TextIndex::FindOrAdd(std::string_view text) {
  // Texts often come again in the order in which they came first, as items do in store after store.
  if (next_ < size() && TextAt(next_) == text) return {next_++, false};
  if (2 * ends_.size() >= slots_.size()) Grow();
  const auto hash = static_cast<uint32_t>(Hash64(text));
  size_t place = hash & (slots_.size() - 1);
  for (; slots_[place].index != kEmpty; place = (place + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[place];
    if (slot.hash == hash && TextAt(slot.index) == text) {
      next_ = slot.index + 1;
      return {slot.index, false};
    }
  }
  slots_[place] = {hash, size()};
  texts_ += text;
  ends_.push_back(texts_.size());
  next_ = size();
  return {size() - 1, true};
}

void TextIndex::Grow() {
  const std::vector<Slot> before = std::move(slots_);
  slots_.assign(before.empty() ? kFirstSlots : 2 * before.size(), Slot{});
  for (const Slot& slot : before) {
    if (slot.index == kEmpty) continue;
    size_t place = slot.hash & (slots_.size() - 1);
    while (slots_[place].index != kEmpty) place = (place + 1) & (slots_.size() - 1);
    slots_[place] = slot;
  }
}

}  // namespace tillstream
