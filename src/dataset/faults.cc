#include "dataset/faults.h"

#include "base/check.h"
#include "base/result.h"
#include "base/text.h"

namespace tillstream {

std::string Fault::ToString() const {
  std::string result = file;
  if (line > 0) result += fmt::format(":{}", line);
  if (!column.empty()) result += fmt::format(": column {}", column);
  return result + ": " + text;
}

Error FaultList::ToError() const {
  TILLSTREAM_CHECK(count_ > 0);
  if (faults_.empty()) {
    return MakeError(ErrorCode::kBadInput, "dataset: {} faults; tillstream check lists them",
                     WithThousands(count_));
  }
  const std::string first = faults_.front().ToString();
  if (count_ == 1) return Error{ErrorCode::kBadInput, first};
  return MakeError(ErrorCode::kBadInput, "{}; {} more, tillstream check lists them", first,
                   WithThousands(count_ - 1));
}

}  // namespace tillstream
