#include "avro/compatibility.h"

#include <array>

#include "avro/resolution.h"

namespace tillstream {

std::string_view CompatibilityRuleName(CompatibilityRule rule) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "NAME_MISMATCH",        "FIXED_SIZE_MISMATCH",
      "MISSING_ENUM_SYMBOLS", "READER_FIELD_MISSING_DEFAULT_VALUE",
      "TYPE_MISMATCH",        "MISSING_UNION_BRANCH",
      "DECIMAL_MISMATCH",     "NESTING_TOO_DEEP",
      "COMPARISON_TOO_LARGE"};
  return kNames[static_cast<size_t>(rule)];
}

std::string CompatibilityFault::ToString() const {
  return text + " (" + std::string(CompatibilityRuleName(rule)) + ")";
}

std::vector<CompatibilityFault> CompatibilityFaults(const Schema& reader, const Schema& writer,
                                                    size_t* steps) {
  std::vector<CompatibilityFault> faults;
  Resolver resolver;
  resolver.Explain(reader.root(), writer.root(), &faults);
  if (steps != nullptr) *steps += resolver.steps();
  return faults;
}

}  // namespace tillstream
