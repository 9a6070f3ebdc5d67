#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "registry/registered_schema.h"

namespace tillstream {

/// References as Confluent writes them, in its topic and in its REST API: a list of objects with
/// `name`, `subject` and `version`.
Json ToJson(const std::vector<SchemaReference>& references);

/// Sets member `references` of `object` where there are any: Confluent leaves an empty list out.
void PutReferences(const std::vector<SchemaReference>& references, Json* object);

/// Member `references` of `object`, none where it is not there or null. kBadInput, with what was
/// found and needed, when it is anything but such a list.
Result<std::vector<SchemaReference>> ReferencesOf(const Json& object);

}  // namespace tillstream
