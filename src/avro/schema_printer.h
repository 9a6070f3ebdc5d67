#pragma once

#include <functional>
#include <map>
#include <string>

#include "avro/schema.h"

namespace tillstream {

enum class PrintedForm { kAsParsed, kNormalized };

/// Prints a schema as Avro for Java's Schema.toString() does. A named type is printed in full where
/// it stands first if `own` has it, by name otherwise. Private to the sources of this folder.
std::string PrintSchema(const SchemaNode& root,
                        const std::map<std::string, const SchemaNode*, std::less<>>& own,
                        PrintedForm form);

}  // namespace tillstream
