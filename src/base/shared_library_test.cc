#include "base/shared_library.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(SharedLibraryTest, AFunctionIsFoundByItsName) {
  const Result<SharedLibrary> library = SharedLibrary::Load("libm.so.6");
  ASSERT_TRUE(library.has_value());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how a loaded function is called
  const auto cosine = reinterpret_cast<double (*)(double)>(library->Find("cos"));
  ASSERT_NE(cosine, nullptr);
  EXPECT_EQ(cosine(0), 1);
  EXPECT_EQ(library->Find("no_such_function_of_libm"), nullptr);
}

TEST(SharedLibraryTest, WhatIsNotThereIsNamedWithTheReason) {
  const Result<SharedLibrary> library = SharedLibrary::Load("/nonexistent/libnone.so");
  ASSERT_FALSE(library.has_value());
  EXPECT_EQ(library.error().code, ErrorCode::kNotFound);
  EXPECT_NE(library.error().message.find("/nonexistent/libnone.so"), std::string::npos);
}

}  // namespace
}  // namespace tillstream
