#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tillstream {

/// A record of Avro C. Failures of the library abort, since every call here must work.
///
/// Apart from the test because Avro C's headers have the same names as ours (avro/schema.h): its
/// source is compiled without src/ in its path.
class AvroCPeer {
 public:
  explicit AvroCPeer(std::string_view schema_json);
  ~AvroCPeer();

  void SetText(size_t field, std::string_view text);
  void SetInt(size_t field, int32_t number);
  void SetLong(size_t field, int64_t number);
  /// Of a union of null and float.
  void SetPrice(size_t field, std::optional<float> price);

  std::string Text(size_t field);
  int32_t Int(size_t field);
  int64_t Long(size_t field);
  std::optional<float> Price(size_t field);

  std::string Encode();
  /// Returns how many bytes were read.
  size_t Decode(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What Avro C says of a pair of schemas, asked in a process of its own: where the elements of a
/// collection do not resolve it ends with a segmentation fault.
enum class AvroCVerdict { kReads, kRefuses, kCannotParse, kCrashes };
AvroCVerdict ResolveWithAvroC(std::string_view writer_json, std::string_view reader_json);

}  // namespace tillstream
