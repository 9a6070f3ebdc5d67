#include "log/compression.h"

#include <lz4frame.h>
#include <zstd.h>

#include <algorithm>

#include "base/check.h"

namespace tillstream {
namespace {

LZ4F_preferences_t Lz4Preferences(size_t records_bytes) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  // Kafka's Java reader knows neither linked blocks nor a content size.
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  // Independent blocks do not see each other's bytes, so the fewer the better.
  preferences.frameInfo.blockSizeID = records_bytes <= (64 << 10)    ? LZ4F_max64KB
                                      : records_bytes <= (256 << 10) ? LZ4F_max256KB
                                                                     : LZ4F_max1MB;
  preferences.autoFlush = 1;
  return preferences;
}

size_t CheckLz4(size_t code) {
  TILLSTREAM_CHECK_MSG(!LZ4F_isError(code), LZ4F_getErrorName(code));
  return code;
}

void SetZstd(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  TILLSTREAM_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)));
}

/// Room for the first try: decompressed records are rarely more than eight times larger.
size_t FirstGuess(size_t compressed_bytes, size_t size_bytes_max) {
  return std::min(size_bytes_max, std::max<size_t>(compressed_bytes * 8, 64 << 10));
}

Error TooLarge(Codec codec, size_t size_bytes_max) {
  return MakeError(ErrorCode::kCorrupt, "{}: more than {} bytes", CodecName(codec), size_bytes_max);
}

}  // namespace

Compressor::Compressor(Codec codec) : codec_(codec) {
  if (codec == Codec::kLz4) {
    CheckLz4(LZ4F_createCompressionContext(&lz4_, LZ4F_VERSION));
  }
  if (codec == Codec::kZstd) {
    zstd_ = ZSTD_createCCtx();
    TILLSTREAM_CHECK(zstd_ != nullptr);
    // Level 1, tuned to records that repeat the one before but for a few bytes: short matches are
    // worth it. Some 4 % smaller than level 1 alone at the same speed.
    SetZstd(zstd_, ZSTD_c_compressionLevel, 1);
    SetZstd(zstd_, ZSTD_c_strategy, ZSTD_fast);
    SetZstd(zstd_, ZSTD_c_minMatch, 4);
    SetZstd(zstd_, ZSTD_c_hashLog, 15);
  }
}

Compressor::~Compressor() {
  LZ4F_freeCompressionContext(lz4_);
  ZSTD_freeCCtx(zstd_);
}

void Compressor::Compress(std::string_view records, ByteBuffer* out) {
  switch (codec_) {
    case Codec::kNone:
      out->Append(records);
      return;
    case Codec::kLz4: {
      const LZ4F_preferences_t preferences = Lz4Preferences(records.size());
      const size_t bound = LZ4F_compressFrameBound(records.size(), &preferences);
      char* frame = out->Reserve(bound);
      size_t size = CheckLz4(LZ4F_compressBegin(lz4_, frame, bound, &preferences));
      size += CheckLz4(LZ4F_compressUpdate(lz4_, frame + size, bound - size, records.data(),
                                           records.size(), nullptr));
      size += CheckLz4(LZ4F_compressEnd(lz4_, frame + size, bound - size, nullptr));
      out->Commit(size);
      return;
    }
    case Codec::kZstd: {
      const size_t bound = ZSTD_compressBound(records.size());
      const size_t size =
          ZSTD_compress2(zstd_, out->Reserve(bound), bound, records.data(), records.size());
      TILLSTREAM_CHECK_MSG(!ZSTD_isError(size), ZSTD_getErrorName(size));
      out->Commit(size);
      return;
    }
  }
}

Decompressor::~Decompressor() {
  LZ4F_freeDecompressionContext(lz4_);
  ZSTD_freeDCtx(zstd_);
}

Status Decompressor::Decompress(Codec codec, std::string_view compressed, size_t size_bytes_max,
                                ByteBuffer* out) {
  out->Clear();
  switch (codec) {
    case Codec::kNone:
      if (compressed.size() > size_bytes_max) return TooLarge(codec, size_bytes_max);
      out->Append(compressed);
      return Ok();
    case Codec::kLz4:
      return DecompressLz4(compressed, size_bytes_max, out);
    case Codec::kZstd:
      return DecompressZstd(compressed, size_bytes_max, out);
  }
  return MakeError(ErrorCode::kCorrupt, "codec {} is not known", static_cast<int>(codec));
}

Status Decompressor::DecompressLz4(std::string_view compressed, size_t size_bytes_max,
                                   ByteBuffer* out) {
  if (lz4_ == nullptr) {
    CheckLz4(LZ4F_createDecompressionContext(&lz4_, LZ4F_VERSION));
  }
  LZ4F_resetDecompressionContext(lz4_);
  size_t room = std::max(out->capacity(), FirstGuess(compressed.size(), size_bytes_max));
  for (;;) {
    room = std::min(room, size_bytes_max);
    size_t produced = room - out->size();
    size_t consumed = compressed.size();
    char* target = out->Reserve(produced);
    const size_t more =
        LZ4F_decompress(lz4_, target, &produced, compressed.data(), &consumed, nullptr);
    if (LZ4F_isError(more)) {
      return MakeError(ErrorCode::kCorrupt, "lz4: {}", LZ4F_getErrorName(more));
    }
    out->Commit(produced);
    compressed.remove_prefix(consumed);
    if (more == 0) break;
    if (out->size() == size_bytes_max) return TooLarge(Codec::kLz4, size_bytes_max);
    if (out->size() == room) {
      room *= 2;
    } else if (compressed.empty() || (produced == 0 && consumed == 0)) {
      return Error{ErrorCode::kCorrupt, "lz4: frame ends too early"};
    }
  }
  if (!compressed.empty()) {
    return MakeError(ErrorCode::kCorrupt, "lz4: {} bytes behind the frame", compressed.size());
  }
  return Ok();
}

Status Decompressor::DecompressZstd(std::string_view compressed, size_t size_bytes_max,
                                    ByteBuffer* out) {
  if (zstd_ == nullptr) {
    zstd_ = ZSTD_createDCtx();
    TILLSTREAM_CHECK(zstd_ != nullptr);
    // Bounds the window that a frame can ask for: 2^24 is kBatchReadBytesMax.
    TILLSTREAM_CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, 24)));
  }
  const auto fault = [](size_t code) {
    return MakeError(ErrorCode::kCorrupt, "zstd: {}", ZSTD_getErrorName(code));
  };
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR) {
    if (size > size_bytes_max) return TooLarge(Codec::kZstd, size_bytes_max);
    const size_t done =
        ZSTD_decompressDCtx(zstd_, out->Reserve(size), size, compressed.data(), compressed.size());
    if (ZSTD_isError(done)) return fault(done);
    out->Commit(done);
    return Ok();
  }
  // Other writers stream, so that a frame does not say its size.
  ZSTD_DCtx_reset(zstd_, ZSTD_reset_session_only);
  size_t room = FirstGuess(compressed.size(), size_bytes_max);
  ZSTD_inBuffer input = {compressed.data(), compressed.size(), 0};
  for (;;) {
    ZSTD_outBuffer output = {out->Reserve(room - out->size()), room - out->size(), 0};
    const size_t before = input.pos;
    const size_t more = ZSTD_decompressStream(zstd_, &output, &input);
    if (ZSTD_isError(more)) return fault(more);
    out->Commit(output.pos);
    if (more == 0 && input.pos == input.size) return Ok();
    if (out->size() == room) {
      if (room == size_bytes_max) return TooLarge(Codec::kZstd, size_bytes_max);
      room = std::min(room * 2, size_bytes_max);
    } else if (input.pos == input.size || (input.pos == before && output.pos == 0)) {
      return Error{ErrorCode::kCorrupt, "zstd: frame ends too early"};
    }
  }
}

}  // namespace tillstream
