#pragma once

#include <memory>
#include <vector>

#include "avro/schema.h"

namespace tillstream {

/// The nodes of a schema. Private to the sources of this folder.
struct Schema::Tree {
  std::vector<std::unique_ptr<SchemaNode>> nodes;
};

}  // namespace tillstream
