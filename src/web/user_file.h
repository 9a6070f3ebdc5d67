#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace tillstream {

/// Who may: users and passwords for HTTP basic authentication, from a file.
///
/// A line is USER:PASSWORD; the password is plain, or hashed as htpasswd -B and mkpasswd write it
/// ($2y$, $5$, $6$, $y$). Empty lines and lines that begin with # do not count.
///
/// Of an accepted password, one a user, a hash under a secret of the object is remembered, so that
/// the cost of the file's hash, up to a second, is paid once. A refused password pays it every
/// time, and an unknown user as much as a known one. Thread safe.
class UserFile {
 public:
  /// Reads `path`. kUsage with `PATH:LINE: ...` when a line is wrong, a user occurs twice, or there
  /// is nobody; the errors of ReadFile(). Passwords are in no message.
  static Result<std::unique_ptr<UserFile>> Open(FileSystem& files, const std::string& path);
  ~UserFile();
  UserFile(const UserFile&) = delete;
  UserFile& operator=(const UserFile&) = delete;

  /// Whether the value of an Authorization header ("Basic dXNlcjpwYXNz") names a user of the file
  /// and the right password. May take as long as a password hash; see IsQuick().
  bool Accepts(std::string_view authorization);

  /// Whether Accepts() of this value answers without computing a password hash: it is malformed, or
  /// was accepted before, or the file has plain passwords only.
  bool IsQuick(std::string_view authorization) const;

  size_t user_count() const;

 private:
  class Impl;
  explicit UserFile(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream
