#include "consume/event_format.h"

#include <gtest/gtest.h>

#include <array>

#include "base/json.h"

namespace tillstream {
namespace {

class EventFormatTest : public testing::Test {
 protected:
  EventFormatTest() {
    record_.offset = Offset(42);
    record_.timestamp = Timestamp(1'296'259'200'000);  // 2011-01-29
    record_.key = "FOODS_1_001_CA_1";
  }

  std::string Line(EventFormat format, const Event& event) {
    std::string out = "before ";
    FormatEvent(format, {"sales", PartitionId(3)}, record_, event, &out);
    EXPECT_TRUE(out.starts_with("before ")) << "lines are appended";
    EXPECT_TRUE(out.ends_with("\n"));
    const std::string line = out.substr(7, out.size() - 8);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(format == EventFormat::kText || ParseJson(line).has_value()) << line;
    return line;
  }

  RecordView record_;
  SalesRecord sale_ = {"FOODS_1_001", "FOODS_1", "FOODS", "CA_1", "CA", Day(1), 12, 8.26F};
  StoreDay total_ = {"CA_1", "CA", Day(1), *ParseDate("2011-01-29"), 3049, 4337, 1'020'305, 7, 0};
};

TEST_F(EventFormatTest, ASaleAsText) {
  EXPECT_EQ(Line(EventFormat::kText, sale_),
            "2011-01-29  d_1     CA_1     FOODS_1_001        sold   12  price    8.26");
  sale_.sell_price.reset();
  sale_.sold = 0;
  EXPECT_EQ(Line(EventFormat::kText, sale_),
            "2011-01-29  d_1     CA_1     FOODS_1_001        sold    0  price       -");
}

TEST_F(EventFormatTest, ATotalAsText) {
  EXPECT_EQ(Line(EventFormat::kText, total_),
            "2011-01-29  d_1     CA_1     3049 events  4337 units  10203.05 revenue  7 unpriced");
  total_.revenue_cents = -150;
  EXPECT_EQ(Line(EventFormat::kText, total_),
            "2011-01-29  d_1     CA_1     3049 events  4337 units  -1.50 revenue  7 unpriced");
}

TEST_F(EventFormatTest, AnythingElseAsText) {
  EXPECT_EQ(Line(EventFormat::kText, std::monostate()), "2011-01-29  sales-3 offset 42  null");
}

TEST_F(EventFormatTest, TextsDoNotCommandTheTerminal) {
  sale_.item_id = "A\x1b[2J";
  sale_.store_id = "\xff";
  EXPECT_EQ(Line(EventFormat::kText, sale_),
            "2011-01-29  d_1     \"\\xFF\"   \"A\\x1B[2J\"         sold   12  price    8.26");
}

TEST_F(EventFormatTest, ASaleAsJson) {
  EXPECT_EQ(Line(EventFormat::kJson, sale_),
            R"({"item_id":"FOODS_1_001","dept_id":"FOODS_1","cat_id":"FOODS","store_id":"CA_1",)"
            R"("state_id":"CA","day":1,"sold":12,"sell_price":8.26})");
  sale_.sell_price.reset();
  EXPECT_EQ(Line(EventFormat::kJson, sale_),
            R"({"item_id":"FOODS_1_001","dept_id":"FOODS_1","cat_id":"FOODS","store_id":"CA_1",)"
            R"("state_id":"CA","day":1,"sold":12,"sell_price":null})");
}

TEST_F(EventFormatTest, ATotalAsJson) {
  EXPECT_EQ(Line(EventFormat::kJson, total_),
            R"({"store_id":"CA_1","state_id":"CA","day":1,"date":"2011-01-29","events":3049,)"
            R"("units":4337,"revenue_cents":1020305,"unpriced_units":7,"revision":0})");
}

TEST_F(EventFormatTest, ATombstoneAsJsonIsNull) {
  EXPECT_EQ(Line(EventFormat::kJson, std::monostate()), "null");
}

TEST_F(EventFormatTest, AnotherSchemasValueAsJson) {
  const Schema schema = *Schema::Parse("{\"type\":\"array\",\"items\":\"int\"}");
  OtherEvent other;
  other.schema = &schema.root();
  other.value = Value{Value::Array{{Value{int32_t{1}}, Value{int32_t{2}}}}};
  EXPECT_EQ(Line(EventFormat::kJson, other), "[1,2]");
}

TEST_F(EventFormatTest, TheEnvelopeOfKcat) {
  EXPECT_EQ(Line(EventFormat::kKcat, sale_),
            R"({"topic":"sales","partition":3,"offset":42,"tstype":"create","ts":1296259200000,)"
            R"("broker":-1,"key":"FOODS_1_001_CA_1","payload":{"item_id":"FOODS_1_001",)"
            R"("dept_id":"FOODS_1","cat_id":"FOODS","store_id":"CA_1","state_id":"CA","day":1,)"
            R"("sold":12,"sell_price":8.26}})");
  record_.has_key = false;
  record_.key = "";
  const std::array<HeaderView, 2> headers = {HeaderView{"a", "1"}, HeaderView{"b", "\""}};
  record_.headers = headers;
  EXPECT_EQ(Line(EventFormat::kKcat, std::monostate()),
            R"({"topic":"sales","partition":3,"offset":42,"tstype":"create","ts":1296259200000,)"
            R"("broker":-1,"headers":["a","1","b","\""],"key":null,"payload":null})");
}

}  // namespace
}  // namespace tillstream
