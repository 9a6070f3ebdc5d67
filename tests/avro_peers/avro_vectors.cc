// Writes what our codec makes of random values, and checks what another implementation made, as
// lines of JSON; fastavro_check.py is the other side.
//
//   avro_vectors write CASES SEED    one line a vector on stdout
//   avro_vectors check               lines on stdin; exit code 1 when one differs
//   avro_vectors pairs SEED          for lines {writer, reader, data} on stdin what we make of them
//   avro_vectors rules               the table of compatibility rules as JSON
//
// CASES is a JSON list of {name, writer, reader}; a schema may be the name of a released one. A
// line is {case, writer, reader, canonical, fingerprint, hex, value, read}: the writer's schema in
// canonical form with its CRC-64-AVRO, a datum, what was written, and what the reader's schema
// makes of it. Bytes stand as {"hex": "..."}, unions plain, enums as their symbol.
//
// `pairs` answers each line with {faults, values}: why the pair is incompatible, and for each datum
// of `data`, and for some of its own, {hex, value, again, read | error}: what was written, our
// bytes for that, and what the reader's schema makes of it.

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>

#include "avro/compatibility.h"
#include "avro/compatibility_cases.h"
#include "avro/datum_reader.h"
#include "avro/datum_writer.h"
#include "avro/embedded_schemas.h"
#include "avro/schema.h"
#include "base/check.h"
#include "base/json.h"

namespace tillstream {
namespace {

constexpr int kVectorsPerCase = 300;
constexpr int kValuesPerPair = 4;
constexpr int kDifferencesShown = 10;

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return hex;
}

std::string Unhex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// Values in a range that every implementation and JSON hold exactly.
class RandomValues {
 public:
  /// Of bytes and fixed those below `byte_end`; below 128 they can be read as strings.
  explicit RandomValues(uint32_t seed, uint32_t byte_end = 256)
      : random_(seed), byte_end_(byte_end) {}

  Value Make(const SchemaNode& type, int depth = 0) {
    Value value;
    switch (type.type) {
      case AvroType::kNull:
        break;
      case AvroType::kBoolean:
        value.data = random_() % 2 == 0;
        break;
      case AvroType::kInt:
        value.data = type.logical_type == "date" ? static_cast<int32_t>(random_() % 30'000)
                                                 : static_cast<int32_t>(Number(32));
        break;
      case AvroType::kLong:
        value.data = Number(53);
        break;
      case AvroType::kFloat:
        value.data = static_cast<float>(Number(24)) / 64;
        break;
      case AvroType::kDouble:
        value.data = static_cast<double>(Number(50)) / 1024;
        break;
      case AvroType::kBytes:
        value.data = Value::Bytes{Text(byte_end_)};
        break;
      case AvroType::kString:
        value.data = Text(128) + (random_() % 8 == 0 ? "é€" : "");
        break;
      case AvroType::kFixed: {
        Value::Fixed fixed{Text(byte_end_)};
        fixed.bytes.resize(static_cast<size_t>(type.fixed_size), '\x25');
        value.data = fixed;
        break;
      }
      case AvroType::kEnum:
        value.data = Value::Enum{static_cast<int32_t>(random_() % type.symbols.size())};
        break;
      case AvroType::kUnion: {
        const size_t branch =
            depth > kDepthMax ? PlainBranch(type) : random_() % type.branches.size();
        value = Make(*type.branches[branch], depth + 1);
        value.branch = static_cast<int32_t>(branch);
        break;
      }
      case AvroType::kArray: {
        Value::Array array;
        for (auto n = Count(depth); n > 0; --n) {
          array.items.push_back(Make(*type.element, depth + 1));
        }
        value.data = std::move(array);
        break;
      }
      case AvroType::kMap: {
        Value::Map map;
        for (auto n = Count(depth); n > 0; --n) {
          map.keys.push_back(fmt::format("k{}{}", n, Text(128)));
          map.values.push_back(Make(*type.element, depth + 1));
        }
        value.data = std::move(map);
        break;
      }
      case AvroType::kRecord: {
        Value::Record record;
        for (const auto& field : type.fields) record.fields.push_back(Make(*field.type, depth + 1));
        value.data = std::move(record);
        break;
      }
    }
    return value;
  }

 private:
  static constexpr int kDepthMax = 12;

  uint32_t Count(int depth) { return depth > kDepthMax ? 0 : random_() % 4; }

  /// One that ends a recursion.
  static size_t PlainBranch(const SchemaNode& type) {
    for (size_t i = 0; i < type.branches.size(); ++i) {
      const AvroType branch = type.branches[i]->type;
      if (branch != AvroType::kRecord) return i;
    }
    return 0;
  }

  int64_t Number(int bits) {
    const auto raw = static_cast<int64_t>((uint64_t{random_()} << 32) | random_());
    return raw >> (64 - bits + static_cast<int>(random_() % static_cast<uint32_t>(bits)));
  }
  std::string Text(uint32_t below) {
    std::string text(random_() % (random_() % 10 == 0 ? 200 : 12), '\0');
    for (char& c : text) c = static_cast<char>(random_() % below);
    return text;
  }

  std::mt19937 random_;
  const uint32_t byte_end_;
};

Json ToJson(const SchemaNode& type, const Value& value) {
  switch (type.type) {
    case AvroType::kNull:
      return nullptr;
    case AvroType::kBoolean:
      return value.as<bool>();
    case AvroType::kInt:
      return value.as<int32_t>();
    case AvroType::kLong:
      return value.as<int64_t>();
    case AvroType::kFloat:
      return static_cast<double>(value.as<float>());
    case AvroType::kDouble:
      return value.as<double>();
    case AvroType::kBytes:
      return {{"hex", Hex(value.as<Value::Bytes>().bytes)}};
    case AvroType::kString:
      return value.as<std::string>();
    case AvroType::kFixed:
      return {{"hex", Hex(value.as<Value::Fixed>().bytes)}};
    case AvroType::kEnum:
      return type.symbols[static_cast<size_t>(value.as<Value::Enum>().index)];
    case AvroType::kUnion:
      return ToJson(*type.branches[static_cast<size_t>(value.branch)], value);
    case AvroType::kArray: {
      Json json = Json::array();
      for (const Value& item : value.as<Value::Array>().items) {
        json.push_back(ToJson(*type.element, item));
      }
      return json;
    }
    case AvroType::kMap: {
      Json json = Json::object();
      const auto& map = value.as<Value::Map>();
      for (size_t i = 0; i < map.keys.size(); ++i) {
        json[map.keys[i]] = ToJson(*type.element, map.values[i]);
      }
      return json;
    }
    case AvroType::kRecord: {
      Json json = Json::object();
      for (size_t i = 0; i < type.fields.size(); ++i) {
        json[type.fields[i].name] =
            ToJson(*type.fields[i].type, value.as<Value::Record>().fields[i]);
      }
      return json;
    }
  }
  return nullptr;
}

Schema ParseSchema(const Json& json) {
  std::string text = DumpJson(json);
  if (json == "sales_record") text = kSalesRecordAvsc;
  if (json == "store_day") text = kStoreDayAvsc;
  const auto schema = Schema::Parse(text);
  TILLSTREAM_CHECK_MSG(schema.has_value(), schema.error().message);
  return *schema;
}

Json ParseLine(const std::string& text) {
  auto json = ParseJson(text, 128);
  TILLSTREAM_CHECK_MSG(json.has_value(), json.error().message);
  return *std::move(json);
}

/// Equal whatever the order of the keys.
bool IsSame(const Json& a, const Json& b) {
  return nlohmann::json::parse(DumpJson(a)) == nlohmann::json::parse(DumpJson(b));
}

Json ReadAs(const Schema& writer, const Schema& reader, const std::string& bytes) {
  const auto datum_reader = DatumReader::Make(writer, reader);
  TILLSTREAM_CHECK_MSG(datum_reader.has_value(), datum_reader.error().message);
  Value value;
  const auto read = datum_reader->Read(bytes, &value);
  if (!read) return "error: " + read.error().message;
  return ToJson(reader.root(), value);
}

int WriteVectors(const std::string& cases_path, uint32_t seed) {
  std::ifstream file(cases_path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  RandomValues random(seed);
  for (const Json& one : ParseLine(text)) {
    const Schema writer = ParseSchema(one["writer"]);
    const Schema reader = ParseSchema(one["reader"]);
    for (int i = 0; i < kVectorsPerCase; ++i) {
      const Value value = random.Make(writer.root());
      std::string bytes;
      const auto written = DatumWriter(writer).Append(value, &bytes);
      TILLSTREAM_CHECK_MSG(written.has_value(), written.error().message);
      const Json line = {{"case", one["name"]},
                         {"writer", ParseLine(writer.ToJson())},
                         {"reader", ParseLine(reader.ToJson())},
                         {"canonical", writer.CanonicalForm()},
                         {"fingerprint", fmt::format("{:016x}", writer.Fingerprint())},
                         {"hex", Hex(bytes)},
                         {"value", ToJson(writer.root(), value)},
                         {"read", ReadAs(writer, reader, bytes)}};
      std::cout << DumpJson(line) << '\n';
    }
  }
  return 0;
}

int CheckVectors() {
  int checked_count = 0;
  int differing_count = 0;
  for (std::string text; std::getline(std::cin, text);) {
    const Json line = ParseLine(text);
    const Schema writer = ParseSchema(line["writer"]);
    const std::string bytes = Unhex(line["hex"].get<std::string>());
    const Json value = ReadAs(writer, writer, bytes);
    const Json read = ReadAs(writer, ParseSchema(line["reader"]), bytes);
    ++checked_count;
    if (IsSame(value, line["value"]) && IsSame(read, line["read"])) continue;
    if (++differing_count > kDifferencesShown) continue;
    fmt::print(stderr, "{}: {}\n  theirs {} -> {}\n  ours   {} -> {}\n",
               line["case"].get<std::string>(), line["hex"].get<std::string>(),
               DumpJson(line["value"]), DumpJson(line["read"]), DumpJson(value), DumpJson(read));
  }
  fmt::print("{} of their vectors checked, {} differ\n", checked_count, differing_count);
  return differing_count == 0 && checked_count > 0 ? 0 : 1;
}

std::string Encoded(const Schema& schema, const Value& value) {
  std::string bytes;
  const auto written = DatumWriter(schema).Append(value, &bytes);
  TILLSTREAM_CHECK_MSG(written.has_value(), written.error().message);
  return bytes;
}

int ResolvePairs(uint32_t seed) {
  RandomValues random(seed, 128);
  for (std::string text; std::getline(std::cin, text);) {
    const Json line = ParseLine(text);
    const Schema writer = ParseSchema(line["writer"]);
    const Schema reader = ParseSchema(line["reader"]);
    Json answer = {{"faults", Json::array()}, {"values", Json::array()}};
    for (const CompatibilityFault& fault : CompatibilityFaults(reader, writer)) {
      answer["faults"].push_back(fault.ToString());
    }
    std::vector<std::string> data;
    for (const Json& hex : line["data"]) data.push_back(Unhex(hex.get<std::string>()));
    for (int i = 0; i < kValuesPerPair; ++i) {
      data.push_back(Encoded(writer, random.Make(writer.root())));
    }
    const auto plain = DatumReader::Make(writer, writer);
    TILLSTREAM_CHECK_MSG(plain.has_value(), plain.error().message);
    const auto resolving = DatumReader::Make(writer, reader);
    for (const std::string& bytes : data) {
      Value value;
      const auto read = plain->Read(bytes, &value);
      TILLSTREAM_CHECK_MSG(read.has_value(), read.error().message);
      Json one = {{"hex", Hex(bytes)},
                  {"value", ToJson(writer.root(), value)},
                  {"again", Hex(Encoded(writer, value))}};
      Value resolved;
      const Status done = resolving ? resolving->Read(bytes, &resolved) : Status(resolving.error());
      if (done) {
        one["read"] = ToJson(reader.root(), resolved);
      } else {
        one["error"] = done.error().message;
      }
      answer["values"].push_back(std::move(one));
    }
    std::cout << DumpJson(answer) << '\n';
  }
  return 0;
}

int PrintRules() {
  Json list = Json::array();
  for (const CompatibilityCase& c : CompatibilityCases()) {
    list.push_back({{"name", c.name},
                    {"writer", ParseLine(c.writer)},
                    {"reader", ParseLine(c.reader)},
                    {"faults", c.faults}});
  }
  std::cout << DumpJson(list) << '\n';
  return 0;
}

}  // namespace
}  // namespace tillstream

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "write" && argc == 4) {
    return tillstream::WriteVectors(argv[2], static_cast<uint32_t>(std::stoul(argv[3])));
  }
  if (command == "check" && argc == 2) return tillstream::CheckVectors();
  if (command == "pairs" && argc == 3) {
    return tillstream::ResolvePairs(static_cast<uint32_t>(std::stoul(argv[2])));
  }
  if (command == "rules" && argc == 2) return tillstream::PrintRules();
  fmt::print(stderr, "usage: avro_vectors write CASES SEED | check | pairs SEED | rules\n");
  return 2;
}
