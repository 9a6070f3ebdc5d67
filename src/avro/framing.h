#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/endian.h"
#include "base/result.h"
#include "model/ids.h"

namespace tillstream {

/// The frame in front of every event: a zero byte and the id of the writer's schema, big-endian
/// (docs/formats/events.md).
inline constexpr size_t kFrameBytes = 5;

inline void AppendFrame(SchemaId schema, std::string* out) {
  char frame[kFrameBytes];
  frame[0] = 0;
  StoreBigEndian(schema.value(), frame + 1);
  out->append(frame, kFrameBytes);
}

struct Frame {
  SchemaId schema;
  std::string_view payload;  ///< A view of what was parsed.
};

/// Takes a record's value apart. kCorrupt when it is shorter than a frame, does not begin with
/// the zero byte, or has a schema id that no registry gives (0 or negative).
Result<Frame> ParseFrame(std::string_view value);

}  // namespace tillstream
