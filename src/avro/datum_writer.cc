#include "avro/datum_writer.h"

#include <bit>
#include <type_traits>

#include "avro/append.h"
#include "avro/datum_reader.h"
#include "base/endian.h"
#include "base/text.h"

namespace tillstream {
namespace {

template <typename Int>
void AppendLittleEndian(Int number, std::string* out) {
  char bytes[sizeof(number)];
  StoreLittleEndian(number, bytes);
  out->append(bytes, sizeof(bytes));
}

Status WriteValue(const SchemaNode& type, const Value& value, int depth, std::string* out);

template <typename T>
Result<const T*> Expect(const SchemaNode& type, const Value& value) {
  const T* held = std::get_if<T>(&value.data);
  if (held == nullptr) {
    return MakeError(ErrorCode::kBadInput, "found {}, needed {}", value.ToString(),
                     type.Describe());
  }
  return held;
}

Status WriteRecord(const SchemaNode& type, const Value& value, int depth, std::string* out) {
  TILLSTREAM_ASSIGN(const auto* record, Expect<Value::Record>(type, value));
  if (record->fields.size() != type.fields.size()) {
    return MakeError(ErrorCode::kBadInput, "found {} fields, needed {}", record->fields.size(),
                     type.fields.size());
  }
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (auto written = WriteValue(*type.fields[i].type, record->fields[i], depth + 1, out);
        !written) {
      return written.error().At("field " + Quote(type.fields[i].name));
    }
  }
  return Ok();
}

Status WriteCollection(const SchemaNode& type, const Value& value, int depth, std::string* out) {
  const std::vector<std::string>* keys = nullptr;
  const std::vector<Value>* values = nullptr;
  if (type.type == AvroType::kArray) {
    TILLSTREAM_ASSIGN(const auto* array, Expect<Value::Array>(type, value));
    values = &array->items;
  } else {
    TILLSTREAM_ASSIGN(const auto* map, Expect<Value::Map>(type, value));
    keys = &map->keys;
    values = &map->values;
    if (keys->size() != values->size()) {
      return MakeError(ErrorCode::kBadInput, "found {} keys for {} values", keys->size(),
                       values->size());
    }
  }
  if (!values->empty()) AppendNumber(static_cast<int64_t>(values->size()), out);
  for (size_t i = 0; i < values->size(); ++i) {
    if (keys != nullptr) AppendText((*keys)[i], out);
    TILLSTREAM_TRY(WriteValue(*type.element, (*values)[i], depth + 1, out));
  }
  AppendNumber(0, out);
  return Ok();
}

Status WriteValue(const SchemaNode& type, const Value& value, int depth, std::string* out) {
  if (depth > kDatumDepthMax) {
    return MakeError(ErrorCode::kBadInput, "nested deeper than {}", kDatumDepthMax);
  }
  switch (type.type) {
    case AvroType::kNull: {
      TILLSTREAM_TRY(Expect<Value::Null>(type, value));
      return Ok();
    }
    case AvroType::kBoolean: {
      TILLSTREAM_ASSIGN(const bool* held, Expect<bool>(type, value));
      out->push_back(*held ? 1 : 0);
      return Ok();
    }
    case AvroType::kInt: {
      TILLSTREAM_ASSIGN(const int32_t* held, Expect<int32_t>(type, value));
      AppendNumber(*held, out);
      return Ok();
    }
    case AvroType::kLong: {
      TILLSTREAM_ASSIGN(const int64_t* held, Expect<int64_t>(type, value));
      AppendNumber(*held, out);
      return Ok();
    }
    case AvroType::kFloat: {
      TILLSTREAM_ASSIGN(const float* held, Expect<float>(type, value));
      AppendLittleEndian(std::bit_cast<uint32_t>(*held), out);
      return Ok();
    }
    case AvroType::kDouble: {
      TILLSTREAM_ASSIGN(const double* held, Expect<double>(type, value));
      AppendLittleEndian(std::bit_cast<uint64_t>(*held), out);
      return Ok();
    }
    case AvroType::kBytes: {
      TILLSTREAM_ASSIGN(const auto* held, Expect<Value::Bytes>(type, value));
      AppendText(held->bytes, out);
      return Ok();
    }
    case AvroType::kString: {
      TILLSTREAM_ASSIGN(const auto* held, Expect<std::string>(type, value));
      AppendText(*held, out);
      return Ok();
    }
    case AvroType::kFixed: {
      TILLSTREAM_ASSIGN(const auto* held, Expect<Value::Fixed>(type, value));
      if (static_cast<int64_t>(held->bytes.size()) != type.fixed_size) {
        return MakeError(ErrorCode::kBadInput, "found {} bytes, needed {}", held->bytes.size(),
                         type.fixed_size);
      }
      out->append(held->bytes);
      return Ok();
    }
    case AvroType::kEnum: {
      TILLSTREAM_ASSIGN(const auto* held, Expect<Value::Enum>(type, value));
      if (held->index < 0 || static_cast<size_t>(held->index) >= type.symbols.size()) {
        return MakeError(ErrorCode::kBadInput, "found symbol {} of an enum of {}", held->index,
                         type.symbols.size());
      }
      AppendNumber(held->index, out);
      return Ok();
    }
    case AvroType::kUnion:
      if (value.branch < 0 || static_cast<size_t>(value.branch) >= type.branches.size()) {
        return MakeError(ErrorCode::kBadInput, "found branch {} of a union of {}", value.branch,
                         type.branches.size());
      }
      AppendNumber(value.branch, out);
      return WriteValue(*type.branches[static_cast<size_t>(value.branch)], value, depth + 1, out);
    case AvroType::kRecord:
      return WriteRecord(type, value, depth, out);
    case AvroType::kArray:
    case AvroType::kMap:
      return WriteCollection(type, value, depth, out);
  }
  return Ok();
}

}  // namespace

Status DatumWriter::Append(const Value& value, std::string* out) const {
  const size_t size = out->size();
  auto written = WriteValue(schema_.root(), value, 0, out);
  if (!written) out->resize(size);
  return written;
}

}  // namespace tillstream
