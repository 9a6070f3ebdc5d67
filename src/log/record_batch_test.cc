#include "log/record_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <zstd.h>

#include <fstream>
#include <random>

#include "log/batch_decoder.h"
#include "log/batch_encoder.h"

namespace tillstream {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ' && c != '\n') digits += c;
  }
  for (size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

std::string Encode(const RecordBlock& block, int64_t base, Codec codec) {
  ByteBuffer out;
  BatchEncoder encoder(codec);
  const size_t size = encoder.Encode(FramedRecords::Of(block), Offset(base), &out);
  EXPECT_EQ(size, out.size());
  return std::string(out.view());
}

/// A batch around framed records as any writer may have made them.
std::string Wrap(std::string_view records, int32_t count, Codec codec = Codec::kNone) {
  BatchHeader header;
  header.base_offset = Offset(100);
  header.batch_length = static_cast<int32_t>(records.size() + kBatchHeaderBytes - 12);
  header.attributes = static_cast<int16_t>(codec);
  header.last_offset_delta = count - 1;
  header.record_count = count;
  header.base_timestamp = Timestamp(1000);
  header.max_timestamp = Timestamp(1000);
  std::string batch(kBatchHeaderBytes, '\0');
  StoreBatchHeader(header, batch.data());
  batch += records;
  StoreBatchCrc(batch.data(), batch.size());
  return batch;
}

std::string FaultOf(std::string_view batch, int64_t expected = 100) {
  BatchDecoder decoder;
  const auto records = decoder.Decode(batch, Offset(expected));
  if (records) return "";
  EXPECT_EQ(records.error().code, ErrorCode::kCorrupt);
  return records.error().message;
}

RecordBlock ExampleBlock() {
  RecordBlock block;
  block.Clear(Timestamp(1296259200000));
  block.Append("FOODS_1_001_CA_1", std::string("\0\0\0\0\1\x02hi", 8));
  block.Append("k", "", /*has_value=*/false);
  return block;
}

// The example of docs/formats/segment_log.md.
constexpr std::string_view kExample =
    "00000000000023bb 00000058 00000000 02 c641086f 0000 00000001 0000012dcf11b400 "
    "0000012dcf11b400 ffffffffffffffff ffff ffffffff 00000002 "
    "3c 00 00 00 20 464f4f44535f315f3030315f43415f31 10 0000000001026869 00 "
    "0e 00 00 02 02 6b 01 00";

TEST(RecordBatchTest, TheExampleOfTheFormatPageIsWhatIsWritten) {
  EXPECT_EQ(ToHex(Encode(ExampleBlock(), 9147, Codec::kNone)), ToHex(FromHex(kExample)));
}

/// The bytes of the example on the format page: of each line what stands before two spaces.
std::string ExampleOnThePage() {
  std::ifstream page(TILLSTREAM_SOURCE_DIR "/docs/formats/segment_log.md");
  std::string hex;
  std::string line;
  bool in_example = false;
  while (std::getline(page, line)) {
    if (line.starts_with("## ")) in_example = line == "## Example";
    if (!in_example || !line.starts_with("    ")) continue;
    line.erase(0, line.find_first_not_of(' '));
    hex += line.substr(0, line.find("  "));
  }
  return FromHex(hex);
}

TEST(RecordBatchTest, TheExampleIsTheOneOfTheFormatPage) {
  EXPECT_EQ(ToHex(ExampleOnThePage()), ToHex(FromHex(kExample)));
}

TEST(RecordBatchTest, TheExampleOfTheFormatPageIsRead) {
  const std::string batch = FromHex(kExample);
  BatchDecoder decoder;
  const auto records = decoder.Decode(batch, Offset(9147));
  ASSERT_TRUE(records.has_value()) << records.error().message;
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].offset, Offset(9147));
  EXPECT_EQ((*records)[0].timestamp, Timestamp(1296259200000));
  EXPECT_EQ((*records)[0].key, "FOODS_1_001_CA_1");
  EXPECT_EQ((*records)[0].value, std::string("\0\0\0\0\1\x02hi", 8));
  EXPECT_TRUE((*records)[0].has_value);
  EXPECT_EQ((*records)[1].offset, Offset(9148));
  EXPECT_FALSE((*records)[1].has_value);
}

TEST(RecordBatchTest, CodecsHaveNames) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    EXPECT_EQ(CodecFromName(CodecName(codec)), codec);
  }
  EXPECT_EQ(CodecFromName("gzip"), std::nullopt);
}

TEST(RecordBatchTest, EveryCodecGivesTheRecordsBack) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    for (const size_t value_bytes : {0UL, 10UL, 1'000UL, 70'000UL, 300'000UL, 900'000UL}) {
      RecordBlock block;
      block.Clear(Timestamp(7));
      for (size_t i = 0; i < 3; ++i) {
        block.Append(std::to_string(i), std::string(value_bytes / 3, static_cast<char>('a' + i)));
      }
      const std::string batch = Encode(block, 5, codec);
      EXPECT_EQ(LoadBatchHeader(batch.data()).codec(), codec);
      BatchDecoder decoder;
      const auto records = decoder.Decode(batch, Offset(5));
      ASSERT_TRUE(records.has_value()) << records.error().message;
      ASSERT_EQ(records->size(), 3U);
      for (size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE((*records)[i].value ==
                    std::string(value_bytes / 3, static_cast<char>('a' + i)));
      }
    }
  }
}

TEST(RecordBatchTest, TheBytesAreAFunctionOfTheRecordsAlone) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    BatchEncoder used(codec);
    ByteBuffer out;
    RecordBlock other;
    other.Clear(Timestamp(1));
    other.Append("another", std::string(200'000, 'z'));
    used.Encode(FramedRecords::Of(other), Offset(0), &out);
    const size_t before = out.size();
    used.Encode(FramedRecords::Of(ExampleBlock()), Offset(9147), &out);
    EXPECT_EQ(out.view().substr(before), Encode(ExampleBlock(), 9147, codec));
  }
}

TEST(RecordBatchTest, HeadersNullKeysAndTimestampDeltasOfOtherWritersAreRead) {
  // length, attributes, timestamp delta +1, offset delta 0, null key, value "v", two headers:
  // "h" = "x" and "n" = null.
  const std::string record = FromHex("1a 00 02 00 01 02 76 04 02 68 02 78 02 6e 01");
  const std::string fixed = FromHex("1c") + record.substr(1);
  BatchDecoder decoder;
  const std::string batch = Wrap(fixed, 1);
  const auto records = decoder.Decode(batch, Offset(100));
  ASSERT_TRUE(records.has_value()) << records.error().message;
  const RecordView& found = records->front();
  EXPECT_FALSE(found.has_key);
  EXPECT_EQ(found.timestamp, Timestamp(1001));
  EXPECT_EQ(found.value, "v");
  ASSERT_EQ(found.headers.size(), 2U);
  EXPECT_EQ(found.headers[0].key, "h");
  EXPECT_EQ(found.headers[0].value, "x");
  EXPECT_EQ(found.headers[1].key, "n");
}

TEST(RecordBatchTest, HeadersOfManyRecordsStayWithTheirRecord) {
  std::string records;
  for (int i = 0; i < 60; ++i) {
    std::string body = FromHex("00 00") + std::string(1, static_cast<char>(2 * i)) +
                       FromHex("01 01 02 02") + std::string(1, static_cast<char>('A' + i % 26)) +
                       FromHex("00");
    records += static_cast<char>(2 * body.size());
    records += body;
  }
  BatchDecoder decoder;
  const std::string batch = Wrap(records, 60);
  const auto found = decoder.Decode(batch, Offset(100));
  ASSERT_TRUE(found.has_value()) << found.error().message;
  for (size_t i = 0; i < 60; ++i) {
    ASSERT_EQ((*found)[i].headers.size(), 1U);
    EXPECT_EQ((*found)[i].headers[0].key[0], static_cast<char>('A' + i % 26));
  }
}

TEST(RecordBatchTest, ExtremeTimestampsDoNotOverflow) {
  // Timestamp delta 2^63 - 1 on a base of 1000.
  const std::string record = FromHex("1e 00 feffffffffffffffff01 00 01 01 00");
  BatchDecoder decoder;
  EXPECT_TRUE(decoder.Decode(Wrap(record, 1), Offset(100)).has_value());
}

TEST(RecordBatchTest, FaultsOfTheHeaderAreNamed) {
  const std::string good = FromHex(kExample);
  const auto with = [&](auto change) {
    BatchHeader header = LoadBatchHeader(good.data());
    change(header);
    std::string batch = good;
    StoreBatchHeader(header, batch.data());
    StoreBatchCrc(batch.data(), batch.size());
    return FaultOf(batch, 9147);
  };
  EXPECT_EQ(with([](BatchHeader&) {}), "");
  EXPECT_EQ(with([](BatchHeader& h) { h.magic = 1; }),
            "batch at offset 9147: magic is 1, needed 2");
  EXPECT_EQ(with([](BatchHeader& h) { h.base_offset = Offset(9148); }),
            "batch at offset 9147: base offset is 9148, needed 9147");
  EXPECT_EQ(with([](BatchHeader& h) { h.batch_length = -5; }),
            "batch at offset 9147: size is 7 bytes, needed 62 to 16777216");
  EXPECT_EQ(with([](BatchHeader& h) { h.batch_length = INT32_MAX; }),
            "batch at offset 9147: size is 2147483659 bytes, needed 62 to 16777216");
  EXPECT_EQ(with([](BatchHeader& h) { h.batch_length += 1; }),
            "batch at offset 9147: size is 101 bytes, needed 100");
  EXPECT_EQ(with([](BatchHeader& h) { h.attributes = 1; }),
            "batch at offset 9147: attributes are 0x0001, needed a codec 0, 3 or 4 and no flag");
  EXPECT_EQ(with([](BatchHeader& h) { h.attributes = 0x20; }),
            "batch at offset 9147: attributes are 0x0020, needed a codec 0, 3 or 4 and no flag");
  EXPECT_EQ(with([](BatchHeader& h) { h.record_count = 3; }),
            "batch at offset 9147: 3 records and a last offset delta of 1, needed one less");
  EXPECT_EQ(with([](BatchHeader& h) {
              h.record_count = 3;
              h.last_offset_delta = 2;
            }),
            "batch at offset 9147: record 2 is not framed as a record");
  EXPECT_EQ(with([](BatchHeader& h) {
              h.record_count = 1;
              h.last_offset_delta = 0;
            }),
            "batch at offset 9147: 8 bytes behind the last record");
  EXPECT_EQ(with([](BatchHeader& h) {
              h.record_count = INT32_MAX;
              h.last_offset_delta = INT32_MAX - 1;
            }),
            "batch at offset 9147: 2147483647 records in 39 bytes");
}

TEST(RecordBatchTest, FaultsOfTheFramingAreFound) {
  const std::vector<std::string> faults = {
      "0e 00 00 00 01 01 00",     // Ends inside.
      "0c 00 00 02 01 01 00",     // Offset delta 1 in the first record.
      "0e 00 00 00 01 01 00 00",  // A byte too many in the record.
      "0c 00 00 00 03 01 00",     // Key length -2.
      "0c 00 00 00 7e 01 00",     // Key beyond the record.
      "0c 00 00 00 01 01 02",     // A header that is not there.
      "0c 00 00 00 01 01 01",     // Header count -1.
      "0a 00 00 00 01 00 00",     // Shorter than a record can be.
      "ffffffffffffffffffff 00",  // A length of more than 64 bits.
  };
  for (const std::string& fault : faults) {
    EXPECT_EQ(FaultOf(Wrap(FromHex(fault), 1)),
              "batch at offset 100: record 0 is not framed as a record")
        << fault;
  }
  EXPECT_EQ(FaultOf(Wrap(FromHex("0c 00 00 00 01 01 00"), 1)), "");
}

TEST(RecordBatchTest, EveryTruncatedAndEveryFlippedBatchIsRefused) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    const std::string batch = Encode(ExampleBlock(), 9147, codec);
    for (size_t size = 0; size < batch.size(); ++size) {
      EXPECT_NE(FaultOf(batch.substr(0, size), 9147), "") << size;
    }
    for (size_t at = 0; at < batch.size(); ++at) {
      // The leader epoch is a broker's: it says nothing of the records.
      if (at >= 12 && at < 16) continue;
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = batch;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        EXPECT_NE(FaultOf(damaged, 9147), "") << at << " bit " << bit;
      }
    }
  }
}

TEST(RecordBatchTest, DamagedRecordsUnderARightCrcNeverCrash) {
  // What the CRC would catch reaches the decompressor and the parser here.
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    RecordBlock block;
    block.Clear(Timestamp(1));
    for (int i = 0; i < 20; ++i) block.Append("key" + std::to_string(i), std::string(30, 'v'));
    const std::string batch = Encode(block, 100, codec);
    for (size_t at = kBatchHeaderBytes; at < batch.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = batch;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
        StoreBatchCrc(damaged.data(), damaged.size());
        BatchDecoder decoder;
        (void)decoder.Decode(damaged, Offset(100));
      }
      std::string cut = batch.substr(0, at + 1);
      BatchHeader header = LoadBatchHeader(cut.data());
      header.batch_length = static_cast<int32_t>(cut.size() - 12);
      StoreBatchHeader(header, cut.data());
      StoreBatchCrc(cut.data(), cut.size());
      if (at + 1 < batch.size()) {
        EXPECT_NE(FaultOf(cut), "");
      }
    }
  }
}

TEST(RecordBatchTest, DecompressionStopsAtItsLimit) {
  const std::string zeros(kBatchReadBytesMax + 1, '\0');
  std::string zstd(ZSTD_compressBound(zeros.size()), '\0');
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), zeros.data(), zeros.size(), 1));
  EXPECT_EQ(FaultOf(Wrap(zstd, 1, Codec::kZstd)),
            "batch at offset 100: zstd: more than 16777216 bytes");
  std::string lz4(LZ4F_compressFrameBound(zeros.size(), nullptr), '\0');
  lz4.resize(LZ4F_compressFrame(lz4.data(), lz4.size(), zeros.data(), zeros.size(), nullptr));
  EXPECT_EQ(FaultOf(Wrap(lz4, 1, Codec::kLz4)),
            "batch at offset 100: lz4: more than 16777216 bytes");
}

std::string StreamedZstd(std::string_view bytes) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::string out(ZSTD_compressBound(bytes.size()) + 100, '\0');
  ZSTD_outBuffer output = {out.data(), out.size(), 0};
  ZSTD_inBuffer input = {bytes.data(), bytes.size() / 2, 0};
  EXPECT_EQ(ZSTD_isError(ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush)), 0U);
  input.size = bytes.size();
  EXPECT_EQ(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end), 0U);
  out.resize(output.pos);
  ZSTD_freeCCtx(context);
  return out;
}

TEST(RecordBatchTest, ZstdFramesWithoutTheirSizeAreRead) {
  RecordBlock block;
  block.Clear(Timestamp(1));
  for (int i = 0; i < 1000; ++i) block.Append("key", std::string(400, 'v'));
  const std::string frame = StreamedZstd(block.bytes());
  ASSERT_EQ(ZSTD_getFrameContentSize(frame.data(), frame.size()), ZSTD_CONTENTSIZE_UNKNOWN);
  EXPECT_EQ(FaultOf(Wrap(frame, 1000, Codec::kZstd)), "");
  EXPECT_EQ(FaultOf(Wrap(frame.substr(0, frame.size() - 1), 1000, Codec::kZstd)),
            "batch at offset 100: zstd: frame ends too early");
  const std::string large = StreamedZstd(std::string(kBatchReadBytesMax + 1, '\0'));
  EXPECT_EQ(FaultOf(Wrap(large, 1, Codec::kZstd)),
            "batch at offset 100: zstd: more than 16777216 bytes");
}

TEST(RecordBatchTest, Lz4FramesAreWhatKafkaTakes) {
  RecordBlock block;
  block.Clear(Timestamp(1));
  block.Append("key", std::string(500'000, 'v'));
  const std::string batch = Encode(block, 0, Codec::kLz4);
  const std::string_view frame = std::string_view(batch).substr(kBatchHeaderBytes);
  EXPECT_EQ(ToHex(frame.substr(0, 4)), "04224d18");
  // Version 1, independent blocks, no checksums, no content size, no dictionary.
  EXPECT_EQ(static_cast<uint8_t>(frame[4]), 0x60);
  EXPECT_EQ(static_cast<uint8_t>(frame[5]), 0x60) << "blocks of at most 1 MiB";
}

TEST(RecordBlockTest, LongRecordsAndManyRecordsAreFramed) {
  RecordBlock block;
  block.Clear(Timestamp(1));
  for (int i = 0; i < 10'000; ++i) block.Append("", "");
  EXPECT_EQ(block.record_count(), 10'000);
  EXPECT_EQ(FaultOf(Encode(block, 100, Codec::kNone)), "");
  block.Clear(Timestamp(2));
  EXPECT_TRUE(block.empty());
  EXPECT_EQ(block.size_bytes(), 0U);
}

}  // namespace
}  // namespace tillstream
