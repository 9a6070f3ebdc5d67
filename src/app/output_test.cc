#include "app/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "app/app_fixture.h"

namespace tillstream {
namespace {

class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    TILLSTREAM_CHECK(::pipe2(fds_, O_CLOEXEC | O_NONBLOCK) == 0);
  }
  ~Pipe() {
    CloseReader();
    ::close(fds_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return fds_[1]; }
  void CloseReader() {
    if (fds_[0] >= 0) ::close(fds_[0]);
    fds_[0] = -1;
  }

 private:
  int fds_[2] = {-1, -1};
};

TEST(OutputTest, WhatIsWrittenComesWithTheFlush) {
  const CapturedFile file;
  Output out(file.fd());
  EXPECT_FALSE(out.is_terminal());
  ASSERT_TRUE(out.Write("one\n"));
  ASSERT_TRUE(out.Write("two\n"));
  EXPECT_EQ(file.Text(), "");
  ASSERT_TRUE(out.Flush());
  EXPECT_EQ(file.Text(), "one\ntwo\n");
  ASSERT_TRUE(out.Flush());
  EXPECT_EQ(file.Text(), "one\ntwo\n");
}

TEST(OutputTest, AFullBufferIsWritten) {
  const CapturedFile file;
  Output out(file.fd());
  const std::string block(100'000, 'x');
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(out.Write(block));
  EXPECT_GE(file.Text().size(), 700'000U);
  ASSERT_TRUE(out.Flush());
  EXPECT_EQ(file.Text().size(), 1'000'000U);
}

TEST(OutputTest, DestructionWritesTheRest) {
  const CapturedFile file;
  {
    ASSERT_TRUE(Output(file.fd()).Write("rest"));
  }
  EXPECT_EQ(file.Text(), "rest");
}

TEST(OutputTest, AClosedPipeEndsWritingQuietly) {
  Pipe pipe;
  Output out(pipe.writer());
  ASSERT_TRUE(out.Write("one\n"));
  ASSERT_TRUE(out.Flush());
  EXPECT_FALSE(out.closed());
  pipe.CloseReader();
  ASSERT_TRUE(out.Write("two\n"));
  EXPECT_TRUE(out.Flush()) << "no error";
  EXPECT_TRUE(out.closed());
  EXPECT_TRUE(out.Write(std::string(1'000'000, 'x'))) << "dropped";
  EXPECT_TRUE(out.Flush());
}

TEST(OutputTest, AReaderThatIsGoneIsNoticedWithNothingToWrite) {
  Pipe pipe;
  Output out(pipe.writer());
  ASSERT_TRUE(out.Flush());
  EXPECT_FALSE(out.closed());
  pipe.CloseReader();
  EXPECT_FALSE(out.closed());
  ASSERT_TRUE(out.Flush());
  EXPECT_TRUE(out.closed());
}

TEST(OutputTest, AFullDiskIsAnError) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  {
    Output out(fd);
    ASSERT_TRUE(out.Write("one\n"));
    const Status flushed = out.Flush();
    ASSERT_FALSE(flushed.has_value());
    EXPECT_EQ(flushed.error().code, ErrorCode::kIoError);
    EXPECT_EQ(flushed.error().message, "standard output: No space left on device");
    EXPECT_TRUE(out.closed()) << "what is missing would never be made up for";
  }
  ::close(fd);
}

}  // namespace
}  // namespace tillstream
