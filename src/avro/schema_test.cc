#include "avro/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "avro/embedded_schemas.h"
#include "avro/sales_codec.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A record of one field with the given text behind its name.
std::string FieldOf(const std::string& rest) {
  return R"({"type":"record","name":"R","fields":[{"name":"f",)" + rest + "}]}";
}

std::string DefaultFaultOf(const std::string& type, const std::string& value) {
  return FaultOf(FieldOf("\"type\":" + type + ",\"default\":" + value));
}

TEST(SchemaTest, EveryPrimitiveTypeIsRead) {
  for (const char* name :
       {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}) {
    const std::string quoted = "\"" + std::string(name) + "\"";
    EXPECT_EQ(Parsed(quoted).ToJson(), quoted);
    EXPECT_EQ(Parsed("{\"type\":" + quoted + "}").ToJson(), quoted);
    EXPECT_EQ(Parsed(quoted).root().Describe(), name);
  }
}

TEST(SchemaTest, ReleasedSchemasPrintAsTheyStandInOneLine) {
  const std::string sales = SalesRecordSchema().ToJson();
  EXPECT_THAT(sales, StartsWith(R"({"type":"record","name":"SalesRecord",)"
                                R"("namespace":"m5.forecasting.avro","fields":[)"
                                R"({"name":"item_id","type":"string","doc":"Item."},)"));
  EXPECT_EQ(Parsed(sales).ToJson(), sales);
  EXPECT_THAT(StoreDaySchema().ToJson(),
              HasSubstr(R"({"name":"date","type":{"type":"int","logicalType":"date"},"doc":)"));
  EXPECT_THAT(StoreDaySchema().ToJson(), HasSubstr(R"("name":"revision","type":"int","doc":)"));
  EXPECT_EQ(StoreDaySchema().root().fields[3].type->logical_type, "date");
}

TEST(SchemaTest, CanonicalFormsOfTheReleasedSchemasStayAsReleased) {
  EXPECT_EQ(SalesRecordSchema().CanonicalForm(),
            R"({"name":"m5.forecasting.avro.SalesRecord","type":"record","fields":[)"
            R"({"name":"item_id","type":"string"},{"name":"dept_id","type":"string"},)"
            R"({"name":"cat_id","type":"string"},{"name":"store_id","type":"string"},)"
            R"({"name":"state_id","type":"string"},{"name":"day","type":"int"},)"
            R"({"name":"sold","type":"int"},{"name":"sell_price","type":["null","float"]}]})");
  EXPECT_EQ(StoreDaySchema().CanonicalForm(),
            R"({"name":"m5.forecasting.avro.StoreDay","type":"record","fields":[)"
            R"({"name":"store_id","type":"string"},{"name":"state_id","type":"string"},)"
            R"({"name":"day","type":"int"},{"name":"date","type":"int"},)"
            R"({"name":"events","type":"int"},{"name":"units","type":"long"},)"
            R"({"name":"revenue_cents","type":"long"},{"name":"unpriced_units","type":"long"},)"
            R"({"name":"revision","type":"int"}]})");
  EXPECT_EQ(SalesRecordSchema().Fingerprint(), 0xf5ba283db9ae3f23U);
  EXPECT_EQ(StoreDaySchema().Fingerprint(), 0xf432d1815ba183b7U);
}

// The values of Avro's own test data, share/test/data/schema-tests.txt.
TEST(SchemaTest, FingerprintsAreThoseOfTheSpecificationsTestData) {
  const auto fingerprint = [](std::string_view json) {
    return static_cast<int64_t>(Parsed(json).Fingerprint());
  };
  EXPECT_EQ(fingerprint(R"("null")"), 7195948357588979594);
  EXPECT_EQ(fingerprint(R"({"type":"boolean"})"), -6970731678124411036);
  EXPECT_EQ(fingerprint(R"("int")"), 8247732601305521295);
  EXPECT_EQ(fingerprint(R"({"type":"fixed","name":"Test","size":1})"), 6572239772516444520);
}

TEST(SchemaTest, CanonicalFormStripsWhatDoesNotChangeTheBytes) {
  const Schema schema = Parsed(R"({
    "namespace": "a.b", "doc": "x", "name": "R", "type": "record", "aliases": ["Old"], "extra": 1,
    "fields": [
      {"doc": "y", "name": "when", "type": {"logicalType": "date", "type": "int"}, "default": 3},
      {"name": "e", "order": "ignore", "type": {"type": "enum", "name": "c.E",
                                                "symbols": ["A", "B"], "default": "A"}},
      {"name": "x", "type": {"type": "fixed", "name": "F", "size": 4}},
      {"name": "m", "type": {"type": "map", "values": {"type": "array", "items": "F"}}},
      {"name": "next", "type": ["null", "R", "c.E"], "aliases": ["tail"]}]})");
  EXPECT_EQ(schema.CanonicalForm(),
            R"({"name":"a.b.R","type":"record","fields":[{"name":"when","type":"int"},)"
            R"({"name":"e","type":{"name":"c.E","type":"enum","symbols":["A","B"]}},)"
            R"({"name":"x","type":{"name":"a.b.F","type":"fixed","size":4}},)"
            R"({"name":"m","type":{"type":"map","values":{"type":"array","items":"a.b.F"}}},)"
            R"({"name":"next","type":["null","a.b.R","c.E"]}]})");
  EXPECT_EQ(schema.ToJson(),
            R"({"type":"record","name":"R","namespace":"a.b","doc":"x","fields":[)"
            R"({"name":"when","type":{"type":"int","logicalType":"date"},"doc":"y","default":3},)"
            R"({"name":"e","type":{"type":"enum","name":"E","namespace":"c","symbols":["A","B"],)"
            R"("default":"A"},"order":"ignore"},)"
            R"({"name":"x","type":{"type":"fixed","name":"F","size":4}},)"
            R"({"name":"m","type":{"type":"map","values":{"type":"array","items":"F"}}},)"
            R"({"name":"next","type":["null","R","c.E"],"aliases":["tail"]}],)"
            R"("extra":1,"aliases":["Old"]})");
  EXPECT_EQ(Parsed(schema.ToJson()).ToJson(), schema.ToJson());
}

TEST(SchemaTest, ToJsonKeepsTheNamespaceOfANameOutsideTheEnclosingOne) {
  const Schema schema = Parsed(
      R"({"type":"record","name":"a.R","fields":[
          {"name":"x","type":{"type":"record","name":"S","namespace":"","fields":[]}},
          {"name":"y","type":"S"}]})");
  EXPECT_EQ(
      schema.ToJson(),
      R"({"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":)"
      R"({"type":"record","name":"S","namespace":"","fields":[]}},{"name":"y","type":"S"}]})");
  EXPECT_EQ(Parsed(schema.ToJson()).CanonicalForm(), schema.CanonicalForm());
}

TEST(SchemaTest, IdentityIgnoresWhiteSpaceAndTheOrderOfKeysButNotDoc) {
  const std::string a = Parsed(R"({"type":"fixed","name":"F","size":2,"doc":"x"})").ToJson();
  EXPECT_EQ(Parsed(R"( {"doc":"x", "size":2, "name":"F", "type":"fixed"} )").ToJson(), a);
  EXPECT_NE(Parsed(R"({"type":"fixed","name":"F","size":2,"doc":"y"})").ToJson(), a);
}

TEST(SchemaTest, RecursiveTypesAreTheSameNode) {
  const Schema schema = Parsed(FieldOf(R"("type":["null",{"type":"array","items":"R"}])"));
  EXPECT_EQ(schema.root().fields[0].type->branches[1]->element, &schema.root());
}

TEST(SchemaTest, LogicalTypesThatDoNotFitAreIgnored) {
  const auto logical_type = [](std::string_view json) { return Parsed(json).root().logical_type; };
  EXPECT_EQ(logical_type(R"({"type":"int","logicalType":"date"})"), "date");
  EXPECT_EQ(logical_type(R"({"type":"long","logicalType":"date"})"), "");
  EXPECT_EQ(logical_type(R"({"type":"int","logicalType":"moon-phase"})"), "");
  EXPECT_EQ(logical_type(R"({"type":"int","logicalType":7})"), "");
  EXPECT_EQ(logical_type(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2})"),
            "decimal");
  EXPECT_EQ(logical_type(R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":5})"),
            "");
  EXPECT_EQ(logical_type(R"({"type":"bytes","logicalType":"decimal"})"), "");
  EXPECT_EQ(logical_type(R"({"type":"string","logicalType":"uuid"})"), "uuid");
  EXPECT_EQ(logical_type(R"({"type":"fixed","name":"D","size":12,"logicalType":"duration"})"),
            "duration");
}

TEST(SchemaTest, NotASchemaIsSaidWithWhatWasFound) {
  EXPECT_EQ(FaultOf("{"), "schema: json: byte 2: not valid JSON");
  EXPECT_EQ(FaultOf("7"),
            "schema: found a JSON number, needed a type's name, an object or a union");
  EXPECT_EQ(FaultOf("{}"), "schema: without \"type\"");
  EXPECT_EQ(FaultOf(R"({"type":{"type":"int"}})"),
            "schema: \"type\" is a JSON object, needed a string");
  EXPECT_EQ(FaultOf(R"("itn")"), "schema: unknown type \"itn\"");
  EXPECT_EQ(FaultOf(FieldOf(R"("type":"itn")")), "schema: field \"f\": unknown type \"itn\"");
  EXPECT_EQ(FaultOf(R"({"type":"array"})"), "schema: array without \"items\"");
  EXPECT_EQ(FaultOf(R"({"type":"map"})"), "schema: map without \"values\"");
  EXPECT_EQ(FaultOf(FieldOf(R"("type":{"type":"map","values":{"type":"array","items":"x"}})")),
            "schema: field \"f\": values: items: unknown type \"x\"");
}

TEST(SchemaTest, NamesAreChecked) {
  const auto fixed = [](const std::string& name) {
    return R"({"type":"fixed","size":1,"name":")" + name + "\"}";
  };
  EXPECT_EQ(FaultOf(fixed("a-b")), "schema: \"a-b\" is not a name of a fixed");
  EXPECT_EQ(FaultOf(fixed("")), "schema: \"\" is not a name of a fixed");
  EXPECT_EQ(FaultOf(fixed("a..b")), "schema: \"a..b\" is not a name of a fixed");
  EXPECT_EQ(FaultOf(fixed("1a")), "schema: \"1a\" is not a name of a fixed");
  EXPECT_EQ(FaultOf(fixed("x.int")), "schema: a fixed may not be called \"int\"");
  EXPECT_EQ(FaultOf(R"({"type":"fixed","size":1})"), "schema: without \"name\"");
  EXPECT_EQ(FaultOf(R"({"type":"fixed","size":1,"name":"A","namespace":"7"})"),
            "schema: \"7\" is not a namespace");
  EXPECT_EQ(FaultOf(R"({"type":"fixed","size":1,"name":"A","aliases":["-"]})"),
            "schema: alias \"-\" is not a name");
  EXPECT_EQ(FaultOf(R"({"type":"fixed","size":1,"name":"A","aliases":"B"})"),
            "schema: aliases are a JSON string, needed a list");
  EXPECT_EQ(FaultOf("[" + fixed("A") + "," + fixed("A") + "]"),
            "schema: a second definition of \"A\"");
}

TEST(SchemaTest, RecordsAreChecked) {
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R"})"),
            "schema: record \"R\" without a list of fields");
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R","fields":[3]})"),
            "schema: found a JSON number, needed a field");
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R","fields":[{"type":"int"}]})"),
            "schema: a field: without \"name\"");
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R","fields":[{"name":"a.b","type":"int"}]})"),
            "schema: \"a.b\" is not a field's name");
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R","fields":[{"name":"a"}]})"),
            "schema: field \"a\": without \"type\"");
  EXPECT_EQ(FaultOf(R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},
                        {"name":"a","type":"int"}]})"),
            "schema: field \"a\": defined twice");
  EXPECT_EQ(FaultOf(FieldOf(R"("type":"int","order":"up")")),
            "schema: field \"f\": order \"up\" is not ascending, descending or ignore");
  EXPECT_EQ(FaultOf(FieldOf(R"("type":"int","doc":5)")),
            "schema: field \"f\": \"doc\" is a JSON number, needed a string");
}

TEST(SchemaTest, EnumsAndFixedAreChecked) {
  EXPECT_EQ(FaultOf(R"({"type":"enum","name":"E"})"),
            "schema: enum \"E\" without a list of symbols");
  EXPECT_EQ(FaultOf(R"({"type":"enum","name":"E","symbols":["A","A"]})"),
            "schema: enum \"E\" with a symbol twice");
  EXPECT_EQ(FaultOf(R"({"type":"enum","name":"E","symbols":["a b"]})"),
            "schema: enum \"E\": \"a b\" is not a symbol");
  EXPECT_EQ(FaultOf(R"({"type":"enum","name":"E","symbols":["A"],"default":"B"})"),
            "schema: enum \"E\": default \"B\" is not one of the symbols");
  for (const char* size : {"-1", "1.5", "\"4\"", "2147483648", "18446744073709551615"}) {
    EXPECT_EQ(FaultOf(std::string(R"({"type":"fixed","name":"F","size":)") + size + "}"),
              "schema: fixed \"F\" without a size of 0 to 2147483647");
  }
}

TEST(SchemaTest, UnionsAreChecked) {
  EXPECT_EQ(FaultOf("[]"), "schema: a union without branches");
  EXPECT_EQ(FaultOf(R"(["null",["int"]])"), "schema: a union directly in a union");
  EXPECT_EQ(FaultOf(R"(["int","null","int"])"), "schema: a union with \"int\" twice");
  EXPECT_EQ(FaultOf(R"([{"type":"array","items":"int"},{"type":"array","items":"long"}])"),
            "schema: a union with \"array\" twice");
  EXPECT_TRUE(Schema::Parse(R"([{"type":"fixed","name":"a.F","size":1},
                                {"type":"fixed","name":"b.F","size":1}])"));
}

TEST(SchemaTest, DefaultsMustBeOfTheFieldsType) {
  const auto fits = [](const std::string& type, const std::string& value) {
    return DefaultFaultOf(type, value) == "no fault";
  };
  EXPECT_EQ(DefaultFaultOf("\"int\"", "\"x\""),
            "schema: field \"f\": default \"x\" is not of type int");
  EXPECT_TRUE(fits("\"int\"", "-2147483648"));
  EXPECT_FALSE(fits("\"int\"", "2147483648"));
  EXPECT_FALSE(fits("\"int\"", "-2147483649"));
  EXPECT_FALSE(fits("\"int\"", "18446744073709551615"));
  EXPECT_FALSE(fits("\"int\"", "1.0"));
  EXPECT_TRUE(fits("\"long\"", "9223372036854775807"));
  EXPECT_TRUE(fits("\"long\"", "-9223372036854775808"));
  EXPECT_FALSE(fits("\"long\"", "9223372036854775808"));
  EXPECT_FALSE(fits("\"long\"", "1e3"));
  EXPECT_TRUE(fits("\"float\"", "1"));
  EXPECT_TRUE(fits("\"double\"", "1.5"));
  EXPECT_TRUE(fits("\"double\"", "\"1.5\""));  // as Avro for Java has always taken it
  EXPECT_TRUE(fits("\"float\"", "\"-Infinity\""));
  EXPECT_FALSE(fits("\"double\"", "\"one\""));
  EXPECT_FALSE(fits("\"long\"", "\"1\""));
  EXPECT_FALSE(fits("\"boolean\"", "0"));
  EXPECT_FALSE(fits("\"null\"", "false"));
  EXPECT_FALSE(fits("\"string\"", "null"));
  EXPECT_TRUE(fits("\"bytes\"", R"("\u00ff\u0000")"));
  EXPECT_FALSE(fits("\"bytes\"", R"("\u0100")"));
  EXPECT_TRUE(fits(R"({"type":"fixed","name":"F","size":2})", R"("\u00ffA")"));
  EXPECT_FALSE(fits(R"({"type":"fixed","name":"F","size":2})", R"("A")"));
  EXPECT_TRUE(fits(R"({"type":"enum","name":"E","symbols":["A"]})", "\"A\""));
  EXPECT_FALSE(fits(R"({"type":"enum","name":"E","symbols":["A"]})", "\"B\""));
  EXPECT_TRUE(fits(R"({"type":"array","items":"int"})", "[1,2]"));
  EXPECT_FALSE(fits(R"({"type":"array","items":"int"})", "[1,\"2\"]"));
  EXPECT_TRUE(fits(R"({"type":"map","values":"int"})", R"({"a":1})"));
  EXPECT_FALSE(fits(R"({"type":"map","values":"int"})", "[]"));
}

TEST(SchemaTest, DefaultOfAUnionIsOfTheFirstBranchThatItFits) {
  const auto branch_of = [](const std::string& type, const std::string& value) {
    const Schema schema = Parsed(FieldOf("\"type\":" + type + ",\"default\":" + value));
    return schema.root().fields[0].default_value->branch;
  };
  EXPECT_EQ(branch_of(R"(["null","int"])", "null"), 0);
  EXPECT_EQ(branch_of(R"(["null","int"])", "1"), 1);
  EXPECT_EQ(branch_of(R"(["int","long"])", "1"), 0);
  EXPECT_EQ(branch_of(R"(["int","long"])", "3000000000"), 1);
  EXPECT_EQ(branch_of(R"([{"type":"enum","name":"E","symbols":["A"]},"string"])", "\"B\""), 1);
  EXPECT_EQ(DefaultFaultOf(R"(["null","int"])", "\"x\""),
            "schema: field \"f\": default \"x\" is of none of the union's branches");
}

TEST(SchemaTest, DefaultOfARecordTakesTheFieldsOwnDefaults) {
  const std::string inner = R"({"type":"record","name":"I","fields":[
      {"name":"a","type":"int","default":4},{"name":"b","type":"string"}]})";
  const Schema schema = Parsed(FieldOf("\"type\":" + inner + R"(,"default":{"b":"x"})"));
  const Value& value = *schema.root().fields[0].default_value;
  ASSERT_EQ(value.as<Value::Record>().fields.size(), 2U);
  EXPECT_EQ(value.as<Value::Record>().fields[0].as<int32_t>(), 4);
  EXPECT_EQ(value.as<Value::Record>().fields[1].as<std::string>(), "x");
  EXPECT_EQ(DefaultFaultOf(inner, "{}"),
            "schema: field \"f\": default of field \"b\": missing, and the field has no default of "
            "its own");
}

TEST(SchemaTest, DefaultThatContainsItselfIsRefused) {
  EXPECT_THAT(FaultOf(FieldOf(R"("type":"R","default":{})")),
              HasSubstr("the default contains itself"));
}

TEST(SchemaTest, DefaultsThatMultiplyAreRefused) {
  std::string schema = R"("int")";
  for (int level = 0; level < 20; ++level) {
    const std::string name = "R" + std::to_string(level);
    const std::string inner = level == 0 ? R"("int","default":0)" : schema + R"(,"default":{})";
    const std::string again = level == 0 ? R"("int","default":0)"
                                         : "\"R" + std::to_string(level - 1) + R"(","default":{})";
    schema = R"({"type":"record","name":")" + name + R"(","fields":[{"name":"a","type":)" + inner +
             R"(},{"name":"b","type":)" + again + "}]}";
  }
  EXPECT_THAT(FaultOf(schema), HasSubstr("the defaults have more than 1048576 values"));
}

TEST(SchemaTest, LimitsHold) {
  const std::string deep(200, '[');
  EXPECT_THAT(FaultOf(deep), StartsWith("schema: json: "));
  std::string nested = R"("int")";
  for (int i = 0; i < 200; ++i) nested = R"({"type":"array","items":)" + nested + "}";
  EXPECT_EQ(FaultOf(nested), "schema: json: nested deeper than 128");
  EXPECT_EQ(FaultOf(std::string(kSchemaBytesMax + 1, ' ')),
            "schema: found 1048577 bytes, needed at most 1048576");
  std::string many = "[";
  for (int i = 0; i < 2001; ++i) {
    many += R"({"type":"fixed","size":1,"name":"F)" + std::to_string(i) + "\"},";
  }
  many.back() = ']';
  EXPECT_EQ(FaultOf(many), "schema: more than 2000 types");
}

TEST(SchemaTest, NumbersThatNoDoubleHoldsAreAnError) {
  EXPECT_THAT(DefaultFaultOf("\"double\"", "1e999"), StartsWith("schema: json: "));
}

TEST(SchemaTest, TextCutOrChangedAnywhereIsAnErrorOrASchema) {
  const std::string text(kStoreDayAvsc);
  for (size_t size = 0; size < text.find_last_of('}'); ++size) {
    EXPECT_FALSE(Schema::Parse(text.substr(0, size))) << size;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char replacement : {'\0', '"', '{', '}', '[', '1', '\xFF'}) {
      std::string changed = text;
      changed[i] = replacement;
      if (const auto schema = Schema::Parse(changed)) {
        EXPECT_TRUE(Schema::Parse(schema->ToJson())) << schema->ToJson();
      }
    }
  }
}

}  // namespace
}  // namespace tillstream
