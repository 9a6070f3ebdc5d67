#include "avro/embedded_schemas.h"

#include <utility>

#include "base/check.h"

namespace tillstream {

Schema ParseReleased(std::string_view avsc) {
  auto schema = Schema::Parse(avsc);
  TILLSTREAM_CHECK_MSG(schema.has_value(), schema.error().message);
  return *std::move(schema);
}

}  // namespace tillstream
