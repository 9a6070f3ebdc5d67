#pragma once

#include "base/result.h"
#include "model/sales_record.h"

namespace tillstream {

/// What a column of text can have.
enum class RowText {
  kUtf8,
  kUtf8WithoutZero,  ///< No zero byte either.
};

/// Whether the event's texts can stand in columns of text, which decoding does not look at:
/// kCorrupt with the field otherwise.
Status CheckTexts(const SalesRecord& sale, RowText columns = RowText::kUtf8);
Status CheckTexts(const StoreDay& total, RowText columns = RowText::kUtf8);

}  // namespace tillstream
