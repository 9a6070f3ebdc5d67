#pragma once

#include "base/result.h"
#include "model/sales_record.h"

namespace tillstream {

/// Whether the event's texts can stand in a column of text: kCorrupt, with the field, for one that
/// is not UTF-8, which decoding does not look at.
Status CheckTexts(const SalesRecord& sale);
Status CheckTexts(const StoreDay& total);

}  // namespace tillstream
