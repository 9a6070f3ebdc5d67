#pragma once

#include "avro/schema.h"
#include "base/json.h"

namespace tillstream {

/// Sets the logical type that `json`, the text of `node`, asks for. Unknown ones, and known ones on
/// a type that they do not fit, are ignored, as the specification asks. Private to the sources of
/// this folder, since it needs base/json.h.
void SetLogicalType(const Json& json, SchemaNode* node);

}  // namespace tillstream
