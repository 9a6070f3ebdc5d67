#include "web/user_file.h"

#include <crypt.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cctype>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace tillstream {
namespace {

/// Ten thousand users with the longest hashes.
constexpr int64_t kFileBytesMax = int64_t{2} << 20;

/// A way to hash passwords that libcrypt has and htpasswd or mkpasswd write.
struct HashKind {
  std::string_view prefix;
  size_t size_bytes;  ///< Of what stands behind the last '$'.
};

constexpr HashKind kHashKinds[] = {
    {"$2a$", 53}, {"$2b$", 53}, {"$2y$", 53},  // bcrypt, salt included
    {"$5$", 43},  {"$6$", 86},  {"$y$", 43},   // SHA-256, SHA-512, yescrypt
};

bool LooksHashed(std::string_view password) {
  return password.starts_with('$') || password.starts_with("{SHA}");
}

/// Whether `hash` is complete and of a kind that can be checked.
bool IsKnownHash(const std::string& hash) {
  const auto* const kind = std::ranges::find_if(
      kHashKinds, [&](const HashKind& known) { return hash.starts_with(known.prefix); });
  if (kind == std::end(kHashKinds)) return false;
  if (hash.size() - hash.rfind('$') - 1 != kind->size_bytes) return false;
  if (hash.starts_with("$2")) {  // crypt_checksalt() does not look at the cost
    const std::string_view cost = std::string_view(hash).substr(4, 2);
    if (hash[6] != '$' || cost < "04" || cost > "31") return false;
  }
  const int salt = ::crypt_checksalt(hash.c_str());
  return salt != CRYPT_SALT_INVALID && salt != CRYPT_SALT_METHOD_DISABLED;
}

/// Takes as long wherever the first difference is.
bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool Verify(const std::string& password, const std::string& hash) {
  const auto memory = std::make_unique<crypt_data>();  // 32 KiB, too much for a thread's stack
  const char* const computed = ::crypt_r(password.c_str(), hash.c_str(), memory.get());
  return computed != nullptr && computed[0] != '*' && IsSame(computed, hash);
}

/// Padding is optional.
std::optional<std::string> DecodeBase64(std::string_view text) {
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  std::string decoded(text.size(), '\0');
  size_t size = 0;
  const int failed =
      ::sodium_base642bin(reinterpret_cast<unsigned char*>(decoded.data()), decoded.size(),
                          text.data(), text.size(), /*ignore=*/nullptr, &size,
                          /*b64_end=*/nullptr, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  if (failed != 0) return std::nullopt;
  decoded.resize(size);
  return decoded;
}

struct Credentials {
  std::string user;
  std::string password;
};

std::optional<Credentials> ParseAuthorization(std::string_view value) {
  constexpr std::string_view kScheme = "basic ";
  const auto lower = [](char c) {
    return static_cast<char>(std::tolower(static_cast<uint8_t>(c)));
  };
  if (!std::ranges::equal(value.substr(0, kScheme.size()), kScheme, {}, lower)) return std::nullopt;
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  const std::optional<std::string> decoded = DecodeBase64(value);
  // A zero byte would end the password where libcrypt reads it.
  if (!decoded || decoded->find('\0') != std::string::npos) return std::nullopt;
  const size_t colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace

class UserFile::Impl {
 public:
  Impl() {
    TILLSTREAM_CHECK_MSG(::sodium_init() >= 0, "no source of random numbers");
    ::crypto_shorthash_keygen(key_.data());
  }

  Status Read(const std::string& path, std::string_view text) {
    for (int line = 1; !text.empty(); ++line) {
      const size_t end = std::min(text.find('\n'), text.size());
      std::string_view content = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (content.ends_with('\r')) content.remove_suffix(1);
      if (content.empty() || content.starts_with('#')) continue;
      if (const Status added = Add(content, line); !added) {
        return added.error().At(fmt::format("{}:{}", path, line));
      }
    }
    if (users_.empty()) return MakeError(ErrorCode::kUsage, "{}: needed lines USER:PASSWORD", path);
    return Ok();
  }

  bool Accepts(std::string_view authorization) {
    const std::optional<Credentials> credentials = ParseAuthorization(authorization);
    if (!credentials) return false;
    User* const user = Find(credentials->user);
    const uint64_t digest = DigestOf(*credentials);
    if (user != nullptr && user->accepted == digest) return true;
    // Of whom there is no hash to check costs one all the same.
    if (some_hash_.empty()) return false;
    const bool is_hashed = user != nullptr && !user->hash.empty();
    const bool is_right = Verify(credentials->password, is_hashed ? user->hash : some_hash_);
    if (!is_hashed || !is_right) return false;
    user->accepted = digest;
    return true;
  }

  bool IsQuick(std::string_view authorization) const {
    if (some_hash_.empty()) return true;
    const std::optional<Credentials> credentials = ParseAuthorization(authorization);
    if (!credentials) return true;
    const auto found = users_.find(credentials->user);
    return found != users_.end() && found->second.accepted == DigestOf(*credentials);
  }

  size_t user_count() const { return users_.size(); }

 private:
  struct User {
    int line = 0;
    std::string hash;  ///< Empty when the file has the password itself.
    /// Digest of the password that was accepted, 0 if none was. Of a plain one from the beginning.
    std::atomic<uint64_t> accepted{0};
  };

  Status Add(std::string_view content, int line) {
    const size_t colon = content.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == content.size()) {
      return MakeError(ErrorCode::kUsage, "needed USER:PASSWORD");
    }
    const Credentials credentials{std::string(content.substr(0, colon)),
                                  std::string(content.substr(colon + 1))};
    if (!IsPrintableUtf8(content)) {
      return MakeError(ErrorCode::kUsage, "needed UTF-8 without control characters");
    }
    const auto [place, is_new] = users_.try_emplace(credentials.user);
    User& user = place->second;
    if (!is_new) {
      return MakeError(ErrorCode::kUsage, "{} stands in line {} already", Quote(credentials.user),
                       user.line);
    }
    user.line = line;
    if (!LooksHashed(credentials.password)) {
      user.accepted = DigestOf(credentials);
      return Ok();
    }
    if (!IsKnownHash(credentials.password)) {
      return MakeError(
          ErrorCode::kUsage,
          "the password of {} is hashed in a way that is not known here; write it with "
          "htpasswd -B or mkpasswd",
          Quote(credentials.user));
    }
    user.hash = credentials.password;
    if (some_hash_.empty()) some_hash_ = user.hash;
    return Ok();
  }

  User* Find(const std::string& name) {
    const auto found = users_.find(name);
    return found == users_.end() ? nullptr : &found->second;
  }

  /// Never 0. The colon parts, since a user has none.
  uint64_t DigestOf(const Credentials& credentials) const {
    const std::string text = credentials.user + ":" + credentials.password;
    std::array<unsigned char, crypto_shorthash_BYTES> digest{};
    ::crypto_shorthash(digest.data(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size(), key_.data());
    return std::bit_cast<uint64_t>(digest) | 1;
  }

  std::array<unsigned char, crypto_shorthash_KEYBYTES> key_{};  ///< This object's secret.
  std::map<std::string, User, std::less<>> users_;
  std::string some_hash_;  ///< The first of the file.
};

UserFile::UserFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UserFile::~UserFile() = default;

Result<std::unique_ptr<UserFile>> UserFile::Open(FileSystem& files, const std::string& path) {
  TILLSTREAM_ASSIGN(const std::string text, ReadFile(files, path, kFileBytesMax));
  auto impl = std::make_unique<Impl>();
  TILLSTREAM_TRY(impl->Read(path, text));
  return std::unique_ptr<UserFile>(new UserFile(std::move(impl)));
}

bool UserFile::Accepts(std::string_view authorization) { return impl_->Accepts(authorization); }

bool UserFile::IsQuick(std::string_view authorization) const {
  return impl_->IsQuick(authorization);
}

size_t UserFile::user_count() const { return impl_->user_count(); }

}  // namespace tillstream
