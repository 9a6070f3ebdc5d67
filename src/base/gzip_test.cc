#include "base/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <isa-l/igzip_lib.h>

#include <random>

#include "testing/memory_files.h"
#include "testing/stored_gzip.h"

namespace tillstream {
namespace {

/// What a reader gives: all text, and the error that ended it.
struct Outcome {
  std::string text;
  std::string error;
};

Outcome ReadAll(const std::string& file_content, size_t piece_bytes = 1 << 16) {
  MemoryFiles files;
  files.contents["x.gz"] = file_content;
  const std::unique_ptr<File> file = *files.Open("x.gz", OpenMode::kRead);
  GzipReader reader(*file);
  Outcome outcome;
  std::string piece(piece_bytes, '\0');
  for (;;) {
    const Result<size_t> size = reader.Read(piece.data(), piece.size());
    if (!size) {
      outcome.error = size.error().message;
      EXPECT_EQ(size.error().code, ErrorCode::kBadInput);
      // It stays wrong.
      EXPECT_FALSE(reader.Read(piece.data(), piece.size()));
      return outcome;
    }
    if (*size == 0) {
      EXPECT_EQ(reader.file_bytes(), static_cast<int64_t>(file_content.size()));
      return outcome;
    }
    outcome.text.append(piece, 0, *size);
  }
}

/// Compressed with Huffman codes and back references.
std::string Deflate(const std::string& text) {
  std::string result(text.size() + 1000, '\0');
  isal_zstream stream{};
  isal_deflate_init(&stream);
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uint32_t>(text.size());
  stream.next_out = reinterpret_cast<uint8_t*>(result.data());
  stream.avail_out = static_cast<uint32_t>(result.size());
  EXPECT_EQ(isal_deflate(&stream), COMP_OK);
  result.resize(stream.total_out);
  return result;
}

std::string SomeText(size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) text += fmt::format("{},", random() % 7 == 0 ? random() % 1000 : 0);
  return text;
}

TEST(GzipTest, TextComesBackWhateverThePieces) {
  const std::string text = SomeText(1'000'000);
  const std::string file = Deflate(text);
  ASSERT_LT(file.size(), text.size() / 3);
  for (const size_t piece : {size_t{1}, size_t{100}, size_t{4096}, size_t{1} << 20}) {
    const Outcome outcome = ReadAll(file, piece);
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.text == text) << piece;
  }
}

TEST(GzipTest, MembersThatFollowEachOtherAreOneText) {
  const std::string a = SomeText(300'000);
  const std::string file =
      Deflate(a) + StoredGzip("") + StoredGzip("middle") + Deflate(a) + Deflate("");
  for (const size_t piece : {size_t{1}, size_t{1} << 20}) {
    const Outcome outcome = ReadAll(file, piece);
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.text == a + "middle" + a);
  }
}

TEST(GzipTest, MemberMayBeginAnywhereInAPieceOfInput) {
  // The reader fetches 256 KiB at a time: the second member's header is moved over that border.
  constexpr size_t kBorder = size_t{256} << 10;
  for (size_t before = kBorder - 12; before <= kBorder + 2; ++before) {
    const std::string text(
        before - StoredGzip(std::string(kBorder - 1000, 'x')).size() + kBorder - 1000, 'x');
    const std::string first = StoredGzip(text);
    ASSERT_EQ(first.size(), before);
    const Outcome outcome = ReadAll(first + Deflate("second"));
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.text == text + "second") << before;
  }
}

TEST(GzipTest, EmptyFileIsEmptyText) {
  EXPECT_EQ(ReadAll("").error, "");
  EXPECT_EQ(ReadAll("").text, "");
}

TEST(GzipTest, EveryTruncationIsAnError) {
  const std::string text = SomeText(3000);
  for (const std::string& file : {Deflate(text), StoredGzip(text)}) {
    for (size_t size = 1; size < file.size(); ++size) {
      const Outcome outcome = ReadAll(file.substr(0, size));
      ASSERT_THAT(outcome.error,
                  testing::StartsWith("gzip: expected the rest of a gzip member, found the end of "
                                      "the file after "))
          << size;
      EXPECT_TRUE(text.starts_with(outcome.text));
    }
  }
}

TEST(GzipTest, TextBeforeATruncationIsHandedOut) {
  const std::string file = StoredGzip("0123456789");
  const Outcome outcome = ReadAll(file.substr(0, kStoredGzipHeadBytes + 4));
  EXPECT_EQ(outcome.text, "0123");
  EXPECT_EQ(outcome.error,
            "gzip: expected the rest of a gzip member, found the end of the file after 4 bytes of "
            "text");
}

TEST(GzipTest, EveryFlippedBitIsAnErrorOrHarmless) {
  const std::string text = SomeText(2000);
  const std::string file = Deflate(text);
  int errors = 0;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string damaged = file;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const Outcome outcome = ReadAll(damaged);
    // Hints of the header are free to differ, and so are the code of a symbol that does not occur
    // and the choice among equal copies; never the text.
    if (outcome.error.empty()) {
      EXPECT_TRUE(outcome.text == text) << "bit " << bit;
    } else {
      ++errors;
    }
  }
  EXPECT_GT(errors, static_cast<int>(7 * file.size()));
}

TEST(GzipTest, WrongChecksumOrLengthIsAnErrorAfterTheText) {
  for (const size_t from_end : {1, 5}) {
    std::string file = StoredGzip("some text");
    file[file.size() - from_end] ^= 1;
    const Outcome outcome = ReadAll(file);
    EXPECT_EQ(outcome.text, "some text");
    EXPECT_EQ(outcome.error,
              "gzip: expected the text that the CRC-32 was made of, found another after 9 bytes of "
              "text");
  }
}

TEST(GzipTest, BytesBehindTheLastMemberAreAnError) {
  for (const std::string& garbage :
       {std::string("x"), std::string(1, '\0'), std::string("\x1F!")}) {
    const Outcome outcome = ReadAll(StoredGzip("abc") + garbage);
    EXPECT_EQ(outcome.text, "abc");
    EXPECT_EQ(outcome.error,
              "gzip: expected another gzip member or the end of the file, found other bytes after "
              "3 bytes of text");
  }
}

TEST(GzipTest, FileThatIsNotGzipIsAnError) {
  EXPECT_EQ(ReadAll("id,item_id").error,
            "gzip: expected a gzip member, found other bytes after 0 bytes of text");
  EXPECT_EQ(ReadAll(std::string("\x1F\x8B\x07\0\0\0\0\0\0\xFF rest", 15)).error,
            "gzip: expected the compression method deflate, found another after 0 bytes of text");
}

TEST(GzipTest, ReadErrorIsPassedOn) {
  MemoryFiles files;
  files.contents["x.gz"] = StoredGzip("abc");
  files.broken_name = "x.gz";
  const std::unique_ptr<File> file = *files.Open("x.gz", OpenMode::kRead);
  GzipReader reader(*file);
  char piece[10];
  const Result<size_t> size = reader.Read(piece, sizeof(piece));
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, ErrorCode::kIoError);
  EXPECT_EQ(size.error().message, "x.gz: input/output error");
}

}  // namespace
}  // namespace tillstream
