#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tillstream {

/// A library that is loaded at run time. It stays loaded until the process ends, since threads of
/// its own may outlive whoever asked for it. Thread safe.
class SharedLibrary {
 public:
  /// `name` is a path, or a file name that the system's loader looks for. kNotFound with the
  /// loader's reason.
  static Result<SharedLibrary> Load(const std::string& name);

  /// The address of a function or variable; null when the library has none of that name.
  void* Find(const char* symbol) const;

  const std::string& name() const { return name_; }

 private:
  SharedLibrary(std::string name, void* handle) : name_(std::move(name)), handle_(handle) {}

  std::string name_;
  void* handle_;
};

}  // namespace tillstream
