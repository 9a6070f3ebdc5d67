#include "base/gzip.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>

#include "base/text.h"

namespace tillstream {
namespace {

/// Compressed bytes fetched at a time.
constexpr size_t kInputBytes = size_t{256} << 10;

}  // namespace

struct GzipReader::State {
  explicit State(File& source) : file(source) {}

  File& file;
  int64_t file_offset = 0;
  int64_t text_bytes = 0;
  bool inside_member = false;
  bool at_end = false;
  std::optional<Error> failure;  ///< Found while there was still text to hand out.
  inflate_state inflate{};
  std::array<uint8_t, kInputBytes> input;

  /// Fetches more compressed bytes; 0 at the end of the file. Only when none are left.
  Result<size_t> Fetch() {
    TILLSTREAM_ASSIGN(
        const size_t size,
        file.ReadAt(file_offset, reinterpret_cast<char*>(input.data()), input.size()));
    file_offset += static_cast<int64_t>(size);
    inflate.next_in = input.data();
    inflate.avail_in = static_cast<uint32_t>(size);
    return size;
  }

  Error Bad(std::string_view needed, std::string_view found) const {
    return MakeError(ErrorCode::kBadInput, "gzip: expected {}, found {} after {} bytes of text",
                     needed, found, WithThousands(text_bytes));
  }

  /// Begins a member at the next input byte, of which there is at least one.
  Status BeginMember() {
    // The second byte may be in the next piece of input; then isal_inflate() checks it.
    if (inflate.next_in[0] != 0x1F || (inflate.avail_in > 1 && inflate.next_in[1] != 0x8B)) {
      return text_bytes == 0 ? Bad("a gzip member", "other bytes")
                             : Bad("another gzip member or the end of the file", "other bytes");
    }
    uint8_t* const next_in = inflate.next_in;
    const uint32_t avail_in = inflate.avail_in;
    isal_inflate_init(&inflate);
    inflate.next_in = next_in;
    inflate.avail_in = avail_in;
    inflate.crc_flag = ISAL_GZIP;
    inside_member = true;
    return Ok();
  }

  Error InflateError(int code) const {
    switch (code) {
      case ISAL_INCORRECT_CHECKSUM:
        return Bad("the text that the CRC-32 was made of", "another");
      case ISAL_INVALID_WRAPPER:
        return Bad("a gzip header", "other bytes");
      case ISAL_UNSUPPORTED_METHOD:
        return Bad("the compression method deflate", "another");
      default:
        return Bad("deflate data", "damaged bytes");
    }
  }
};

GzipReader::GzipReader(File& file) : state_(std::make_unique<State>(file)) {}
GzipReader::~GzipReader() = default;

int64_t GzipReader::file_bytes() const { return state_->file_offset; }

Result<size_t> GzipReader::Read(char* out, size_t size) {
  State& state = *state_;
  inflate_state& inflate = state.inflate;
  size = std::min<size_t>(size, UINT_MAX / 2);
  if (state.failure) return *state.failure;
  while (!state.at_end) {
    bool input_ended = false;
    if (inflate.avail_in == 0) {
      TILLSTREAM_ASSIGN(const size_t fetched, state.Fetch());
      input_ended = fetched == 0;
    }
    if (!state.inside_member) {
      if (input_ended) {
        state.at_end = true;
        break;
      }
      TILLSTREAM_TRY(state.BeginMember());
    }
    inflate.next_out = reinterpret_cast<uint8_t*>(out);
    inflate.avail_out = static_cast<uint32_t>(size);
    const int code = isal_inflate(&inflate);
    const size_t made = size - inflate.avail_out;
    state.text_bytes += static_cast<int64_t>(made);
    if (code != ISAL_DECOMP_OK) state.failure = state.InflateError(code);
    if (inflate.block_state == ISAL_BLOCK_FINISH) state.inside_member = false;
    if (made > 0) return made;
    if (state.failure) return *state.failure;
    if (input_ended && state.inside_member) {
      return state.Bad("the rest of a gzip member", "the end of the file");
    }
  }
  return size_t{0};
}

}  // namespace tillstream
