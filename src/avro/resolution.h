#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "avro/compatibility.h"
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

/// For each symbol of the writer's enum its index in the reader's; none where it is unknown.
std::vector<std::optional<int32_t>> MatchSymbols(const SchemaNode& reader,
                                                 const SchemaNode& writer);

/// Deepest walk over pairs of types. Named types can refer to each other further than any JSON
/// nests, and the walk must not use up the stack.
inline constexpr int kResolutionDepthMax = 256;

/// Most comparisons of two types, two names or two fields in one resolution: about 100 ms, 50 MB.
/// Schemas that people write stay below ten thousand.
inline constexpr size_t kResolutionStepsMax = 500'000;

/// Decides which pairs of types resolve. Remembers pairs, so use one for a whole schema. Recursive
/// schemas resolve when nothing speaks against it.
class Resolver {
 public:
  /// Adds to `faults` why `writer` does not resolve to `reader`. A pair of types that occurs in
  /// several places is explained at the first.
  bool Explain(const SchemaNode& reader, const SchemaNode& writer,
               std::vector<CompatibilityFault>* faults) {
    return Visit(reader, writer, faults);
  }

  bool Resolves(const SchemaNode& reader, const SchemaNode& writer) {
    return Visit(reader, writer, nullptr);
  }

  /// The branch of the reader's union that a writer's type (not a union) is read as: the one of the
  /// same type and full name if it resolves, else the first of the same type that does, else the
  /// first that does by promotion, else the first of the same type, of whose data some may still be
  /// readable.
  std::optional<size_t> PickBranch(const SchemaNode& reader_union, const SchemaNode& writer);

  /// Takes `count` from what is left of kResolutionStepsMax. False when it is used up; from then on
  /// nothing new resolves.
  bool Spend(size_t count);
  size_t steps() const { return steps_; }  ///< Spent so far.

 private:
  using Pair = std::pair<const SchemaNode*, const SchemaNode*>;
  using Faults = std::vector<CompatibilityFault>;

  struct PairHash {
    size_t operator()(const Pair& pair) const {
      const auto first = reinterpret_cast<uintptr_t>(pair.first);
      const auto second = reinterpret_cast<uintptr_t>(pair.second);
      return first * 0x9E3779B97F4A7C15U ^ (second >> 4);
    }
  };
  struct PairState {
    enum class Verdict : uint8_t { kNone, kResolves, kFails } verdict = Verdict::kNone;
    bool is_in_progress = false;
    bool is_explained = false;
  };

  /// Where to look in a reader's union for a named type: the indices of its branches by name
  /// without namespace and by alias. The names are the schema's own.
  struct UnionIndex {
    std::unordered_multimap<std::string_view, size_t> by_name;
    std::unordered_multimap<std::string_view, size_t> by_alias;
    std::vector<size_t> unnamed;
  };

  /// One step from a type into one that it contains.
  struct PathStep {
    enum class Kind : uint8_t { kField, kItems, kValues, kWriterBranch } kind;
    size_t index = 0;                    ///< Field of the reader's, branch of the writer's.
    const std::string* field = nullptr;  ///< The field's name.
    const SchemaNode* branch = nullptr;  ///< The writer's.
  };

  /// The branches that may take the writer's type, in their order.
  std::vector<size_t> Candidates(const SchemaNode& reader_union, const SchemaNode& writer);
  bool Visit(const SchemaNode& reader, const SchemaNode& writer, Faults* faults);
  bool VisitBelow(const PathStep& step, const SchemaNode& reader, const SchemaNode& writer,
                  Faults* faults);
  bool Check(const SchemaNode& reader, const SchemaNode& writer, Faults* faults);
  bool CheckEnum(const SchemaNode& reader, const SchemaNode& writer, Faults* faults);
  bool CheckRecord(const SchemaNode& reader, const SchemaNode& writer, Faults* faults);
  bool CheckReaderUnion(const SchemaNode& reader, const SchemaNode& writer, Faults* faults);

  /// False; adds a fault at the present path, whose pointer gets `detail` behind it.
  bool Fail(Faults* faults, CompatibilityRule rule, const char* detail, const std::string& reason);
  bool FailTooLarge(Faults* faults);

  int depth_ = 0;
  size_t steps_ = 0;
  std::vector<PathStep> path_;
  std::unordered_map<Pair, PairState, PairHash> pairs_;
  std::unordered_map<const SchemaNode*, UnionIndex> unions_;
  std::vector<Pair> resolving_log_;  ///< Pairs that were found to resolve, in that order.
};

}  // namespace tillstream
