#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "avro/schema.h"

namespace tillstream {

/// The nodes of a schema. Private to the sources of this folder.
struct Schema::Tree {
  std::vector<std::unique_ptr<SchemaNode>> nodes;
  /// The named types that this schema's own text defines, by full name.
  std::map<std::string, const SchemaNode*, std::less<>> own;
  /// Those of the references and of their references.
  std::map<std::string, const SchemaNode*, std::less<>> referenced;
  std::vector<std::shared_ptr<const Tree>> references;  ///< Keeps their nodes.
  int depth = 0;           ///< Of the text's JSON, with the deepest reference.
  size_t text_bytes = 0;   ///< Of this schema's own text.
  size_t names_bytes = 0;  ///< Its own share of what kSchemaNamesBytesMax bounds.
};

}  // namespace tillstream
