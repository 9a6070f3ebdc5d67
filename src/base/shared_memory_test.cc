#include "base/shared_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

namespace tillstream {
namespace {

constexpr size_t kSize = 10'000;

TEST(SharedMemoryTest, NewMemoryIsZeroAndWhoMapsItsDescriptorSeesWhatIsWritten) {
  const auto made = SharedMemory::Make(kSize);
  ASSERT_TRUE(made.has_value());
  auto* const bytes = static_cast<unsigned char*>((*made)->data());
  for (size_t i = 0; i < kSize; ++i) ASSERT_EQ(bytes[i], 0);
  const auto mapped = SharedMemory::Map(::dup((*made)->fd()), kSize);
  ASSERT_TRUE(mapped.has_value());
  ASSERT_NE((*mapped)->data(), (*made)->data());
  static_cast<std::atomic<int64_t>*>((*made)->data())->store(42);
  EXPECT_EQ(static_cast<std::atomic<int64_t>*>((*mapped)->data())->load(), 42);
}

TEST(SharedMemoryTest, ItsDescriptorIsNotInheritedByItself) {
  const auto made = SharedMemory::Make(kSize);
  ASSERT_TRUE(made.has_value());
  EXPECT_NE(::fcntl((*made)->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SharedMemoryTest, OtherDescriptorsAndTooLittleMemoryAreRefused) {
  const auto made = SharedMemory::Make(kSize);
  ASSERT_TRUE(made.has_value());
  const int file = ::open("/dev/null", O_RDWR);
  for (const int fd : {file, -1, (*made)->fd()}) {
    const auto mapped = SharedMemory::Map(fd, kSize + 1);
    ASSERT_FALSE(mapped.has_value()) << fd;
    EXPECT_EQ(mapped.error().code, ErrorCode::kUsage);
    EXPECT_EQ(mapped.error().message,
              fmt::format("descriptor {}: is no shared memory of 10001 bytes", fd));
  }
  ::close(file);
}

TEST(SharedMemoryTest, NobodyCanCutIt) {
  const auto made = SharedMemory::Make(kSize);
  ASSERT_TRUE(made.has_value());
  EXPECT_NE(::ftruncate((*made)->fd(), 1), 0);
}

}  // namespace
}  // namespace tillstream
