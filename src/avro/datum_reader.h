#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "avro/schema.h"
#include "avro/value.h"
#include "base/result.h"

namespace tillstream {

/// Deepest nesting of a datum. Only recursive schemas come near it.
inline constexpr int kDatumDepthMax = 200;

/// Largest Value::Cost() that one datum may come to, some 100 MB in memory. A batch has less than a
/// million bytes, so an honest record stays below; without it five bytes could ask for 2^31 nulls.
inline constexpr size_t kDatumCostMax = size_t{2} << 20;

namespace internal {
struct ReadPlan;
}

/// Reads data of one schema as values of another, by Avro's rules of schema resolution: fields in
/// another order, dropped and added ones (with the reader's defaults), aliases, promotions, unions,
/// enums. All texts are taken as they are; UTF-8 is not checked.
///
/// Immutable and cheap to copy; thread safe.
class DatumReader {
 public:
  /// kBadInput with the reasons when nothing that `writer` writes can be read as `reader`. A branch
  /// of a writer's union that cannot be read is an error only of the data that has it.
  static Result<DatumReader> Make(const Schema& writer, const Schema& reader);

  /// Reads `datum`, all of it, into `value`, whose memory is used again where it fits.
  ///
  /// Errors: kCorrupt, with the field and the byte, e.g. `field "sold": byte 31: the bytes end
  /// inside a number`; `value` is then unspecified.
  Status Read(std::string_view datum, Value* value) const;

 private:
  struct Plans;
  DatumReader(std::shared_ptr<const Plans> plans, const internal::ReadPlan* root)
      : plans_(std::move(plans)), root_(root) {}

  std::shared_ptr<const Plans> plans_;  ///< Owns the plans.
  const internal::ReadPlan* root_;
};

}  // namespace tillstream
