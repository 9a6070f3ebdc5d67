#include "base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tillstream {
namespace {

TEST(ArenaTest, PiecesAreAlignedAndDoNotOverlap) {
  Arena arena;
  std::vector<std::pair<uint8_t*, size_t>> pieces;
  std::mt19937 random(3);
  for (int i = 0; i < 400; ++i) {
    const size_t size = 1 + random() % (i % 50 == 0 ? 5'000'000 : 100'000);
    auto* const piece = static_cast<uint8_t*>(arena.Allocate(size));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % 64, 0U);
    std::fill_n(piece, size, static_cast<uint8_t>(i));
    pieces.emplace_back(piece, size);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    const auto [piece, size] = pieces[i];
    EXPECT_EQ(std::count(piece, piece + size, static_cast<uint8_t>(i)),
              static_cast<ptrdiff_t>(size));
  }
}

}  // namespace
}  // namespace tillstream
