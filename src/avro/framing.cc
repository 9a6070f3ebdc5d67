#include "avro/framing.h"

namespace tillstream {

Result<Frame> ParseFrame(std::string_view value) {
  if (value.size() < kFrameBytes) {
    return MakeError(ErrorCode::kCorrupt,
                     "frame: found {} bytes, needed at least {}: a zero byte and a schema id",
                     value.size(), kFrameBytes);
  }
  if (value[0] != 0) {
    return MakeError(ErrorCode::kCorrupt, "frame: found magic byte 0x{:02x}, needed 0x00",
                     static_cast<uint8_t>(value[0]));
  }
  const SchemaId schema(LoadBigEndian<int32_t>(value.data() + 1));
  if (schema < SchemaId(1)) {
    return MakeError(ErrorCode::kCorrupt, "frame: found schema id {}, needed 1 or more",
                     schema.value());
  }
  return Frame{schema, value.substr(kFrameBytes)};
}

}  // namespace tillstream
