#include "live/forecast_snapshot.h"

#include <utility>

#include "base/crc32c.h"
#include "base/endian.h"
#include "forecast/state_stream.h"

namespace tillstream {
namespace {

constexpr std::string_view kMagic = "TSFCAST1";
constexpr size_t kHeaderBytes = kMagic.size() + sizeof(uint64_t) + sizeof(uint32_t);

/// More than the largest that memory would hold.
constexpr int64_t kSnapshotBytesMax = int64_t{4} << 30;

void PutText(std::string_view text, StateWriter* out, std::string* bytes) {
  out->Put(static_cast<uint64_t>(text.size()));
  bytes->append(text);
}

/// Reads the body; after the first mismatch everything is empty.
class Body {
 public:
  explicit Body(std::string_view bytes) : bytes_(bytes) {}
  std::string_view Text() {
    const auto size = Number<uint64_t>();
    if (size > bytes_.size()) return Fail();
    const std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }
  template <typename T>
  T Number() {
    T value{};
    StateReader in(bytes_);
    if (failed_ || !in.Get(&value)) {
      Fail();
      return T{};
    }
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  /// A number of things of at least so many bytes each.
  size_t Count(size_t bytes_each) {
    const auto count = Number<uint64_t>();
    if (count <= bytes_.size() / bytes_each) return static_cast<size_t>(count);
    Fail();
    return 0;
  }
  bool is_whole() const { return !failed_ && bytes_.empty(); }

 private:
  std::string_view Fail() {
    failed_ = true;
    bytes_ = {};
    return {};
  }
  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace

std::string EncodeSnapshot(const ForecastSnapshot& snapshot,
                           const std::function<void(std::string*)>& append_state) {
  std::string bytes(kMagic);
  bytes.resize(kHeaderBytes);
  StateWriter out(&bytes);
  PutText(snapshot.identity, &out, &bytes);
  out.Put(snapshot.next.value());
  out.Put(snapshot.origins);
  out.Put(static_cast<uint64_t>(snapshot.items.size()));
  for (size_t store = 0; store < snapshot.items.size(); ++store) {
    PutText(snapshot.states[store], &out, &bytes);
    out.Put(static_cast<uint64_t>(snapshot.items[store].size()));
    for (const StoreItem& item : snapshot.items[store]) {
      for (const std::string& text : {item.item_id, item.dept_id, item.cat_id}) {
        PutText(text, &out, &bytes);
      }
    }
  }
  out.Put(static_cast<uint64_t>(snapshot.positions.size()));
  for (const FollowPosition& position : snapshot.positions) {
    PutText(position.partition.topic, &out, &bytes);
    out.Put(position.partition.partition.value());
    out.Put(position.resume.value());
    out.Put(position.read.value());
  }
  const size_t state_at = bytes.size();
  out.Put(uint64_t{0});
  append_state(&bytes);
  StoreLittleEndian(static_cast<uint64_t>(bytes.size() - state_at - sizeof(uint64_t)),
                    bytes.data() + state_at);
  const std::string_view body = std::string_view(bytes).substr(kHeaderBytes);
  char* const header = bytes.data() + kMagic.size();
  StoreLittleEndian(static_cast<uint64_t>(body.size()), header);
  StoreLittleEndian(Crc32c(body), header + sizeof(uint64_t));
  return bytes;
}

Result<ForecastSnapshot> DecodeSnapshot(std::string bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) {
    return MakeError(ErrorCode::kCorrupt, "not a snapshot of this version");
  }
  const char* const header = bytes.data() + kMagic.size();
  const std::string_view text = std::string_view(bytes).substr(kHeaderBytes);
  if (LoadLittleEndian<uint64_t>(header) != text.size()) {
    return MakeError(ErrorCode::kCorrupt, "{} bytes, needed {}", text.size(),
                     LoadLittleEndian<uint64_t>(header));
  }
  if (LoadLittleEndian<uint32_t>(header + sizeof(uint64_t)) != Crc32c(text)) {
    return MakeError(ErrorCode::kCorrupt, "the checksum does not fit");
  }
  Body body(text);
  ForecastSnapshot snapshot;
  snapshot.identity = body.Text();
  snapshot.next = Day(body.Number<int32_t>());
  snapshot.origins = body.Number<int64_t>();
  for (size_t left = body.Count(2 * sizeof(uint64_t)); left > 0; --left) {
    snapshot.states.emplace_back(body.Text());
    auto& items = snapshot.items.emplace_back();
    for (size_t k = body.Count(3 * sizeof(uint64_t)); k > 0; --k) {
      StoreItem& item = items.emplace_back();
      item.item_id = body.Text();
      item.dept_id = body.Text();
      item.cat_id = body.Text();
    }
  }
  for (size_t left = body.Count(sizeof(uint64_t)); left > 0; --left) {
    FollowPosition& position = snapshot.positions.emplace_back();
    position.partition.topic = body.Text();
    position.partition.partition = PartitionId(body.Number<int32_t>());
    position.resume = Offset(body.Number<int64_t>());
    position.read = Offset(body.Number<int64_t>());
  }
  const size_t state_bytes = body.Text().size();
  if (!body.is_whole()) return MakeError(ErrorCode::kCorrupt, "its parts do not fit");
  // In place: it is most of the file.
  bytes.erase(0, bytes.size() - state_bytes);
  snapshot.state = std::move(bytes);
  return snapshot;
}

Result<std::optional<ForecastSnapshot>> ReadSnapshot(FileSystem& files, const std::string& path) {
  Result<std::string> bytes = ReadFile(files, path, kSnapshotBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    return std::optional<ForecastSnapshot>();
  }
  if (!bytes) return bytes.error();
  Result<ForecastSnapshot> snapshot = DecodeSnapshot(*std::move(bytes));
  if (!snapshot) return snapshot.error().At(path);
  return std::optional(*std::move(snapshot));
}

}  // namespace tillstream
