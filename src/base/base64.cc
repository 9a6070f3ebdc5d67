#include "base/base64.h"

#include <cstdint>

namespace tillstream {

std::string EncodeBase64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kGroup = 3;
  std::string text;
  text.reserve((bytes.size() + kGroup - 1) / kGroup * (kGroup + 1));
  for (size_t i = 0; i < bytes.size(); i += kGroup) {
    const std::string_view group = bytes.substr(i, kGroup);
    uint32_t bits = 0;
    for (size_t k = 0; k < kGroup; ++k) {
      bits = bits << 8U | (k < group.size() ? static_cast<uint8_t>(group[k]) : 0U);
    }
    for (size_t k = 0; k <= kGroup; ++k) {
      text += k <= group.size() ? kDigits[bits >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace tillstream
