// The snapshot's bytes: what goes in comes out, and nothing that was changed does.

#include "live/forecast_snapshot.h"

#include <gtest/gtest.h>

#include "base/crc32c.h"
#include "base/endian.h"

namespace tillstream {
namespace {

ForecastSnapshot Small() {
  ForecastSnapshot snapshot;
  snapshot.identity = "2 stores";
  snapshot.next = Day(42);
  snapshot.origins = 3;
  snapshot.items = {{{"A_1_1", "A_1", "A"}, {"A_1_2", "A_1", "A"}}, {}};
  snapshot.states = {"CA", ""};
  snapshot.positions = {{{"sales", PartitionId(3)}, Offset(7), Offset(9)}};
  snapshot.state = std::string("\0state", 6);
  return snapshot;
}

std::string Encode(const ForecastSnapshot& snapshot) {
  return EncodeSnapshot(snapshot, [&](std::string* out) { out->append(snapshot.state); });
}

TEST(ForecastSnapshotTest, ReadsBack) {
  const ForecastSnapshot written = Small();
  const auto read = DecodeSnapshot(Encode(written));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->identity, written.identity);
  EXPECT_EQ(read->next, written.next);
  EXPECT_EQ(read->origins, written.origins);
  EXPECT_EQ(read->items, written.items);
  EXPECT_EQ(read->states, written.states);
  EXPECT_EQ(read->positions, written.positions);
  EXPECT_EQ(read->state, written.state);
}

TEST(ForecastSnapshotTest, EveryChangedBitAndEveryLengthIsFound) {
  const std::string bytes = Encode(Small());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeSnapshot(changed).has_value()) << bit;
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeSnapshot(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(DecodeSnapshot(bytes + "x").has_value());
}

TEST(ForecastSnapshotTest, CountsThatTheBytesCannotHoldAreFoundEvenWithARightChecksum) {
  constexpr size_t kHeaderBytes = 20;
  const std::string bytes = Encode(Small());
  for (size_t at = kHeaderBytes; at + 8 <= bytes.size(); ++at) {
    std::string changed = bytes;
    StoreLittleEndian(uint64_t{1} << 60, changed.data() + at);
    StoreLittleEndian(Crc32c(std::string_view(changed).substr(kHeaderBytes)), changed.data() + 16);
    // Where it is no count it is another snapshot; it must be read in bounded memory either way.
    (void)DecodeSnapshot(changed);
  }
}

}  // namespace
}  // namespace tillstream
