#pragma once

#include <string>
#include <vector>

namespace tillstream {

/// A pair of schemas and what CompatibilityFaults() says of it. The table is for tests: ours, those
/// against other implementations, and the comparison with registries.
struct CompatibilityCase {
  std::string name;
  std::string writer;
  std::string reader;
  std::vector<std::string> faults;  ///< "<path>: <text> (<rule>)"; empty: compatible.
};

namespace cases {

inline std::string Record(const std::string& fields, const std::string& name = "R",
                          const std::string& more = "") {
  return R"({"type":"record","name":")" + name + R"(","fields":[)" + fields + "]" + more + "}";
}
inline std::string Field(const std::string& name, const std::string& type,
                         const std::string& more = "") {
  return R"({"name":")" + name + R"(","type":)" + type + more + "}";
}
inline std::string Enum(const std::string& symbols, const std::string& more = "") {
  return R"({"type":"enum","name":"E","symbols":[)" + symbols + "]" + more + "}";
}
inline std::string Fixed(const std::string& name, int size, const std::string& more = "") {
  return R"({"type":"fixed","name":")" + name + R"(","size":)" + std::to_string(size) + more + "}";
}
inline std::string Decimal(int precision, int scale) {
  return R"({"type":"bytes","logicalType":"decimal","precision":)" + std::to_string(precision) +
         R"(,"scale":)" + std::to_string(scale) + "}";
}
inline std::string Logical(const std::string& type, const std::string& logical_type) {
  return R"({"type":")" + type + R"(","logicalType":")" + logical_type + "\"}";
}
inline std::string Array(const std::string& items) {
  return R"({"type":"array","items":)" + items + "}";
}
inline std::string Map(const std::string& values) {
  return R"({"type":"map","values":)" + values + "}";
}

inline std::vector<CompatibilityCase> NameCases() {
  const std::string a = Field("a", R"("int")");
  return {
      {"record, other name",
       Record(a, "R"),
       Record(a, "S"),
       {"/name: R cannot be read as S: another name (NAME_MISMATCH)"}},
      {"record, same name in another namespace", Record(a, "x.R"), Record(a, "y.R"), {}},
      {"record, alias", Record(a, "R"), Record(a, "S", R"(,"aliases":["R"])"), {}},
      {"record, alias with a namespace",
       Record(a, "x.R"),
       Record(a, "y.S", R"(,"aliases":["x.R"])"),
       {}},
      {"record, alias in the own namespace",
       Record(a, "x.R"),
       Record(a, "x.S", R"(,"aliases":["R"])"),
       {}},
      {"record, alias in the wrong namespace",
       Record(a, "x.R"),
       Record(a, "y.S", R"(,"aliases":["R"])"),
       {"/name: x.R cannot be read as y.S: another name (NAME_MISMATCH)"}},
      {"record, alias of the writer's",
       Record(a, "R", R"(,"aliases":["S"])"),
       Record(a, "S"),
       {"/name: R cannot be read as S: another name (NAME_MISMATCH)"}},
      {"enum, other name",
       R"({"type":"enum","name":"D","symbols":["A"]})",
       Enum(R"("A")"),
       {"/name: D cannot be read as E: another name (NAME_MISMATCH)"}},
      {"fixed, other name",
       Fixed("F", 2),
       Fixed("G", 2),
       {"/name: F cannot be read as G: another name (NAME_MISMATCH)"}},
      {"fixed, alias", Fixed("F", 2), Fixed("G", 2, R"(,"aliases":["F"])"), {}},
      {"fixed, same size", Fixed("F", 2), Fixed("F", 2), {}},
      {"fixed, other size",
       Fixed("F", 2),
       Fixed("F", 3),
       {"/size: F of 2 bytes cannot be read as one of 3 (FIXED_SIZE_MISMATCH)"}},
  };
}

inline std::vector<CompatibilityCase> EnumCases() {
  return {
      {"enum, symbol added", Enum(R"("A")"), Enum(R"("A","B")"), {}},
      {"enum, symbols in another order", Enum(R"("A","B")"), Enum(R"("B","A")"), {}},
      {"enum, symbol dropped",
       Enum(R"("A","B")"),
       Enum(R"("A")"),
       {"/symbols: symbol \"B\" is not in the reader's enum, which has no default "
        "(MISSING_ENUM_SYMBOLS)"}},
      {"enum, symbols dropped",
       Enum(R"("A","B","C")"),
       Enum(R"("B")"),
       {"/symbols: symbols \"A\", \"C\" are not in the reader's enum, which has no default "
        "(MISSING_ENUM_SYMBOLS)"}},
      {"enum, symbol dropped, default",
       Enum(R"("A","B")"),
       Enum(R"("A")", R"(,"default":"A")"),
       {}},
      {"enum, symbol dropped, default of the writer's",
       Enum(R"("A","B")", R"(,"default":"A")"),
       Enum(R"("A")"),
       {"/symbols: symbol \"B\" is not in the reader's enum, which has no default "
        "(MISSING_ENUM_SYMBOLS)"}},
  };
}

inline std::vector<CompatibilityCase> FieldCases() {
  const std::string a = Field("a", R"("int")");
  const std::string missing =
      ": not in the writer's schema and without a default (READER_FIELD_MISSING_DEFAULT_VALUE)";
  return {
      {"field added",
       Record(a),
       Record(a + "," + Field("b", R"("int")")),
       {"/fields/1: field \"b\"" + missing}},
      {"field added with a default",
       Record(a),
       Record(a + "," + Field("b", R"("int")", R"(,"default":1)")),
       {}},
      {"field added with a default of null",
       Record(a),
       Record(a + "," + Field("b", R"(["null","int"])", R"(,"default":null)")),
       {}},
      {"field added with a default of a later branch",
       Record(a),
       Record(a + "," + Field("b", R"(["null","int"])", R"(,"default":1)")),
       {}},
      {"nullable field added without a default",
       Record(a),
       Record(a + "," + Field("b", R"(["null","int"])")),
       {"/fields/1: field \"b\"" + missing}},
      {"field added, only its enum has a default",
       Record(a),
       Record(a + "," + Field("e", Enum(R"("A")", R"(,"default":"A")"))),
       {"/fields/1: field \"e\"" + missing}},
      {"field dropped", Record(a + "," + Field("b", R"("int")")), Record(a), {}},
      {"all fields dropped", Record(a), Record(""), {}},
      {"fields in another order",
       Record(a + "," + Field("b", R"("string")")),
       Record(Field("b", R"("string")") + "," + a),
       {}},
      {"field renamed",
       Record(a),
       Record(Field("b", R"("int")")),
       {"/fields/0: field \"b\"" + missing}},
      {"field renamed with an alias",
       Record(a),
       Record(Field("b", R"("int")", R"(,"aliases":["a"])")),
       {}},
      {"field renamed with an alias, type changed",
       Record(a),
       Record(Field("b", R"("string")", R"(,"aliases":["a"])")),
       {"/fields/0/type: field \"b\": int cannot be read as string (TYPE_MISMATCH)"}},
      {"name before alias",
       Record(a + "," + Field("b", R"("string")")),
       Record(Field("a", R"("int")", R"(,"aliases":["b"])")),
       {}},
      {"alias of a field that is wanted by name",
       Record(a),
       Record(Field("b", R"("int")", R"(,"aliases":["a"])") + "," + a),
       {"/fields/0: field \"b\"" + missing}},
      {"two faults",
       Record(a),
       Record(Field("a", R"("string")") + "," + Field("b", R"("int")")),
       {"/fields/0/type: field \"a\": int cannot be read as string (TYPE_MISMATCH)",
        "/fields/1: field \"b\"" + missing}},
      {"type renamed to another with a field that is missing",
       Record(Field("a", Record("", "I"))),
       Record(Field("a", Record(Field("b", R"("int")"), "I"))),
       {"/fields/0/type/fields/0: field \"a\": field \"b\"" + missing}},
  };
}

inline std::vector<CompatibilityCase> TypeCases() {
  std::vector<CompatibilityCase> list;
  const std::vector<std::string> primitives = {"null",  "boolean", "int",   "long",
                                               "float", "double",  "bytes", "string"};
  const auto promotes = [](const std::string& from, const std::string& to) {
    if (from == "int") return to == "long" || to == "float" || to == "double";
    if (from == "long") return to == "float" || to == "double";
    if (from == "float") return to == "double";
    return (from == "string" && to == "bytes") || (from == "bytes" && to == "string");
  };
  for (const std::string& from : primitives) {
    for (const std::string& to : primitives) {
      CompatibilityCase c{from + " as " + to, "\"" + from + "\"", "\"" + to + "\"", {}};
      if (from != to && !promotes(from, to)) {
        c.faults = {"/: " + from + " cannot be read as " + to + " (TYPE_MISMATCH)"};
      }
      list.push_back(std::move(c));
    }
  }
  const auto add = [&](const std::string& name, const std::string& writer,
                       const std::string& reader, const std::string& fault) {
    list.push_back({name, writer, reader, {fault + " (TYPE_MISMATCH)"}});
  };
  add("fixed as bytes", Fixed("F", 2), R"("bytes")", "/: F cannot be read as bytes");
  add("bytes as fixed", R"("bytes")", Fixed("F", 2), "/: bytes cannot be read as F");
  add("enum as string", Enum(R"("A")"), R"("string")", "/: E cannot be read as string");
  add("string as enum", R"("string")", Enum(R"("A")"), "/: string cannot be read as E");
  add("array as map", Array(R"("int")"), Map(R"("int")"), "/: array cannot be read as map");
  add("record as map", Record(""), Map(R"("int")"), "/: R cannot be read as map");
  add("record as enum of its name", Record("", "E"), Enum(R"("A")"), "/: E cannot be read as E");
  add("items", Array(R"("long")"), Array(R"("int")"), "/items: items: long cannot be read as int");
  add("values", Map(R"("long")"), Map(R"("int")"), "/values: values: long cannot be read as int");
  add("items of a field", Record(Field("a", Array(Map(R"("int")")))),
      Record(Field("a", Array(Map(R"("string")")))),
      "/fields/0/type/items/values: field \"a\": items: values: int cannot be read as string");
  list.push_back({"promoted items", Array(R"("int")"), Array(R"("long")"), {}});
  list.push_back({"promoted values", Map(R"("int")"), Map(R"("double")"), {}});
  return list;
}

inline std::vector<CompatibilityCase> UnionCases() {
  const std::string r = Record(Field("a", R"("int")"), "x.R");
  const std::string s = Record(Field("b", R"("int")"), "x.S");
  return {
      {"into a union", R"("int")", R"(["null","int"])", {}},
      {"into a union by promotion", R"("int")", R"(["null","double"])", {}},
      {"into a union without the type",
       R"("int")",
       R"(["null","string"])",
       {"/: int is none of the reader's branches (MISSING_UNION_BRANCH)"}},
      {"out of a union of one", R"(["int"])", R"("int")", {}},
      {"out of a union by promotion", R"(["int","long"])", R"("double")", {}},
      {"out of a union with null",
       R"(["null","int"])",
       R"("int")",
       {"/0: the writer's branch null: null cannot be read as int (TYPE_MISMATCH)"}},
      {"branch added", R"(["null","int"])", R"(["null","int","string"])", {}},
      {"branches in another order", R"(["null","int"])", R"(["int","null"])", {}},
      {"branch dropped",
       R"(["null","int","string"])",
       R"(["null","int"])",
       {"/2: the writer's branch string: string is none of the reader's branches "
        "(MISSING_UNION_BRANCH)"}},
      {"branch dropped, another takes it", R"(["null","int","long"])", R"(["null","long"])", {}},
      {"record into a union of records", r, "[" + s + "," + r + "]", {}},
      {"record into a union without it",
       r,
       "[\"null\"," + s + "]",
       {"/: x.R is none of the reader's branches (MISSING_UNION_BRANCH)"}},
      {"record into a union with an older one of its name",
       r,
       "[\"null\"," + Record(Field("b", R"("int")"), "x.R") + "]",
       {"/fields/0: field \"b\": not in the writer's schema and without a default "
        "(READER_FIELD_MISSING_DEFAULT_VALUE)"}},
      {"record into a union with two of its name, one fits",
       r,
       "[" + Record(Field("b", R"("int")"), "y.R") + "," + Record(Field("a", R"("long")"), "z.R") +
           "]",
       {}},
      {"record into a union by alias",
       r,
       "[\"null\"," + Record(Field("a", R"("int")"), "y.Q", R"(,"aliases":["x.R"])") + "]",
       {}},
      {"array into a union, items differ",
       Array(R"("string")"),
       "[\"null\"," + Array(R"("int")") + "]",
       {"/items: items: string cannot be read as int (TYPE_MISMATCH)"}},
      {"nullable field made plain",
       Record(Field("a", R"(["null","int"])")),
       Record(Field("a", R"("int")")),
       {"/fields/0/type/0: field \"a\": the writer's branch null: null cannot be read as int "
        "(TYPE_MISMATCH)"}},
      {"plain field made nullable",
       Record(Field("a", R"("int")")),
       Record(Field("a", R"(["null","int"])")),
       {}},
  };
}

inline std::vector<CompatibilityCase> LogicalTypeCases() {
  return {
      {"decimal, same", Decimal(9, 2), Decimal(9, 2), {}},
      {"decimal, other scale",
       Decimal(9, 2),
       Decimal(9, 3),
       {"/: decimal(9, 2) cannot be read as decimal(9, 3) (DECIMAL_MISMATCH)"}},
      {"decimal, other precision",
       Decimal(9, 2),
       Decimal(10, 2),
       {"/: decimal(9, 2) cannot be read as decimal(10, 2) (DECIMAL_MISMATCH)"}},
      {"decimal as bytes", Decimal(9, 2), R"("bytes")", {}},
      {"bytes as decimal", R"("bytes")", Decimal(9, 2), {}},
      {"date as int", Logical("int", "date"), R"("int")", {}},
      {"int as date", R"("int")", Logical("int", "date"), {}},
      {"date as long", Logical("int", "date"), R"("long")", {}},
      {"millis as micros",
       Logical("long", "timestamp-millis"),
       Logical("long", "timestamp-micros"),
       {}},
      {"uuid as string", Logical("string", "uuid"), R"("string")", {}},
      {"uuid as fixed",
       Logical("string", "uuid"),
       Fixed("U", 16, R"(,"logicalType":"uuid")"),
       {"/: string cannot be read as U (TYPE_MISMATCH)"}},
  };
}

inline std::vector<CompatibilityCase> RecursiveCases() {
  const auto list = [](const std::string& value) {
    return Record(Field("v", value) + "," + Field("next", R"(["null","R"])"));
  };
  const std::string holder_of = R"({"type":"record","name":"H","fields":[{"name":"e","type":)";
  return {
      {"recursive", list(R"("int")"), list(R"("long")"), {}},
      {"recursive, type changed",
       list(R"("int")"),
       list(R"("boolean")"),
       {"/fields/0/type: field \"v\": int cannot be read as boolean (TYPE_MISMATCH)"}},
      {"recursion through a map",
       Record(Field("m", Map(R"("R")"))),
       Record(Field("m", Map(R"("R")")) + "," + Field("n", R"("int")", R"(,"default":0)")),
       {}},
      {"a fault that occurs twice is told once",
       holder_of + Enum(R"("A","B")") + "}," + Field("f", R"("E")") + "]}",
       holder_of + Enum(R"("A")") + "}," + Field("f", R"("E")") + "]}",
       {"/fields/0/type/symbols: field \"e\": symbol \"B\" is not in the reader's enum, which has "
        "no "
        "default (MISSING_ENUM_SYMBOLS)"}},
  };
}

}  // namespace cases

/// All of them.
inline std::vector<CompatibilityCase> CompatibilityCases() {
  std::vector<CompatibilityCase> all;
  for (const auto& part :
       {cases::NameCases(), cases::EnumCases(), cases::FieldCases(), cases::TypeCases(),
        cases::UnionCases(), cases::LogicalTypeCases(), cases::RecursiveCases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace tillstream
