#include "avro/sales_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "avro/datum_writer.h"

namespace tillstream {
namespace {

using std::string_view_literals::operator""sv;

SalesRecord Sale() {
  return {"FOODS_3_090", "FOODS_3", "FOODS", "CA_1", "CA", Day(1069), 120, 1.25F};
}

StoreDay Total() {
  return {"CA_1", "CA", Day(1), Date(std::chrono::days(15003)), 3049, 4337, 1160451, 0, 0};
}

std::string Payload(const SalesRecord& record) {
  std::string out;
  EncodeSalesRecord(SchemaId(1), record, &out);
  return out.substr(kFrameBytes);
}

std::string Payload(const StoreDay& total) {
  std::string out;
  EncodeStoreDay(SchemaId(2), total, &out);
  return out.substr(kFrameBytes);
}

/// Fields of any size and value, and the memory they view.
class RandomEvents {
 public:
  explicit RandomEvents(uint32_t seed) : random_(seed) {}

  SalesRecord Sale() {
    SalesRecord record;
    record.item_id = Text(0);
    record.dept_id = Text(1);
    record.cat_id = Text(2);
    record.store_id = Text(3);
    record.state_id = Text(4);
    record.day = Day(Int());
    record.sold = Int();
    if (random_() % 2 == 0) record.sell_price = static_cast<float>(Int()) / 64;
    return record;
  }

  StoreDay Total() {
    StoreDay total;
    total.store_id = Text(0);
    total.state_id = Text(1);
    total.day = Day(Int());
    total.date = Date(std::chrono::days(Int()));
    total.events = Int();
    total.units = Long();
    total.revenue_cents = Long();
    total.unpriced_units = Long();
    total.revision = Int();
    return total;
  }

  uint32_t Next() { return static_cast<uint32_t>(random_()); }

 private:
  std::string_view Text(size_t i) {
    const size_t size_max = random_() % 8 == 0 ? 300 : 14;
    texts_[i].resize(random_() % size_max);
    for (char& c : texts_[i]) c = static_cast<char>('A' + random_() % 26);
    return texts_[i];
  }
  int64_t Long() {
    const auto bits = (static_cast<uint64_t>(random_()) << 32) | random_();
    return static_cast<int64_t>(bits) >> (random_() % 64);
  }
  int32_t Int() { return static_cast<int32_t>(random_()) >> (random_() % 32); }

  std::mt19937 random_;
  std::string texts_[5];
};

TEST(SalesCodecTest, BytesAreThoseOfTheFormatPage) {
  std::string out;
  EncodeSalesRecord(SchemaId(1), Sale(), &out);
  EXPECT_EQ(out,
            "\0\0\0\0\x01\x16"
            "FOODS_3_090\x0E"
            "FOODS_3\x0A"
            "FOODS\x08"
            "CA_1\x04"
            "CA\xDA\x10\xF0\x01\x02\0\0\xA0\x3F"sv);
  SalesRecord unlisted = Sale();
  unlisted.sell_price.reset();
  unlisted.sold = 0;
  out.clear();
  EncodeSalesRecord(SchemaId(1), unlisted, &out);
  EXPECT_EQ(out.substr(out.size() - 6), "CA\xDA\x10\0\0"sv);
  out.clear();
  EncodeStoreDay(SchemaId(2), Total(), &out);
  EXPECT_EQ(out,
            "\0\0\0\0\x02\x08"
            "CA_1\x04"
            "CA\x02\xB6\xEA\x01\xD2\x2F\xE2\x43\x86\xD4\x8D\x01\0\0"sv);
}

TEST(SalesCodecTest, PrefixAndSuffixMakeTheRecord) {
  std::string out;
  AppendSalesPrefix(SchemaId(7), Sale(), &out);
  char suffix[kSalesSuffixBytesMax];
  const char* const end = WriteSalesSuffix(Day(1069), 120, true, 1.25F, suffix);
  out.append(suffix, static_cast<size_t>(end - suffix));
  std::string whole;
  EncodeSalesRecord(SchemaId(7), Sale(), &whole);
  EXPECT_EQ(out, whole);
}

TEST(SalesCodecTest, SuffixStaysInItsRoom) {
  for (const int32_t number : {std::numeric_limits<int32_t>::min(), -1, 0, 63, 64, 8191, 8192,
                               std::numeric_limits<int32_t>::max()}) {
    for (const bool has_price : {false, true}) {
      char room[kSalesSuffixBytesMax + 1];
      room[kSalesSuffixBytesMax] = '\x5A';
      const char* const end = WriteSalesSuffix(Day(number), number, has_price, 9.58F, room);
      EXPECT_LE(end, room + kSalesSuffixBytesMax);
      EXPECT_EQ(room[kSalesSuffixBytesMax], '\x5A');
    }
  }
}

TEST(SalesCodecTest, OwnSchemaTakesTheFastWayAndOthersDoNot) {
  EXPECT_TRUE(SalesDecoder::Make(SalesRecordSchema())->fast());
  EXPECT_FALSE(SalesDecoder::MakeGeneral(SalesRecordSchema())->fast());
  EXPECT_TRUE(StoreDayDecoder::Make(StoreDaySchema())->fast());
  EXPECT_FALSE(StoreDayDecoder::MakeGeneral(StoreDaySchema())->fast());
  const auto other = SalesDecoder::Make(StoreDaySchema());
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message,
            "schema: m5.forecasting.avro.StoreDay cannot be read as "
            "m5.forecasting.avro.SalesRecord: another name");
}

TEST(SalesCodecTest, FastAndGeneralReadTheSameFromRandomRecords) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  RandomEvents random(seed);
  auto fast = SalesDecoder::Make(SalesRecordSchema());
  auto general = SalesDecoder::MakeGeneral(SalesRecordSchema());
  auto fast_total = StoreDayDecoder::Make(StoreDaySchema());
  auto general_total = StoreDayDecoder::MakeGeneral(StoreDaySchema());
  for (int round = 0; round < 50'000; ++round) {
    const SalesRecord record = random.Sale();
    const std::string payload = Payload(record);
    SalesRecord a;
    SalesRecord b;
    ASSERT_TRUE(fast->Decode(payload, &a)) << "seed " << seed;
    ASSERT_TRUE(general->Decode(payload, &b)) << "seed " << seed;
    ASSERT_EQ(a, record) << "seed " << seed;
    ASSERT_EQ(b, record) << "seed " << seed;
  }
  for (int round = 0; round < 20'000; ++round) {
    const StoreDay total = random.Total();
    const std::string payload = Payload(total);
    StoreDay a;
    StoreDay b;
    ASSERT_TRUE(fast_total->Decode(payload, &a)) << "seed " << seed;
    ASSERT_TRUE(general_total->Decode(payload, &b)) << "seed " << seed;
    ASSERT_EQ(a, total) << "seed " << seed;
    ASSERT_EQ(b, total) << "seed " << seed;
  }
}

/// Holds the two ways equal on bytes that may be anything.
template <typename Decoder, typename Record>
void ExpectSame(Decoder& fast, Decoder& general, const std::string& payload) {
  Record a;
  Record b;
  // An exact copy on the heap, so that reading beyond it is found by a sanitizer.
  const std::unique_ptr<char[]> copy(new char[payload.size()]);
  std::copy(payload.begin(), payload.end(), copy.get());
  const std::string_view bytes(copy.get(), payload.size());
  const auto fast_done = fast.Decode(bytes, &a);
  const auto general_done = general.Decode(bytes, &b);
  ASSERT_EQ(fast_done.has_value(), general_done.has_value());
  if (!fast_done) {
    EXPECT_EQ(fast_done.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(fast_done.error().message, general_done.error().message);
    return;
  }
  std::string again_a;
  std::string again_b;
  if constexpr (std::is_same_v<Record, SalesRecord>) {
    EncodeSalesRecord(SchemaId(1), a, &again_a);
    EncodeSalesRecord(SchemaId(1), b, &again_b);
  } else {
    EncodeStoreDay(SchemaId(1), a, &again_a);
    EncodeStoreDay(SchemaId(1), b, &again_b);
  }
  EXPECT_EQ(again_a, again_b);
}

TEST(SalesCodecTest, CutAnywhereOrWithBytesBehindIsAnError) {
  auto fast = SalesDecoder::Make(SalesRecordSchema());
  auto general = SalesDecoder::MakeGeneral(SalesRecordSchema());
  SalesRecord unlisted = Sale();
  unlisted.sell_price.reset();
  for (const SalesRecord& record : {Sale(), unlisted}) {
    const std::string payload = Payload(record);
    for (size_t size = 0; size < payload.size(); ++size) {
      SalesRecord read;
      EXPECT_FALSE(fast->Decode(payload.substr(0, size), &read)) << size;
      ExpectSame<SalesDecoder, SalesRecord>(*fast, *general, payload.substr(0, size));
    }
    SalesRecord read;
    EXPECT_EQ(fast->Decode(payload + "x", &read).error().message,
              "byte " + std::to_string(payload.size()) + ": 1 bytes behind the last field");
  }
  auto fast_total = StoreDayDecoder::Make(StoreDaySchema());
  auto general_total = StoreDayDecoder::MakeGeneral(StoreDaySchema());
  const std::string payload = Payload(Total());
  for (size_t size = 0; size < payload.size(); ++size) {
    StoreDay read;
    EXPECT_FALSE(fast_total->Decode(payload.substr(0, size), &read)) << size;
    ExpectSame<StoreDayDecoder, StoreDay>(*fast_total, *general_total, payload.substr(0, size));
  }
  StoreDay read;
  EXPECT_FALSE(fast_total->Decode(payload + "x", &read));
}

TEST(SalesCodecTest, EveryByteChangedToEveryOtherReadsTheSameBothWays) {
  auto fast = SalesDecoder::Make(SalesRecordSchema());
  auto general = SalesDecoder::MakeGeneral(SalesRecordSchema());
  auto fast_total = StoreDayDecoder::Make(StoreDaySchema());
  auto general_total = StoreDayDecoder::MakeGeneral(StoreDaySchema());
  const std::string sale = Payload(Sale());
  const std::string total = Payload(Total());
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t i = 0; i < sale.size(); ++i) {
      std::string changed = sale;
      changed[i] = static_cast<char>(byte);
      ExpectSame<SalesDecoder, SalesRecord>(*fast, *general, changed);
    }
    for (size_t i = 0; i < total.size(); ++i) {
      std::string changed = total;
      changed[i] = static_cast<char>(byte);
      ExpectSame<StoreDayDecoder, StoreDay>(*fast_total, *general_total, changed);
    }
  }
}

TEST(SalesCodecTest, RandomBytesReadTheSameBothWays) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  RandomEvents random(seed);
  auto fast = SalesDecoder::Make(SalesRecordSchema());
  auto general = SalesDecoder::MakeGeneral(SalesRecordSchema());
  for (int round = 0; round < 50'000; ++round) {
    std::string payload = Payload(random.Sale());
    for (uint32_t changes = random.Next() % 4; changes > 0; --changes) {
      payload[random.Next() % payload.size()] = static_cast<char>(random.Next());
    }
    SCOPED_TRACE("seed " + std::to_string(seed));
    ExpectSame<SalesDecoder, SalesRecord>(*fast, *general, payload);
    if (HasFatalFailure()) return;
  }
}

TEST(SalesCodecTest, ErrorsSayFieldAndByte) {
  auto decoder = SalesDecoder::Make(SalesRecordSchema());
  const auto error_of = [&](std::string_view payload) {
    SalesRecord record;
    return decoder->Decode(payload, &record).error().message;
  };
  EXPECT_EQ(error_of(""), "field \"item_id\": byte 0: the bytes end inside a number");
  EXPECT_EQ(error_of("\x16"
                     "FOODS"),
            "field \"item_id\": byte 0: a text of 11 bytes, found 5");
  EXPECT_EQ(error_of("\0\0\0\0\0\2\2\4"sv),
            "field \"sell_price\": byte 7: branch 2 of a union of 2");
  EXPECT_EQ(error_of("\0\0\0\0\0\2\x80\x80\x80\x80\x10\0"sv),
            "field \"sold\": byte 6: found 2147483648, needed a 32-bit number");
}

/// A later version: fields in another order, one wider in the union, one added, one dropped.
constexpr std::string_view kEvolved = R"({
  "type": "record", "name": "SalesRecord", "namespace": "m5.forecasting.avro", "fields": [
    {"name": "promo", "type": "string"},
    {"name": "day", "type": "int"},
    {"name": "sell_price", "type": ["float", "null"]},
    {"name": "store_id", "type": "bytes"},
    {"name": "item_id", "type": "string"},
    {"name": "dept_id", "type": "string"},
    {"name": "cat_id", "type": "string"},
    {"name": "state_id", "type": "string"},
    {"name": "sold", "type": "int"}]})";

TEST(SalesCodecTest, EvolvedSchemaIsReadByResolution) {
  const Schema writer = *Schema::Parse(kEvolved);
  Value price{2.5F};
  price.branch = 0;
  std::string payload;
  ASSERT_TRUE(DatumWriter(writer).Append(
      Value{Value::Record{{Value{std::string("BOGOF")}, Value{int32_t{5}}, price,
                           Value{Value::Bytes{"CA_1"}}, Value{std::string("I")},
                           Value{std::string("D")}, Value{std::string("C")},
                           Value{std::string("CA")}, Value{int32_t{9}}}}},
      &payload));
  auto decoder = SalesDecoder::Make(writer);
  ASSERT_TRUE(decoder);
  EXPECT_FALSE(decoder->fast());
  SalesRecord record;
  ASSERT_TRUE(decoder->Decode(payload, &record));
  EXPECT_EQ(record, (SalesRecord{"I", "D", "C", "CA_1", "CA", Day(5), 9, 2.5F}));
}

TEST(SalesCodecTest, TotalsWithoutARevisionHaveRevisionZero) {
  std::string json = StoreDaySchema().ToJson();
  json.resize(json.find(R"(,{"name":"revision")"));
  const Schema writer = *Schema::Parse(json + "]}");
  std::string payload = Payload(Total());
  payload.pop_back();
  auto decoder = StoreDayDecoder::Make(writer);
  ASSERT_TRUE(decoder);
  StoreDay total;
  ASSERT_TRUE(decoder->Decode(payload, &total));
  EXPECT_EQ(total, Total());
}

TEST(SalesCodecTest, PricesKeepTheirBits) {
  auto decoder = SalesDecoder::Make(SalesRecordSchema());
  for (const float price : {0.01F, 9.58F, 0.0F, -0.0F, std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::denorm_min(), 30.98F}) {
    SalesRecord record = Sale();
    record.sell_price = price;
    SalesRecord read;
    const std::string payload = Payload(record);
    ASSERT_TRUE(decoder->Decode(payload, &read));
    EXPECT_EQ(std::bit_cast<uint32_t>(*read.sell_price), std::bit_cast<uint32_t>(price));
  }
}

}  // namespace
}  // namespace tillstream
