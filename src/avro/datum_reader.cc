#include "avro/datum_reader.h"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <string>

#include "avro/read_plan.h"
#include "base/endian.h"
#include "base/text.h"
#include "base/varint.h"

namespace tillstream {
namespace {

using internal::ReadPlan;

/// The alternative T of `value`, made when it holds another: memory of a former datum stays.
template <typename T>
T& Hold(Value* value) {
  if (T* held = std::get_if<T>(&value->data)) return *held;
  return value->data.emplace<T>();
}

/// One pass over a datum. Functions return false after Fail(); callers add the field on the way up.
class Cursor {
 public:
  explicit Cursor(std::string_view datum)
      : begin_(datum.data()), in_(datum.data()), end_(datum.data() + datum.size()) {}

  bool Read(const ReadPlan& plan, int depth, Value* out);

  bool ExpectEnd() {
    if (in_ == end_) return true;
    return Fail("{} bytes behind the last field", end_ - in_);
  }

  Error error() && { return Error{ErrorCode::kCorrupt, where_ + std::move(message_)}; }

 private:
  template <typename... Args>
  bool Fail(fmt::format_string<Args...> format, Args&&... args) {
    message_ =
        fmt::format("byte {}: ", in_ - begin_) + fmt::format(format, std::forward<Args>(args)...);
    return false;
  }

  size_t left() const { return static_cast<size_t>(end_ - in_); }

  bool Charge(size_t cost) {
    cost_ += cost;
    if (cost_ <= kDatumCostMax) return true;
    return Fail("the datum comes to more than {} values and bytes", kDatumCostMax);
  }

  bool ReadLong(int64_t* value);
  bool ReadInt(int32_t* value);
  bool ReadText(std::string_view* text);
  bool ReadRaw(size_t size, std::string_view* bytes);
  bool ReadNumber(const ReadPlan& plan, Value* out);
  bool ReadBranch(const ReadPlan& plan, int depth, Value* out);
  bool ReadEnum(const ReadPlan& plan, Value* out);
  bool ReadRecord(const ReadPlan& plan, int depth, Value* out);
  bool ReadArray(const ReadPlan& plan, int depth, Value* out);
  bool ReadMap(const ReadPlan& plan, int depth, Value* out);
  bool ReadBlockCount(int64_t* count);

  static bool StoreNumber(AvroType target, int64_t number, Value* out);

  const char* const begin_;
  const char* in_;
  const char* const end_;
  size_t cost_ = 0;
  std::string where_;
  std::string message_;
};

bool Cursor::ReadLong(int64_t* value) {
  const char* const next = DecodeVarint(in_, end_, value);
  if (next == nullptr) {
    // A varint ends within ten bytes, so with ten of them there it is the number that is wrong.
    if (left() < kVarintBytesMax) return Fail("the bytes end inside a number");
    return Fail("a number of more than 64 bits");
  }
  in_ = next;
  return true;
}

bool Cursor::ReadInt(int32_t* value) {
  const char* const start = in_;
  int64_t wide = 0;
  if (!ReadLong(&wide)) return false;
  if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
    in_ = start;
    return Fail("found {}, needed a 32-bit number", wide);
  }
  *value = static_cast<int32_t>(wide);
  return true;
}

bool Cursor::ReadRaw(size_t size, std::string_view* bytes) {
  if (size > left()) return Fail("needed {} bytes, found {}", size, left());
  *bytes = {in_, size};
  in_ += size;
  return true;
}

bool Cursor::ReadText(std::string_view* text) {
  const char* const start = in_;
  int64_t size = 0;
  if (!ReadLong(&size)) return false;
  if (size < 0 || static_cast<uint64_t>(size) > left()) {
    const size_t found = left();
    in_ = start;
    return Fail("a text of {} bytes, found {}", size, found);
  }
  return Charge(static_cast<size_t>(size)) && ReadRaw(static_cast<size_t>(size), text);
}

bool Cursor::StoreNumber(AvroType target, int64_t number, Value* out) {
  switch (target) {
    case AvroType::kInt:
      out->data = static_cast<int32_t>(number);
      break;
    case AvroType::kFloat:
      out->data = static_cast<float>(number);
      break;
    case AvroType::kDouble:
      out->data = static_cast<double>(number);
      break;
    default:
      out->data = number;
  }
  return true;
}

bool Cursor::ReadNumber(const ReadPlan& plan, Value* out) {
  std::string_view raw;
  switch (plan.writer) {
    case AvroType::kInt: {
      int32_t number = 0;
      return ReadInt(&number) && StoreNumber(plan.target, number, out);
    }
    case AvroType::kLong: {
      int64_t number = 0;
      return ReadLong(&number) && StoreNumber(plan.target, number, out);
    }
    case AvroType::kFloat: {
      if (!ReadRaw(sizeof(float), &raw)) return false;
      const auto number = std::bit_cast<float>(LoadLittleEndian<uint32_t>(raw.data()));
      if (plan.target == AvroType::kFloat) {
        out->data = number;
      } else {
        out->data = static_cast<double>(number);
      }
      return true;
    }
    default: {
      if (!ReadRaw(sizeof(double), &raw)) return false;
      out->data = std::bit_cast<double>(LoadLittleEndian<uint64_t>(raw.data()));
      return true;
    }
  }
}

bool Cursor::ReadBranch(const ReadPlan& plan, int depth, Value* out) {
  const char* const start = in_;
  int64_t branch = 0;
  if (!ReadLong(&branch)) return false;
  if (branch < 0 || static_cast<uint64_t>(branch) >= plan.branches.size()) {
    in_ = start;
    return Fail("branch {} of a union of {}", branch, plan.branches.size());
  }
  return Read(*plan.branches[static_cast<size_t>(branch)], depth + 1, out);
}

bool Cursor::ReadEnum(const ReadPlan& plan, Value* out) {
  const char* const start = in_;
  int64_t index = 0;
  if (!ReadLong(&index)) return false;
  if (index < 0 || static_cast<uint64_t>(index) >= plan.symbols.size()) {
    in_ = start;
    return Fail("symbol {} of an enum of {}", index, plan.symbols.size());
  }
  const int32_t symbol = plan.symbols[static_cast<size_t>(index)];
  if (symbol < 0) {
    in_ = start;
    return Fail("symbol {} is not in the reader's enum, which has no default",
                Quote(plan.symbol_names[static_cast<size_t>(index)]));
  }
  out->data = Value::Enum{symbol};
  return true;
}

bool Cursor::ReadRecord(const ReadPlan& plan, int depth, Value* out) {
  auto& fields = Hold<Value::Record>(out).fields;
  fields.resize(plan.field_count);
  for (const ReadPlan::Step& step : plan.steps) {
    Value dropped;
    Value* const target = step.target < 0 ? &dropped : &fields[static_cast<size_t>(step.target)];
    if (!Read(*step.plan, depth + 1, target)) {
      where_.insert(0, "field " + Quote(step.field) + ": ");
      return false;
    }
  }
  if (!Charge(plan.defaults_cost)) return false;
  for (const auto& [field, value] : plan.defaults) fields[field] = value;
  return true;
}

/// The number of items that follow; 0 at the end. A negative number is followed by the bytes of the
/// block, for those who skip it.
bool Cursor::ReadBlockCount(int64_t* count) {
  const char* const start = in_;
  if (!ReadLong(count)) return false;
  if (*count >= 0) return true;
  int64_t size = 0;
  if (!ReadLong(&size)) return false;
  if (*count == std::numeric_limits<int64_t>::min() || size < 0 ||
      static_cast<uint64_t>(size) > left()) {
    in_ = start;
    return Fail("a block of {} items in {} bytes", *count, size);
  }
  *count = -*count;
  return true;
}

bool Cursor::ReadArray(const ReadPlan& plan, int depth, Value* out) {
  auto& items = Hold<Value::Array>(out).items;
  items.clear();
  for (;;) {
    int64_t count = 0;
    if (!ReadBlockCount(&count)) return false;
    if (count == 0) return true;
    for (; count > 0; --count) {
      items.emplace_back();
      if (!Read(*plan.element, depth + 1, &items.back())) return false;
    }
  }
}

bool Cursor::ReadMap(const ReadPlan& plan, int depth, Value* out) {
  auto& map = Hold<Value::Map>(out);
  map.keys.clear();
  map.values.clear();
  for (;;) {
    int64_t count = 0;
    if (!ReadBlockCount(&count)) return false;
    if (count == 0) return true;
    for (; count > 0; --count) {
      std::string_view key;
      if (!ReadText(&key)) return false;
      map.keys.emplace_back(key);
      map.values.emplace_back();
      if (!Read(*plan.element, depth + 1, &map.values.back())) return false;
    }
  }
}

bool Cursor::Read(const ReadPlan& plan, int depth, Value* out) {
  if (depth > kDatumDepthMax) return Fail("nested deeper than {}", kDatumDepthMax);
  if (!plan.mismatch.empty()) return Fail("{}", plan.mismatch);
  if (!Charge(1)) return false;
  if (plan.writer == AvroType::kUnion) return ReadBranch(plan, depth, out);
  out->branch = plan.reader_branch;
  std::string_view raw;
  switch (plan.writer) {
    case AvroType::kNull:
      out->data = Value::Null{};
      return true;
    case AvroType::kBoolean:
      if (!ReadRaw(1, &raw)) return false;
      if (static_cast<uint8_t>(raw[0]) > 1) {
        --in_;
        return Fail("found 0x{:02x}, needed a boolean of 0 or 1", static_cast<uint8_t>(raw[0]));
      }
      out->data = raw[0] != 0;
      return true;
    case AvroType::kBytes:
    case AvroType::kString:
      if (!ReadText(&raw)) return false;
      if (plan.target == AvroType::kString) {
        Hold<std::string>(out) = raw;
      } else {
        Hold<Value::Bytes>(out).bytes = raw;
      }
      return true;
    case AvroType::kFixed:
      if (!ReadRaw(plan.fixed_size, &raw) || !Charge(raw.size())) return false;
      Hold<Value::Fixed>(out).bytes = raw;
      return true;
    case AvroType::kEnum:
      return ReadEnum(plan, out);
    case AvroType::kRecord:
      return ReadRecord(plan, depth, out);
    case AvroType::kArray:
      return ReadArray(plan, depth, out);
    case AvroType::kMap:
      return ReadMap(plan, depth, out);
    default:
      return ReadNumber(plan, out);
  }
}

}  // namespace

struct DatumReader::Plans {
  std::vector<std::unique_ptr<ReadPlan>> plans;
};

Result<DatumReader> DatumReader::Make(const Schema& writer, const Schema& reader) {
  auto plans = std::make_shared<Plans>();
  plans->plans = internal::MakeReadPlans(writer.root(), reader.root());
  const ReadPlan* const root = plans->plans.front().get();
  if (!root->mismatch.empty()) {
    return MakeError(ErrorCode::kBadInput, "schema: {}", root->mismatch);
  }
  return DatumReader(std::move(plans), root);
}

Status DatumReader::Read(std::string_view datum, Value* value) const {
  Cursor cursor(datum);
  if (!cursor.Read(*root_, 0, value) || !cursor.ExpectEnd()) return std::move(cursor).error();
  return Ok();
}

}  // namespace tillstream
