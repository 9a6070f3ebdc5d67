// Schemas whose text names types of other schemas.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "avro/compatibility.h"
#include "avro/schema.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ShopRecord(const std::string& name, const std::string& type) {
  return R"({"type":"record","name":")" + name + R"(","namespace":"shop","fields":[)" +
         R"({"name":"f","type":)" + type + "}]}";
}

Schema Item() {
  return Parsed(R"({"type":"record","name":"Item","namespace":"shop","fields":[)"
                R"({"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}}]})");
}

TEST(SchemaReferenceTest, TypesOfReferencesAreKnownByFullAndByNearName) {
  EXPECT_EQ(Parsed(ShopRecord("Order", "\"Item\""), {Item()}).root().fields[0].type->FullName(),
            "shop.Item");
  EXPECT_EQ(
      Parsed(ShopRecord("Order", "\"shop.Kind\""), {Item()}).root().fields[0].type->FullName(),
      "shop.Kind");
  EXPECT_EQ(Parsed("\"shop.Item\"", {Item()}).root().FullName(), "shop.Item");
  EXPECT_EQ(FaultOf(ShopRecord("Order", "\"Thing\""), {Item()}),
            "schema: field \"f\": unknown type \"Thing\"");
  EXPECT_EQ(FaultOf("\"Item\"", {Item()}), "schema: unknown type \"Item\"");
}

TEST(SchemaReferenceTest, TypesOfReferencesArePrintedByName) {
  const std::string json = R"({"type":"record","name":"Order","namespace":"shop","fields":[)"
                           R"({"name":"f","type":["null","Item","Kind"]}]})";
  const Schema order = Parsed(json, {Item()});
  EXPECT_EQ(order.ToJson(), json);
  EXPECT_EQ(Parsed(order.ToJson(), {Item()}).ToJson(), json);
  EXPECT_EQ(order.ToNormalizedJson(), json);
  EXPECT_EQ(Parsed(R"(["shop.Item","shop.Kind"])", {Item()}).ToJson(),
            R"(["shop.Item","shop.Kind"])");
}

TEST(SchemaReferenceTest, CanonicalFormDefinesTypesOfReferences) {
  const Schema order = Parsed(ShopRecord("Order", R"(["Item","Kind"])"), {Item()});
  EXPECT_EQ(order.CanonicalForm(),
            R"({"name":"shop.Order","type":"record","fields":[{"name":"f","type":[)"
            R"({"name":"shop.Item","type":"record","fields":[{"name":"kind","type":)"
            R"({"name":"shop.Kind","type":"enum","symbols":["A","B"]}}]},"shop.Kind"]}]})");
  EXPECT_EQ(Parsed(order.CanonicalForm()).CanonicalForm(), order.CanonicalForm());
}

TEST(SchemaReferenceTest, ReferencesOfReferencesAreKnownToo) {
  const Schema order = Parsed(ShopRecord("Order", "\"Item\""), {Item()});
  const Schema bill = Parsed(ShopRecord("Bill", R"(["Order","Kind"])"), {order});
  EXPECT_EQ(bill.ToJson(), ShopRecord("Bill", R"(["Order","Kind"])"));
}

TEST(SchemaReferenceTest, ATypeThatTwoReferencesBringMustBeTheSameInBoth) {
  // Each with its own copy of Item, as a server that resolves references one by one has them.
  const Schema order = Parsed(ShopRecord("Order", "\"Item\""), {Item()});
  const Schema stock = Parsed(ShopRecord("Stock", "\"Item\""), {Item()});
  const Schema both = Parsed(ShopRecord("Both", R"(["Order","Stock","Item"])"), {order, stock});
  EXPECT_EQ(both.ToJson(), ShopRecord("Both", R"(["Order","Stock","Item"])"));
  EXPECT_EQ(Parsed(both.CanonicalForm()).CanonicalForm(), both.CanonicalForm());
  EXPECT_THAT(CompatibilityFaults(both, Parsed(both.CanonicalForm())), IsEmpty());
  const Schema other = Parsed(
      R"({"type":"record","name":"Item","namespace":"shop","fields":[{"name":"kind","type":"int"}]})");
  EXPECT_EQ(FaultOf("\"shop.Item\"", {order, other}),
            "schema: references: two different definitions of \"shop.Item\"");
}

TEST(SchemaReferenceTest, TheTextMayNotDefineATypeOfItsReferencesAgain) {
  EXPECT_EQ(FaultOf(ShopRecord("Item", "\"int\""), {Item()}),
            "schema: a second definition of \"shop.Item\"");
}

TEST(SchemaReferenceTest, ReferencesLiveAsLongAsWhatNamesThem) {
  std::optional<Schema> order;
  {
    const Schema item = Item();
    order = Parsed(ShopRecord("Order", "\"Item\""), {item});
  }
  EXPECT_THAT(order->CanonicalForm(), HasSubstr("shop.Kind"));
}

TEST(SchemaReferenceTest, ChainsOfReferencesEndBeforeTheStackDoes) {
  std::vector<Schema> chain = {Parsed(ShopRecord("R0", "\"int\""))};
  std::string fault;
  for (int i = 1; fault.empty() && i < 1000; ++i) {
    const std::string json =
        ShopRecord("R" + std::to_string(i), "\"R" + std::to_string(i - 1) + "\"");
    auto next = Schema::Parse(json, std::vector<Schema>{chain.back()});
    if (next) {
      chain.push_back(*next);
    } else {
      fault = next.error().message;
    }
  }
  EXPECT_EQ(fault, "schema: nested deeper than 512 with its references");
  EXPECT_GT(chain.size(), 100U);
  EXPECT_THAT(CompatibilityFaults(chain.back(), chain.back()), IsEmpty());
  EXPECT_THAT(chain.back().CanonicalForm(), HasSubstr("shop.R0"));
}

TEST(SchemaReferenceTest, TypesOfReferencesCountTowardsTheLimit) {
  std::string many = "[";
  for (int i = 0; i < 1500; ++i) {
    many += R"({"type":"fixed","size":1,"name":"F)" + std::to_string(i) + "\"},";
  }
  many.back() = ']';
  const Schema big = Parsed(many);
  for (char& c : many) {
    if (c == 'F') c = 'G';
  }
  EXPECT_EQ(FaultOf(many, {big}), "schema: more than 2000 types");
}

}  // namespace
}  // namespace tillstream
