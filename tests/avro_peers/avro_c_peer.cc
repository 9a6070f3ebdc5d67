#include "avro_c_peer.h"

#include <avro.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tillstream {
namespace {

void Must(int result) {
  if (result == 0) return;
  std::fprintf(stderr, "avro c: %s\n", avro_strerror());
  std::abort();
}

}  // namespace

struct AvroCPeer::State {
  avro_schema_t schema = nullptr;
  avro_value_iface_t* interface = nullptr;
  avro_value_t value{};

  avro_value_t Field(size_t index) {
    avro_value_t field;
    Must(avro_value_get_by_index(&value, index, &field, nullptr));
    return field;
  }
};

AvroCPeer::AvroCPeer(std::string_view schema_json) : state_(std::make_unique<State>()) {
  Must(avro_schema_from_json_length(schema_json.data(), schema_json.size(), &state_->schema));
  state_->interface = avro_generic_class_from_schema(state_->schema);
  Must(avro_generic_value_new(state_->interface, &state_->value));
}

AvroCPeer::~AvroCPeer() {
  avro_value_decref(&state_->value);
  avro_value_iface_decref(state_->interface);
  avro_schema_decref(state_->schema);
}

void AvroCPeer::SetText(size_t field, std::string_view text) {
  avro_value_t value = state_->Field(field);
  std::string copy(text);
  Must(avro_value_set_string_len(&value, copy.data(), copy.size() + 1));  // with its zero
}

void AvroCPeer::SetInt(size_t field, int32_t number) {
  avro_value_t value = state_->Field(field);
  Must(avro_value_set_int(&value, number));
}

void AvroCPeer::SetLong(size_t field, int64_t number) {
  avro_value_t value = state_->Field(field);
  Must(avro_value_set_long(&value, number));
}

void AvroCPeer::SetPrice(size_t field, std::optional<float> price) {
  avro_value_t value = state_->Field(field);
  avro_value_t branch;
  Must(avro_value_set_branch(&value, price ? 1 : 0, &branch));
  Must(price ? avro_value_set_float(&branch, *price) : avro_value_set_null(&branch));
}

std::string AvroCPeer::Text(size_t field) {
  avro_value_t value = state_->Field(field);
  const char* text = nullptr;
  size_t size = 0;
  Must(avro_value_get_string(&value, &text, &size));
  return {text, size - 1};
}

int32_t AvroCPeer::Int(size_t field) {
  avro_value_t value = state_->Field(field);
  int32_t number = 0;
  Must(avro_value_get_int(&value, &number));
  return number;
}

int64_t AvroCPeer::Long(size_t field) {
  avro_value_t value = state_->Field(field);
  int64_t number = 0;
  Must(avro_value_get_long(&value, &number));
  return number;
}

std::optional<float> AvroCPeer::Price(size_t field) {
  avro_value_t value = state_->Field(field);
  int branch = -1;
  Must(avro_value_get_discriminant(&value, &branch));
  if (branch == 0) return std::nullopt;
  avro_value_t current;
  Must(avro_value_get_current_branch(&value, &current));
  float price = 0;
  Must(avro_value_get_float(&current, &price));
  return price;
}

std::string AvroCPeer::Encode() {
  std::string bytes(4096, '\0');
  const avro_writer_t writer = avro_writer_memory(bytes.data(), static_cast<int64_t>(bytes.size()));
  Must(avro_value_write(writer, &state_->value));
  bytes.resize(static_cast<size_t>(avro_writer_tell(writer)));
  avro_writer_free(writer);
  return bytes;
}

AvroCVerdict ResolveWithAvroC(std::string_view writer_json, std::string_view reader_json) {
  constexpr int kFirstExitCode = 10;  // no code that a crash would leave
  const pid_t child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    avro_schema_t writer = nullptr;
    avro_schema_t reader = nullptr;
    AvroCVerdict verdict = AvroCVerdict::kCannotParse;
    if (avro_schema_from_json_length(writer_json.data(), writer_json.size(), &writer) == 0 &&
        avro_schema_from_json_length(reader_json.data(), reader_json.size(), &reader) == 0) {
      verdict = avro_resolved_reader_new(writer, reader) != nullptr ? AvroCVerdict::kReads
                                                                    : AvroCVerdict::kRefuses;
    }
    _exit(kFirstExitCode + static_cast<int>(verdict));
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) std::abort();
  if (!WIFEXITED(status) || WEXITSTATUS(status) < kFirstExitCode) return AvroCVerdict::kCrashes;
  return static_cast<AvroCVerdict>(WEXITSTATUS(status) - kFirstExitCode);
}

size_t AvroCPeer::Decode(std::string_view bytes) {
  const avro_reader_t reader = avro_reader_memory(bytes.data(), static_cast<int64_t>(bytes.size()));
  Must(avro_value_reset(&state_->value));
  Must(avro_value_read(reader, &state_->value));
  // What another record would be read from is what is left.
  char rest = 0;
  size_t size = bytes.size();
  while (size > 0 && avro_read(reader, &rest, 1) == 0) --size;
  avro_reader_free(reader);
  return size;
}

}  // namespace tillstream
