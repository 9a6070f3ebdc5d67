#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "avro/schema.h"

namespace tillstream {

/// The rules of schema resolution, which CompatibilityFaults() and DatumReader share. Private to
/// the sources of this folder. All names: `reader` is what the data is wanted as, `writer` what it
/// was written as.

/// Whether two named types are meant to be the same: equal names without namespace, or an alias of
/// the reader's is the writer's full name.
bool NamesMatch(const SchemaNode& reader, const SchemaNode& writer);

/// Whether a primitive of `writer` can be read as `reader`: the same type or a promotion.
bool IsReadableAs(AvroType writer, AvroType reader);

/// For each field of the reader's record the writer's field that feeds it: the one of that name, or
/// one that an alias names and nothing else takes.
std::vector<std::optional<size_t>> MatchFields(const SchemaNode& reader, const SchemaNode& writer);

/// Deepest walk over pairs of types. Named types can refer to each other further than any JSON
/// nests, and the walk must not use up the stack.
inline constexpr int kResolutionDepthMax = 256;

/// Decides which pairs of types resolve. Remembers pairs, so use one for a whole schema. Recursive
/// schemas resolve when nothing speaks against it.
class Resolver {
 public:
  /// Adds to `faults` why `writer` does not resolve to `reader`, each reason behind `where`. A pair
  /// of types that occurs in several places is explained at the first.
  bool Explain(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
               std::vector<std::string>* faults) {
    return Visit(reader, writer, where, faults);
  }

  bool Resolves(const SchemaNode& reader, const SchemaNode& writer) {
    return Visit(reader, writer, "", nullptr);
  }

  /// The branch of the reader's union that a writer's type (not a union) is read as: the first of
  /// the same type that resolves, else the first that resolves by promotion, else the first of the
  /// same type, of whose data some may still be readable.
  std::optional<size_t> PickBranch(const SchemaNode& reader_union, const SchemaNode& writer);

 private:
  using Pair = std::pair<const SchemaNode*, const SchemaNode*>;

  bool Visit(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
             std::vector<std::string>* faults);
  bool Check(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
             std::vector<std::string>* faults);
  bool CheckRecord(const SchemaNode& reader, const SchemaNode& writer, const std::string& where,
                   std::vector<std::string>* faults);
  bool CheckReaderUnion(const SchemaNode& reader, const SchemaNode& writer,
                        const std::string& where, std::vector<std::string>* faults);

  int depth_ = 0;
  std::set<Pair> in_progress_;
  std::set<Pair> resolving_;
  std::vector<Pair> resolving_log_;  ///< `resolving_` in the order of its growth.
  std::set<Pair> failing_;
  std::set<Pair> explained_;
};

}  // namespace tillstream
