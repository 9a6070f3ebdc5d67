// Schema resolution on random schemas and values.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "avro/compatibility.h"
#include "avro/datum_reader.h"
#include "avro/datum_writer.h"
#include "avro/resolution.h"
#include "avro/schema_fixture.h"

namespace tillstream {
namespace {

/// Random schemas, changes of them, and values.
class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string Type(int depth) {
    const int kind = depth > 3 ? Below(8) : Below(14);
    if (kind < 8) return "\"" + std::string(AvroTypeName(static_cast<AvroType>(kind))) + "\"";
    if (kind == 8) return R"({"type":"array","items":)" + Type(depth + 1) + "}";
    if (kind == 9) return R"({"type":"map","values":)" + Type(depth + 1) + "}";
    if (kind == 10) {
      std::string symbols = "\"S0\"";
      for (int i = 1; i <= Below(3); ++i) symbols += ",\"S" + std::to_string(i) + "\"";
      const std::string with_default = Below(2) == 0 ? R"(,"default":"S0")" : "";
      return R"({"type":"enum","name":")" + Name("E") + R"(","symbols":[)" + symbols + "]" +
             with_default + "}";
    }
    if (kind == 11) {
      return R"({"type":"fixed","name":")" + Name("F") + R"(","size":)" + std::to_string(Below(3)) +
             "}";
    }
    if (kind == 12) {
      std::string branches = "\"null\"";
      for (const char* branch : {"int", "long", "string", "double"}) {
        if (Below(2) == 0) branches += ",\"" + std::string(branch) + "\"";
      }
      return "[" + branches + "]";
    }
    std::string fields;
    std::vector<int> names = {0, 1, 2, 3};
    std::shuffle(names.begin(), names.end(), random_);
    names.resize(static_cast<size_t>(Below(4)));
    for (const int name : names) {
      if (!fields.empty()) fields += ",";
      const bool has_default = Below(2) == 0;
      fields += R"({"name":"f)" + std::to_string(name) + R"(","type":)" +
                (has_default ? R"("long","default":5)" : Type(depth + 1)) + "}";
    }
    return R"({"type":"record","name":")" + Name("R") + R"(","fields":[)" + fields + "]}";
  }

  Value Make(const SchemaNode& type) {
    switch (type.type) {
      case AvroType::kNull:
        return Value{Value::Null{}};
      case AvroType::kBoolean:
        return Value{Below(2) == 0};
      case AvroType::kInt:
        return Value{static_cast<int32_t>(random_())};
      case AvroType::kLong:
        return Value{static_cast<int64_t>((uint64_t{random_()} << 32) | random_())};
      case AvroType::kFloat:
        return Value{static_cast<float>(Below(1000)) / 8};
      case AvroType::kDouble:
        return Value{static_cast<double>(Below(1000)) / 8};
      case AvroType::kBytes:
        return Value{Value::Bytes{std::string(static_cast<size_t>(Below(5)), '\x01')}};
      case AvroType::kString:
        return Value{std::string(static_cast<size_t>(Below(5)), 's')};
      case AvroType::kFixed:
        return Value{Value::Fixed{std::string(static_cast<size_t>(type.fixed_size), 'f')}};
      case AvroType::kEnum:
        return Value{Value::Enum{Below(static_cast<int>(type.symbols.size()))}};
      case AvroType::kUnion: {
        const int branch = Below(static_cast<int>(type.branches.size()));
        return In(branch, Make(*type.branches[static_cast<size_t>(branch)]));
      }
      case AvroType::kArray: {
        Value::Array array;
        for (int i = Below(3); i > 0; --i) array.items.push_back(Make(*type.element));
        return Value{std::move(array)};
      }
      case AvroType::kMap: {
        Value::Map map;
        for (int i = Below(3); i > 0; --i) {
          map.keys.push_back("k" + std::to_string(i));
          map.values.push_back(Make(*type.element));
        }
        return Value{std::move(map)};
      }
      case AvroType::kRecord: {
        Value::Record record;
        for (const SchemaField& field : type.fields) record.fields.push_back(Make(*field.type));
        return Value{std::move(record)};
      }
    }
    return Value{};
  }

  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }

  /// Names are few, in namespaces that are unique: types of two schemas often match, and no schema
  /// defines a name twice.
  void StartSchema() { names_ = 0; }

 private:
  std::string Name(const char* kind) {
    return "n" + std::to_string(names_++) + "." + kind + std::to_string(Below(2));
  }

  std::mt19937 random_;
  int names_ = 0;
};

TEST(ResolutionTest, WhatIsCompatibleDecodesAndWhatDoesNotDecodeIsIncompatible) {
  const uint32_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  Generator generator(seed);
  int compatible_count = 0;
  int incompatible_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    generator.StartSchema();
    const Schema writer = Parsed(generator.Type(0));
    generator.StartSchema();
    const Schema reader = Parsed(round % 8 == 0 ? writer.ToJson() : generator.Type(0));
    const bool is_compatible = CompatibilityFaults(reader, writer).empty();
    ++(is_compatible ? compatible_count : incompatible_count);
    EXPECT_EQ(is_compatible, Resolver().Resolves(reader.root(), writer.root()));
    const auto datum_reader = DatumReader::Make(writer, reader);
    if (!is_compatible && !datum_reader) continue;
    ASSERT_TRUE(datum_reader) << "seed " << seed << ": " << writer.ToJson() << " as "
                              << reader.ToJson() << ": " << datum_reader.error().message;
    for (int i = 0; i < 5; ++i) {
      const Value value = generator.Make(writer.root());
      const std::string bytes = Encoded(writer, value);
      Value read;
      const auto done = datum_reader->Read(bytes, &read);
      if (!is_compatible && !done) continue;
      ASSERT_TRUE(done) << "seed " << seed << ": " << writer.ToJson() << " as " << reader.ToJson()
                        << ": " << value.ToString() << ": " << done.error().message;
      // What was read is a value of the reader's schema.
      Encoded(reader, read);
      if (round % 8 == 0) {
        EXPECT_EQ(read, value) << "seed " << seed;
      }
      if (!bytes.empty()) {
        Value cut;
        EXPECT_FALSE(datum_reader->Read(std::string_view(bytes).substr(0, bytes.size() - 1), &cut))
            << "seed " << seed << ": " << writer.ToJson();
      }
    }
  }
  EXPECT_GT(compatible_count, 2000);
  EXPECT_GT(incompatible_count, 2000);
}

}  // namespace
}  // namespace tillstream
