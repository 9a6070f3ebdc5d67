#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "log/record_block.h"

namespace tillstream {

/// Appends a record whose key may be null too, with these headers instead of its own, to a block.
/// Its offset and timestamp are not used. RecordBlock::ForEach() leaves headers out.
void AppendWhole(const RecordView& record, std::span<const HeaderView> headers, RecordBlock* block);

/// The most bytes that AppendWhole() adds for them.
size_t WholeSizeMax(std::string_view key, std::string_view value,
                    std::span<const HeaderView> headers);

}  // namespace tillstream
