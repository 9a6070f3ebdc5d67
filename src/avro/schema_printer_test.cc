// The texts of schemas against those of Avro for Java 1.12.0: Schema.toString(), and what
// Confluent's registry makes of a schema with normalize=true.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "avro/schema.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

struct PrintCase {
  std::string name;
  std::string text;
  std::string printed;
  std::string normalized;  ///< Empty: as printed.
};

const std::vector<PrintCase>& Cases() {
  static const std::vector<PrintCase> kCases = {
      {"primitive without properties", R"({"type":"int"})", R"("int")", ""},
      {"properties of a primitive keep their order",
       R"({"zz":1,"type":"string","aa":{"z":1,"b":[true,null,{"y":2,"x":1}]}})",
       R"({"type":"string","zz":1,"aa":{"z":1,"b":[true,null,{"y":2,"x":1}]}})",
       R"({"type":"string","aa":{"b":[true,null,{"x":1,"y":2}],"z":1},"zz":1})"},
      {"logical type first when normalised",
       R"({"type":"bytes","zz":1,"scale":2,"logicalType":"decimal","aa":2,"precision":4})",
       R"({"type":"bytes","zz":1,"scale":2,"logicalType":"decimal","aa":2,"precision":4})",
       R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":2,"aa":2,"zz":1})"},
      {"a scale of 0 is like any property",
       R"({"type":"bytes","zz":1,"scale":0,"logicalType":"decimal","precision":4})",
       R"({"type":"bytes","zz":1,"scale":0,"logicalType":"decimal","precision":4})",
       R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":0,"zz":1})"},
      {"a logical type that does not fit is like any property",
       R"({"type":"bytes","scale":9,"logicalType":"decimal","precision":4})",
       R"({"type":"bytes","scale":9,"logicalType":"decimal","precision":4})",
       R"({"type":"bytes","logicalType":"decimal","precision":4,"scale":9})"},
      {"uuid on fixed", R"({"logicalType":"uuid","type":"fixed","aa":1,"size":16,"name":"n.F"})",
       R"({"type":"fixed","name":"F","namespace":"n","size":16,"logicalType":"uuid","aa")"
       R"(:1})",
       ""},
      {"Avro for Java does not know duration when it parses",
       R"({"type":"fixed","name":"D","size":12,"logicalType":"duration","aa":1})",
       R"({"type":"fixed","name":"D","size":12,"logicalType":"duration","aa":1})",
       R"({"type":"fixed","name":"D","size":12,"aa":1,"logicalType":"duration"})"},
      {"logical type of an array",
       R"({"type":"array","logicalType":"set","b":2,"items":{"type":"int","b":1,"logical)"
       R"(Type":"date"},"a":1})",
       R"({"type":"array","items":{"type":"int","b":1,"logicalType":"date"},"logicalType)"
       R"(":"set","b":2,"a":1})",
       R"({"type":"array","items":{"type":"int","logicalType":"date","b":1},"a":1,"b":2,)"
       R"("logicalType":"set"})"},
      {"keys of a record",
       R"({"zz":1,"fields":[],"aliases":["X","c.Y","a.b.Z","X"],"doc":"d","namespace":"c)"
       R"(","type":"record","name":"a.b.R","aa":2})",
       R"({"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[],"zz":1,"aa)"
       R"(":2,"aliases":["X","c.Y","Z"]})",
       R"({"type":"record","name":"R","namespace":"a.b","doc":"d","fields":[],"aa":2,"zz)"
       R"(":1,"aliases":["X","Z","c.Y"]})"},
      {"keys of a field",
       R"({"type":"record","name":"R","fields":[{"zz":1,"aliases":["z","b","z"],"order":)"
       R"("descending","default":1,"doc":"d","type":"int","name":"f","aa":2}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"int","doc":"d","defa)"
       R"(ult":1,"order":"descending","aliases":["z","b"],"zz":1,"aa":2}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"int","doc":"d","defa)"
       R"(ult":1,"order":"descending","aliases":["b","z"],"aa":2,"zz":1}]})"},
      {"order ascending is not printed",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"ascend)"
       R"(ing"}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"int"}]})", ""},
      {"keys of an enum",
       R"({"x":1,"default":"B","symbols":["A","B"],"aliases":["n.E"],"doc":"d","name":"E)"
       R"(","type":"enum"})",
       R"({"type":"enum","name":"E","doc":"d","symbols":["A","B"],"default":"B","x":1,"a)"
       R"(liases":["n.E"]})",
       ""},
      {"keys of a fixed",
       R"({"x":1,"size":4,"aliases":["z","A","o.B"],"doc":"d","name":"n.F","type":"fixed)"
       R"("})",
       R"({"type":"fixed","name":"F","namespace":"n","doc":"d","size":4,"x":1,"aliases":)"
       R"(["z","A","o.B"]})",
       R"({"type":"fixed","name":"F","namespace":"n","doc":"d","size":4,"x":1,"aliases":)"
       R"(["A","z","o.B"]})"},
      {"reserved keys of other types are dropped",
       R"({"type":"array","items":"int","name":"x","doc":"d","namespace":"q","aliases":[)"
       R"("z"]})",
       R"({"type":"array","items":"int"})", ""},
      {"empty docs",
       R"({"type":"record","name":"R","doc":"","fields":[{"name":"f","type":"int","doc":)"
       R"(""}]})",
       R"({"type":"record","name":"R","doc":"","fields":[{"name":"f","type":"int","doc":)"
       R"(""}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"int","doc":""}]})"},
      {"null counts as absent",
       R"({"type":"record","name":"R","namespace":null,"doc":null,"fields":[{"name":"f",)"
       R"("type":{"type":"enum","name":"E","symbols":["A"],"default":null},"doc":null}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":{"type":"enum","name")"
       R"(:"E","symbols":["A"]}}]})",
       ""},
      {"the namespace of the enclosing type is not repeated",
       R"({"type":"record","name":"R","namespace":"a.b","fields":[{"name":"f","type":{"t)"
       R"(ype":"record","name":"c.S","fields":[{"name":"g","type":"a.b.R"},{"name":"h",")"
       R"(type":{"type":"enum","name":"E","symbols":["X"]}}]}},{"name":"k","type":"c.E"})"
       R"(,{"name":"l","type":{"type":"fixed","name":"F","size":1}}]})",
       R"({"type":"record","name":"R","namespace":"a.b","fields":[{"name":"f","type":{"t)"
       R"(ype":"record","name":"S","namespace":"c","fields":[{"name":"g","type":"a.b.R"})"
       R"(,{"name":"h","type":{"type":"enum","name":"E","symbols":["X"]}}]}},{"name":"k")"
       R"(,"type":"c.E"},{"name":"l","type":{"type":"fixed","name":"F","size":1}}]})",
       ""},
      {"an empty namespace",
       R"({"type":"record","name":"R","namespace":"","fields":[{"name":"f","type":"R"}]})",
       R"({"type":"record","name":"R","fields":[{"name":"f","type":"R"}]})", ""},
      {"a name of Avro's own stays qualified",
       R"({"type":"record","name":"n.record","fields":[{"name":"f","type":["null","n.rec)"
       R"(ord"]}]})",
       R"({"type":"record","name":"record","namespace":"n","fields":[{"name":"f","type":)"
       R"(["null","n.record"]}]})",
       ""},
      {"an alias of Avro's own stays qualified",
       R"({"type":"record","name":"n.R","aliases":["array","m.record"],"fields":[]})",
       R"({"type":"record","name":"R","namespace":"n","fields":[],"aliases":["n.array",")"
       R"(m.record"]})",
       R"({"type":"record","name":"R","namespace":"n","fields":[],"aliases":["m.record",)"
       R"("n.array"]})"},
      {"a type in other words",
       R"([{"type":"fixed","name":"F","size":1},{"type":"array","items":{"type":"F","x":)"
       R"(2}}])",
       R"([{"type":"fixed","name":"F","size":1},{"type":"array","items":"F"}])", ""},
      {"numbers of defaults",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"double","default":1})"
       R"(,{"name":"b","type":"double","default":1e10},{"name":"c","type":"float","defau)"
       R"(lt":0.1},{"name":"d","type":"double","default":100000.50},{"name":"e","type":")"
       R"(double","default":1e-5},{"name":"f","type":"double","default":12345678.9},{"na)"
       R"(me":"g","type":"double","default":1E7},{"name":"h","type":"double","default":0)"
       R"(.001},{"name":"i","type":"double","default":-0.0},{"name":"j","type":"double",)"
       R"("default":0.00099},{"name":"k","type":"float","default":16777217},{"name":"l",)"
       R"("type":"long","default":12345678901}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"double","default":1})"
       R"(,{"name":"b","type":"double","default":1.0E10},{"name":"c","type":"float","def)"
       R"(ault":0.1},{"name":"d","type":"double","default":100000.5},{"name":"e","type":)"
       R"("double","default":1.0E-5},{"name":"f","type":"double","default":1.23456789E7})"
       R"(,{"name":"g","type":"double","default":1.0E7},{"name":"h","type":"double","def)"
       R"(ault":0.001},{"name":"i","type":"double","default":-0.0},{"name":"j","type":"d)"
       R"(ouble","default":9.9E-4},{"name":"k","type":"float","default":16777217},{"name)"
       R"(":"l","type":"long","default":12345678901}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"double","default":1.)"
       R"(0},{"name":"b","type":"double","default":1.0E10},{"name":"c","type":"float","d)"
       R"(efault":0.1},{"name":"d","type":"double","default":100000.5},{"name":"e","type)"
       R"(":"double","default":1.0E-5},{"name":"f","type":"double","default":1.23456789E)"
       R"(7},{"name":"g","type":"double","default":1.0E7},{"name":"h","type":"double","d)"
       R"(efault":0.001},{"name":"i","type":"double","default":-0.0},{"name":"j","type":)"
       R"("double","default":9.9E-4},{"name":"k","type":"float","default":1.6777216E7},{)"
       R"("name":"l","type":"long","default":12345678901}]})"},
      {"numbers in quotes",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"double","default":"N)"
       R"(aN"},{"name":"b","type":"float","default":"-Infinity"},{"name":"c","type":"dou)"
       R"(ble","default":"1.5"}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"double","default":"N)"
       R"(aN"},{"name":"b","type":"float","default":"-Infinity"},{"name":"c","type":"dou)"
       R"(ble","default":1.5}]})",
       ""},
      {"numbers inside of defaults",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","item)"
       R"(s":"double"},"default":[1,2.5]},{"name":"b","type":{"type":"map","values":"flo)"
       R"(at"},"default":{"z":1,"a":0.1}},{"name":"c","type":{"type":"record","name":"I")"
       R"(,"fields":[{"name":"x","type":"double"},{"name":"y","type":["double","null"],")"
       R"(default":1}]},"default":{"y":2,"x":1}}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","item)"
       R"(s":"double"},"default":[1,2.5]},{"name":"b","type":{"type":"map","values":"flo)"
       R"(at"},"default":{"z":1,"a":0.1}},{"name":"c","type":{"type":"record","name":"I")"
       R"(,"fields":[{"name":"x","type":"double"},{"name":"y","type":["double","null"],")"
       R"(default":1}]},"default":{"y":2,"x":1}}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","item)"
       R"(s":"double"},"default":[1.0,2.5]},{"name":"b","type":{"type":"map","values":"f)"
       R"(loat"},"default":{"a":0.1,"z":1.0}},{"name":"c","type":{"type":"record","name")"
       R"(:"I","fields":[{"name":"x","type":"double"},{"name":"y","type":["double","null)"
       R"("],"default":1.0}]},"default":{"x":1.0,"y":2.0}}]})"},
      {"texts of defaults",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"string","default":"\)"
       R"(u0001\u001f\u007f\u00e9/\"\\\n\t\b\f\r"},{"name":"b","type":"bytes","default":)"
       R"("\u00ff\u0000"}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":"string","default":"\)"
       R"(u0001\u001Fé/\"\\\n\t\b\f\r"},{"name":"b","type":"bytes","default":"ÿ\u0000"})"
       R"(]})",
       ""},
      {"a null default",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"defau)"
       R"(lt":null}]})",
       R"({"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"defau)"
       R"(lt":null}]})",
       ""},
      {"the last of two equal keys", R"({"type":"fixed","doc":"a","name":"F","doc":"b","size":1})",
       R"({"type":"fixed","name":"F","doc":"b","size":1})", ""},
  };
  return kCases;
}

TEST(SchemaPrinterTest, SchemasPrintAsAvroForJavaPrintsThem) {
  for (const PrintCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Parsed(c.text).ToJson(), c.printed);
    EXPECT_EQ(Parsed(c.printed).ToJson(), c.printed);
  }
}

TEST(SchemaPrinterTest, NormalizedSchemasAreThoseOfConfluentsRegistry) {
  for (const PrintCase& c : Cases()) {
    SCOPED_TRACE(c.name);
    const std::string& normalized = c.normalized.empty() ? c.printed : c.normalized;
    EXPECT_EQ(Parsed(c.text).ToNormalizedJson(), normalized);
    EXPECT_EQ(Parsed(normalized).ToNormalizedJson(), normalized);
    EXPECT_EQ(Parsed(normalized).CanonicalForm(), Parsed(c.text).CanonicalForm());
  }
}

// Confluent's registry loses both: what it stores then means something else.
TEST(SchemaPrinterTest, NormalizingKeepsDefaultsOfLaterBranchesAndNamesWithoutANamespace) {
  const std::string later =
      R"({"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":5}]})";
  EXPECT_EQ(Parsed(later).ToNormalizedJson(), later);
  const std::string outside =
      R"({"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":)"
      R"({"type":"record","name":"S","namespace":"","fields":[]}},{"name":"y","type":"S"}]})";
  EXPECT_EQ(Parsed(outside).ToNormalizedJson(), outside);
}

}  // namespace
}  // namespace tillstream
