#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "log/byte_buffer.h"
#include "log/record_batch.h"

struct LZ4F_cctx_s;
struct LZ4F_dctx_s;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tillstream {

/// Compresses the records of one batch after the other with one codec, as Kafka's readers take it:
/// LZ4 frames with independent blocks and no content size, zstd frames. The bytes depend on nothing
/// but the records. Not thread safe; keeps its working memory.
class Compressor {
 public:
  explicit Compressor(Codec codec);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  /// Appends the compressed `records` to `out`.
  void Compress(std::string_view records, ByteBuffer* out);

 private:
  const Codec codec_;
  LZ4F_cctx_s* lz4_ = nullptr;
  ZSTD_CCtx_s* zstd_ = nullptr;
};

/// The way back, for any codec. Not thread safe; keeps its working memory.
class Decompressor {
 public:
  Decompressor() = default;
  ~Decompressor();
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Replaces the content of `out` with what `compressed` holds, at most `size_bytes_max`.
  /// kCorrupt, e.g. "lz4: frame ends too early", "zstd: more than 16777216 bytes".
  Status Decompress(Codec codec, std::string_view compressed, size_t size_bytes_max,
                    ByteBuffer* out);

 private:
  Status DecompressLz4(std::string_view compressed, size_t size_bytes_max, ByteBuffer* out);
  Status DecompressZstd(std::string_view compressed, size_t size_bytes_max, ByteBuffer* out);

  LZ4F_dctx_s* lz4_ = nullptr;
  ZSTD_DCtx_s* zstd_ = nullptr;
};

}  // namespace tillstream
