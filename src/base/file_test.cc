#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>

#include "testing/temp_dir.h"

namespace tillstream {
namespace {

using testing::ElementsAre;

class FileTest : public testing::Test {
 protected:
  std::unique_ptr<File> Open(const std::string& name, OpenMode mode = OpenMode::kAppend) {
    Result<std::unique_ptr<File>> file = files_->Open(folder_ / name, mode);
    EXPECT_TRUE(file) << file.error().message;
    return *std::move(file);
  }
  std::string Content(const std::string& name) { return *ReadFile(*files_, folder_ / name); }

  const TempDir folder_;
  const std::unique_ptr<FileSystem> files_ = MakePosixFileSystem();
};

TEST_F(FileTest, AppendedBytesAreRead) {
  const std::unique_ptr<File> file = Open("a");
  ASSERT_TRUE(file->Append("hello "));
  ASSERT_TRUE(file->Append(""));
  ASSERT_TRUE(file->Append("world"));
  ASSERT_TRUE(file->Sync());
  char buffer[20];
  EXPECT_EQ(*file->ReadAt(0, buffer, sizeof(buffer)), 11U);
  EXPECT_EQ(*file->ReadAt(6, buffer, 3), 3U);
  EXPECT_EQ(std::string(buffer, 3), "wor");
  EXPECT_EQ(*file->ReadAt(11, buffer, 3), 0U);
  EXPECT_EQ(*file->ReadAt(100, buffer, 3), 0U);
  EXPECT_EQ(file->path(), folder_ / "a");
}

TEST_F(FileTest, AppendGoesToTheEndAfterReopeningAndTruncating) {
  ASSERT_TRUE(Open("a")->Append("12345"));
  const std::unique_ptr<File> file = Open("a");
  ASSERT_TRUE(file->Append("67"));
  ASSERT_TRUE(file->Truncate(3));
  ASSERT_TRUE(file->Append("x"));
  EXPECT_EQ(Content("a"), "123x");
}

TEST_F(FileTest, WriteAtReplacesBytesAndLeavesAppendingAsItWas) {
  const std::unique_ptr<File> file = Open("a");
  ASSERT_TRUE(file->Append("abcdef"));
  ASSERT_TRUE(file->WriteAt(2, "XY"));
  ASSERT_TRUE(file->Append("g"));
  EXPECT_EQ(Content("a"), "abXYefg");
}

TEST_F(FileTest, InfoTellsSizeIdentityAndKind) {
  const std::unique_ptr<File> file = Open("a");
  ASSERT_TRUE(file->Append("123"));
  const FileInfo by_file = *file->Info();
  const FileInfo by_name = *files_->Info(folder_ / "a");
  EXPECT_EQ(by_file.size_bytes, 3);
  EXPECT_FALSE(by_file.is_directory);
  EXPECT_EQ(by_file.inode, by_name.inode);
  EXPECT_EQ(by_file.modified_ns, by_name.modified_ns);
  EXPECT_GT(by_file.modified_ns, 0);
  EXPECT_TRUE(files_->Info(folder_.path())->is_directory);
}

TEST_F(FileTest, WhatIsNotThereIsNotFound) {
  const std::string path = folder_ / "none";
  EXPECT_EQ(files_->Info(path).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(files_->List(path).error().code, ErrorCode::kNotFound);
  const auto file = files_->Open(path, OpenMode::kRead);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(file.error().message, path + ": no such file or directory");
  EXPECT_TRUE(files_->Remove(path));
}

TEST_F(FileTest, FileOpenedForReadingCannotBeWritten) {
  ASSERT_TRUE(Open("a")->Append("123"));
  const std::unique_ptr<File> file = Open("a", OpenMode::kRead);
  const Status status = file->Append("4");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIoError);
  EXPECT_EQ(status.error().message, folder_ / "a: bad file descriptor");
}

TEST_F(FileTest, DirectoriesAreMadeWithTheirParents) {
  ASSERT_TRUE(files_->MakeDirectory(folder_ / "a/b/c"));
  ASSERT_TRUE(files_->MakeDirectory(folder_ / "a/b/c"));
  ASSERT_TRUE(files_->MakeDirectory(folder_ / "a/b"));
  EXPECT_TRUE(files_->Info(folder_ / "a/b/c")->is_directory);
  ASSERT_TRUE(Open("a/file")->Append("x"));
  EXPECT_THAT(*files_->List(folder_ / "a"), ElementsAre("b", "file"));
  const Status status = files_->MakeDirectory(folder_ / "a/file");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, folder_ / "a/file: is not a folder");
  EXPECT_EQ(files_->MakeDirectory(folder_ / "a/file/x").error().code, ErrorCode::kIoError);
}

TEST_F(FileTest, RenameReplacesAndRemoveRemoves) {
  ASSERT_TRUE(Open("a")->Append("new"));
  ASSERT_TRUE(Open("b")->Append("old"));
  ASSERT_TRUE(files_->Rename(folder_ / "a", folder_ / "b"));
  ASSERT_TRUE(files_->SyncDirectory(folder_.path()));
  EXPECT_THAT(*files_->List(folder_.path()), ElementsAre("b"));
  EXPECT_EQ(Content("b"), "new");
  ASSERT_TRUE(files_->Remove(folder_ / "b"));
  EXPECT_THAT(*files_->List(folder_.path()), testing::IsEmpty());
  EXPECT_EQ(files_->Rename(folder_ / "a", folder_ / "b").error().code, ErrorCode::kIoError);
}

TEST_F(FileTest, LockHasOneHolderWhoIsNamed) {
  const std::string path = folder_ / "lock";
  Result<std::unique_ptr<FileLock>> first = files_->Lock(path, "pid 17");
  ASSERT_TRUE(first);
  const Result<std::unique_ptr<FileLock>> second = files_->Lock(path, "pid 18");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kRefused);
  EXPECT_EQ(second.error().message, "pid 17");
  first->reset();
  EXPECT_TRUE(files_->Lock(path, "pid 19"));
}

TEST_F(FileTest, AtomicWriteReplacesTheWholeContent) {
  const std::string path = folder_ / "a";
  ASSERT_TRUE(WriteFileAtomically(*files_, path, "a long first content"));
  // What a crash may have left is no obstacle.
  ASSERT_TRUE(Open("a.tmp")->Append("left over"));
  ASSERT_TRUE(WriteFileAtomically(*files_, path, "second"));
  EXPECT_EQ(Content("a"), "second");
  EXPECT_THAT(*files_->List(folder_.path()), ElementsAre("a"));
}

TEST_F(FileTest, FileOverTheLimitIsNotReadWhole) {
  ASSERT_TRUE(Open("a")->Append("12345"));
  EXPECT_EQ(*ReadFile(*files_, folder_ / "a", 5), "12345");
  EXPECT_EQ(ReadFile(*files_, folder_ / "a", 4).error().message,
            folder_ / "a: 5 bytes, needed at most 4");
}

TEST_F(FileTest, PathsAreJoinedByOneSlash) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
}

TEST_F(FileTest, WantOfDescriptorsIsNoFaultOfTheStorage) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto opened = files_->Open(folder_ / "a", OpenMode::kAppend);
  const auto locked = files_->Lock(folder_ / "b", "me");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kFailed);
  EXPECT_EQ(opened.error().message, folder_ / "a" + ": too many open files");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::kFailed);
}

}  // namespace
}  // namespace tillstream
