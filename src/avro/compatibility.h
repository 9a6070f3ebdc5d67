#pragma once

#include <string>
#include <vector>

#include "avro/schema.h"

namespace tillstream {

/// Why data written with `writer` could not be read with `reader`; empty when all of it can. Each
/// reason names the place and the rule, e.g. `field "promo": not in the writer's schema and
/// without a default`.
///
/// Stricter than a DatumReader, which takes what the data at hand allows: here every branch of a
/// writer's union and every symbol of its enums must be readable.
std::vector<std::string> CompatibilityFaults(const Schema& reader, const Schema& writer);

}  // namespace tillstream
