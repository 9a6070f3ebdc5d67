// Random events through Avro C and through our codec: the same bytes, the same values, both ways.

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "avro/compatibility_cases.h"
#include "avro/embedded_schemas.h"
#include "avro/sales_codec.h"
#include "avro_c_peer.h"

namespace tillstream {
namespace {

constexpr int kRounds = 20'000;

class AvroCTest : public ::testing::Test {
 protected:
  AvroCTest() { RecordProperty("seed", std::to_string(seed_)); }

  std::string Text() {
    std::string text(random_() % (random_() % 8 == 0 ? 200 : 14), ' ');
    for (char& c : text) c = static_cast<char>('0' + random_() % 75);
    return text;
  }
  int32_t Int() { return static_cast<int32_t>(random_()) >> (random_() % 32); }
  int64_t Long() {
    const auto bits = (uint64_t{random_()} << 32) | random_();
    return static_cast<int64_t>(bits) >> (random_() % 64);
  }

  const uint32_t seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
};

TEST_F(AvroCTest, SalesRecordsAreTheSameBothWays) {
  AvroCPeer peer(kSalesRecordAvsc);
  auto decoder = SalesDecoder::Make(SalesRecordSchema());
  ASSERT_TRUE(decoder);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " round " + std::to_string(round));
    std::string texts[5];
    for (std::string& text : texts) text = Text();
    SalesRecord record{texts[0], texts[1], texts[2], texts[3], texts[4], Day(Int()), Int(), {}};
    if (random_() % 3 != 0) record.sell_price = static_cast<float>(Int()) / 100;
    for (size_t i = 0; i < 5; ++i) peer.SetText(i, texts[i]);
    peer.SetInt(5, record.day.value());
    peer.SetInt(6, record.sold);
    peer.SetPrice(7, record.sell_price);
    std::string ours;
    EncodeSalesRecord(SchemaId(1), record, &ours);
    ours.erase(0, kFrameBytes);
    const std::string theirs = peer.Encode();
    ASSERT_EQ(ours, theirs);

    SalesRecord read;
    ASSERT_TRUE(decoder->Decode(theirs, &read));
    ASSERT_EQ(read, record);
    ASSERT_EQ(peer.Decode(ours), ours.size());
    for (size_t i = 0; i < 5; ++i) ASSERT_EQ(peer.Text(i), texts[i]);
    ASSERT_EQ(peer.Int(5), record.day.value());
    ASSERT_EQ(peer.Int(6), record.sold);
    ASSERT_EQ(peer.Price(7), record.sell_price);
  }
}

TEST_F(AvroCTest, StoreDaysAreTheSameBothWays) {
  AvroCPeer peer(kStoreDayAvsc);
  auto decoder = StoreDayDecoder::Make(StoreDaySchema());
  ASSERT_TRUE(decoder);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed_) + " round " + std::to_string(round));
    const std::string store = Text();
    const std::string state = Text();
    const StoreDay total{store,  state,  Day(Int()), Date(std::chrono::days(Int())), Int(), Long(),
                         Long(), Long(), Int()};
    const auto date = static_cast<int32_t>(total.date.time_since_epoch().count());
    peer.SetText(0, store);
    peer.SetText(1, state);
    peer.SetInt(2, total.day.value());
    peer.SetInt(3, date);
    peer.SetInt(4, total.events);
    peer.SetLong(5, total.units);
    peer.SetLong(6, total.revenue_cents);
    peer.SetLong(7, total.unpriced_units);
    peer.SetInt(8, total.revision);
    std::string ours;
    EncodeStoreDay(SchemaId(1), total, &ours);
    ours.erase(0, kFrameBytes);
    const std::string theirs = peer.Encode();
    ASSERT_EQ(ours, theirs);

    StoreDay read;
    ASSERT_TRUE(decoder->Decode(theirs, &read));
    ASSERT_EQ(read, total);
    ASSERT_EQ(peer.Decode(ours), ours.size());
    ASSERT_EQ(peer.Text(0), store);
    ASSERT_EQ(peer.Int(3), date);
    ASSERT_EQ(peer.Long(6), total.revenue_cents);
    ASSERT_EQ(peer.Int(8), total.revision);
  }
}

/// Cases of the table of rules of which Avro C thinks otherwise.
const std::map<std::string, AvroCVerdict>& KnownVerdicts() {
  using enum AvroCVerdict;
  static const std::map<std::string, AvroCVerdict> kKnown = {
      // It does not know aliases.
      {"record, alias", kRefuses},
      {"record, alias with a namespace", kRefuses},
      {"record, alias in the own namespace", kRefuses},
      {"fixed, alias", kRefuses},
      {"field renamed with an alias", kRefuses},
      {"record into a union by alias", kRefuses},
      // It does not know defaults of fields.
      {"field added with a default", kRefuses},
      {"field added with a default of null", kRefuses},
      {"field added with a default of a later branch", kRefuses},
      // It does not promote string and bytes to each other.
      {"bytes as string", kRefuses},
      {"string as bytes", kRefuses},
      // It compares enums by name alone and unions branch by branch, when there is data.
      {"enum, symbol dropped", kReads},
      {"enum, symbols dropped", kReads},
      {"enum, symbol dropped, default of the writer's", kReads},
      {"a fault that occurs twice is told once", kReads},
      {"out of a union with null", kReads},
      {"branch dropped", kReads},
      {"nullable field made plain", kReads},
      // It does not know logical types.
      {"decimal, other scale", kReads},
      {"decimal, other precision", kReads},
      // It crashes when the elements of a collection do not resolve; a new field of theirs with a
      // default does not.
      {"items", kCrashes},
      {"values", kCrashes},
      {"items of a field", kCrashes},
      {"array into a union, items differ", kCrashes},
      {"recursion through a map", kCrashes}};
  return kKnown;
}

TEST(AvroCRulesTest, VerdictsDifferOnlyWhereTheyAreKnownTo) {
  for (const CompatibilityCase& c : CompatibilityCases()) {
    SCOPED_TRACE(c.name);
    const auto ours = c.faults.empty() ? AvroCVerdict::kReads : AvroCVerdict::kRefuses;
    const auto theirs = ResolveWithAvroC(c.writer, c.reader);
    const auto found = KnownVerdicts().find(c.name);
    EXPECT_EQ(theirs, found == KnownVerdicts().end() ? ours : found->second);
  }
}

}  // namespace
}  // namespace tillstream
