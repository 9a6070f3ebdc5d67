#pragma once

#include <string>
#include <string_view>

namespace tillstream {

/// `bytes` in base64 (RFC 4648, section 4) with padding.
std::string EncodeBase64(std::string_view bytes);

}  // namespace tillstream
