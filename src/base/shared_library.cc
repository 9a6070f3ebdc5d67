#include "base/shared_library.h"

#include <dlfcn.h>

namespace tillstream {

Result<SharedLibrary> SharedLibrary::Load(const std::string& name) {
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return SharedLibrary(name, handle);
  const char* const reason = ::dlerror();  // NOLINT(concurrency-mt-unsafe): of this thread in glibc
  return MakeError(ErrorCode::kNotFound, "{}", reason == nullptr ? name.c_str() : reason);
}

void* SharedLibrary::Find(const char* symbol) const { return ::dlsym(handle_, symbol); }

}  // namespace tillstream
