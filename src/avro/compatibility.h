#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "avro/schema.h"

namespace tillstream {

/// What two schemas fail on. The first six are those of Avro for Java, by whose names registries
/// and their users know them; the rest are our own. docs/formats/avro.md explains each.
enum class CompatibilityRule : uint8_t {
  kNameMismatch,                    ///< Named types of the same kind with different names.
  kFixedSizeMismatch,               ///< Fixed types of different sizes.
  kMissingEnumSymbols,              ///< A writer's symbol is unknown and there is no default.
  kReaderFieldMissingDefaultValue,  ///< A new field without a default.
  kTypeMismatch,                    ///< Neither the same type nor a promotion.
  kMissingUnionBranch,              ///< No branch of the reader's union takes the writer's type.
  kDecimalMismatch,                 ///< Decimals of different precision or scale.
  kNestingTooDeep,                  ///< Not decided: beyond kResolutionDepthMax.
  kComparisonTooLarge,              ///< Not decided: beyond kResolutionStepsMax.
};

/// "NAME_MISMATCH", ...
std::string_view CompatibilityRuleName(CompatibilityRule rule);

/// One reason why data could not be read.
struct CompatibilityFault {
  CompatibilityRule rule = CompatibilityRule::kTypeMismatch;
  /// Where in the reader's schema, as Avro for Java writes it: a JSON pointer into its JSON with
  /// the branches of the writer's unions as numbers, e.g. "/fields/3/type"; "/" for the whole.
  std::string path;
  /// The place and the reason for a person, e.g. `field "promo": not in the writer's schema and
  /// without a default`.
  std::string text;

  /// The text with the rule's name in parentheses behind it.
  std::string ToString() const;
};

/// Most reasons that are listed.
inline constexpr size_t kCompatibilityFaultsMax = 100;

/// Why data written with `writer` could not be read with `reader`; empty when all of it can.
///
/// Stricter than a DatumReader, which takes what the data at hand allows: here every branch of a
/// writer's union and every symbol of its enums must be readable. Time and memory are bounded
/// whatever the schemas are; a pair beyond the limits counts as incompatible and says so.
///
/// `steps`, where it is given, grows by what the comparison took: one is about 200 ns.
std::vector<CompatibilityFault> CompatibilityFaults(const Schema& reader, const Schema& writer,
                                                    size_t* steps = nullptr);

}  // namespace tillstream
