// The JSON side of RunManifest: docs/formats/run_manifest.md.
#include <fmt/chrono.h>

#include <charconv>
#include <set>
#include <stdexcept>

#include "base/json.h"
#include "model/names.h"
#include "registry/subject_name.h"
#include "replay/run_identity.h"

namespace tillstream {
namespace {

constexpr int kFormatVersion = 1;

/// How long Update() waits for another process that is updating the same manifest.
constexpr std::chrono::seconds kLockWait{10};
constexpr std::chrono::milliseconds kLockPoll{20};

constexpr size_t kHexDigits = 16;

/// Some 9500 years before and after 1970: the dates that the calendar can write.
constexpr int64_t kClockMsMax = 300'000'000'000'000;

std::string HashesToHex(const std::vector<uint64_t>& hashes) {
  std::string hex;
  hex.reserve(hashes.size() * kHexDigits);
  for (const uint64_t hash : hashes) hex += fmt::format("{:016x}", hash);
  return hex;
}

/// A file that is no manifest; thrown to where the shape errors of the JSON library are caught.
void Need(bool condition, const char* what) {
  // LINT(throw): caught in LoadJson(), with the errors of the JSON library
  if (!condition) throw std::invalid_argument(what);
}

std::vector<uint64_t> HashesFromHex(const std::string& hex) {
  Need(hex.size() % kHexDigits == 0, "hashes of 16 digits each");
  std::vector<uint64_t> hashes(hex.size() / kHexDigits);
  for (size_t i = 0; i < hashes.size(); ++i) {
    const char* begin = hex.data() + i * kHexDigits;
    const auto [end, error] = std::from_chars(begin, begin + kHexDigits, hashes[i], 16);
    Need(error == std::errc() && end == begin + kHexDigits, "hashes of 16 digits each");
  }
  return hashes;
}

uint64_t HashFromHex(const std::string& hex) {
  Need(hex.size() == kHexDigits, "a hash of 16 digits");
  return HashesFromHex(hex).front();
}

std::string ToText(const RunIdentity& identity, const std::string& topic) {
  Json stores = Json::object();
  for (const auto& [id, store] : identity.stores) {
    Json entry = {{"partition", store.partition.value()}};
    if (store.series_hash) {
      entry["series_count"] = store.series_count;
      entry["series_hash"] = fmt::format("{:016x}", *store.series_hash);
      entry["day_hashes"] = HashesToHex(store.day_hashes);
    }
    stores[id] = std::move(entry);
  }
  const Json json = {{"format", kFormatVersion},
                     {"topic", topic},
                     {"started_at", identity.started_at},
                     {"plan", identity.plan},
                     {"from", identity.from.value()},
                     {"first_date", FormatDate(identity.first_date)},
                     {"codec", identity.codec},
                     {"segment_bytes", identity.segment_bytes_max},
                     {"schemas", identity.schemas},
                     {"subjects", identity.subjects},
                     {"sales_schema_id", identity.sales_schema.value()},
                     {"totals_schema_id", identity.totals_schema.value()},
                     {"stores", stores}};
  return json.dump(1) + "\n";
}

/// A partition that two stores share would be written by both.
void CheckPartitions(const RunIdentity& identity) {
  std::set<PartitionId> taken;
  for (const auto& [id, store] : identity.stores) {
    Need(store.partition >= PartitionId(0) && taken.insert(store.partition).second,
         "a partition for each store");
  }
}

Result<RunIdentity> FromJson(const Json& json) {
  RunIdentity identity;
  if (json.at("format") != kFormatVersion) {
    return MakeError(ErrorCode::kRefused, "format {}, needed {}; use the release that wrote it",
                     json.at("format").dump(), kFormatVersion);
  }
  identity.started_at = json.at("started_at");
  identity.plan = json.at("plan");
  identity.from = Day(json.at("from").get<int32_t>());
  Need(identity.from >= Day(1), "days from d_1");
  const Result<Date> first_date = ParseDate(json.at("first_date").get<std::string>());
  Need(first_date.has_value(), "a date");
  identity.first_date = *first_date;
  identity.codec = json.at("codec");
  identity.segment_bytes_max = json.at("segment_bytes");
  // Runs of releases that knew no other place, and no other subjects, have no word of them.
  identity.schemas = json.value("schemas", std::string(kSchemasOfLog));
  Need(identity.schemas == kSchemasOfLog || identity.schemas == kSchemasOfRegistry,
       "schemas of log or registry");
  identity.subjects = json.value("subjects", identity.subjects);
  Need(SubjectStrategyFromName(identity.subjects).has_value(), "a strategy for subjects");
  identity.sales_schema = SchemaId(json.at("sales_schema_id").get<int32_t>());
  identity.totals_schema = SchemaId(json.at("totals_schema_id").get<int32_t>());
  for (const auto& [id, entry] : json.at("stores").items()) {
    StoreIdentity& store = identity.stores[id];
    store.partition = PartitionId(entry.at("partition").get<int32_t>());
    if (!entry.contains("series_hash")) continue;
    store.series_count = entry.at("series_count");
    store.series_hash = HashFromHex(entry.at("series_hash").get<std::string>());
    store.day_hashes = HashesFromHex(entry.at("day_hashes").get<std::string>());
    Need(store.series_count >= 1, "series");
  }
  CheckPartitions(identity);
  return identity;
}

/// Runs `read` on the parsed file and turns every shape error into kCorrupt with the path.
template <typename T, typename Read>
Result<std::optional<T>> LoadJson(FileSystem& files, const std::string& path, Read read) {
  Result<std::string> text = ReadFile(files, path);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<T>();
  if (!text) return text.error();
  const auto damaged = [&](const std::string& reason) {
    return MakeError(ErrorCode::kCorrupt, "{}: {}; restore the file, or use another --log", path,
                     reason);
  };
  Result<Json> json = ParseJson(*text);
  if (!json) return damaged(json.error().message);
  try {
    Result<T> value = read(*json);
    if (!value) return value.error().At(path);
    return std::optional<T>(std::move(*value));
  } catch (const std::exception&) {
    return damaged("not what tillstream writes there");
  }
}

}  // namespace

RunManifest::RunManifest(FileSystem& files, Clock& clock, std::string directory, std::string topic)
    : files_(files), clock_(clock), directory_(std::move(directory)), topic_(std::move(topic)) {}

std::string RunManifest::PathOf(const std::string& suffix) const {
  return JoinPath(directory_, topic_ + suffix);
}

Result<std::optional<RunIdentity>> RunManifest::Load() const {
  return LoadJson<RunIdentity>(files_, PathOf(".run.json"), FromJson);
}

Result<std::optional<RunIdentity>> LoadRunOfTopic(FileSystem& files, Clock& clock,
                                                  const std::string& directory,
                                                  const std::string& topic) {
  TILLSTREAM_ASSIGN(std::optional<RunIdentity> identity,
                    RunManifest(files, clock, directory, topic).Load());
  const std::string events = EventsTopicOf(topic);
  if (identity || events.empty()) return identity;
  return RunManifest(files, clock, directory, events).Load();
}

Result<RunIdentity> RunManifest::Update(const RunIdentity& current, const std::string& holder) {
  const std::string locks = JoinPath(directory_, ".locks");
  TILLSTREAM_TRY(files_.MakeDirectory(locks));
  const auto deadline = clock_.Monotonic() + kLockWait;
  Result<std::unique_ptr<FileLock>> lock = Error{};
  while (true) {
    lock = files_.Lock(JoinPath(locks, topic_ + ".run.lock"), holder);
    if (lock || lock.error().code != ErrorCode::kRefused) break;
    if (clock_.Monotonic() >= deadline) {
      return MakeError(ErrorCode::kRefused, "run: {} has been starting for {} s; try again",
                       lock.error().message, kLockWait.count());
    }
    clock_.SleepUntil(clock_.Monotonic() + kLockPoll, {});
  }
  if (!lock) return lock.error();

  TILLSTREAM_ASSIGN(const std::optional<RunIdentity> stored, Load());
  RunIdentity merged = current;
  if (stored) {
    TILLSTREAM_ASSIGN(merged, Reconcile(*stored, current));
  } else {
    const WallTime now = clock_.Now();
    merged.started_at = fmt::format(
        "{}T{:%H:%M:%S}Z", FormatDate(std::chrono::floor<std::chrono::days>(now)),
        std::chrono::floor<std::chrono::seconds>(now - std::chrono::floor<std::chrono::days>(now)));
  }
  const std::string text = ToText(merged, topic_);
  if (!stored || text != ToText(*stored, topic_)) {
    TILLSTREAM_TRY(WriteFileAtomically(files_, PathOf(".run.json"), text));
  }
  return merged;
}

Result<std::optional<RunClock>> RunManifest::LoadClock() const {
  return LoadJson<RunClock>(
      files_, PathOf(".clock.json"), [](const Json& json) -> Result<RunClock> {
        RunClock clock;
        clock.wall_ms = json.at("wall_ms");
        clock.simulated = Timestamp(json.at("simulated_ms").get<int64_t>());
        clock.speed = json.at("speed");
        for (const int64_t ms : {clock.wall_ms, clock.simulated.value()}) {
          Need(ms >= -kClockMsMax && ms <= kClockMsMax, "a date that the calendar can write");
        }
        const Result<Speed> speed = Speed::Parse(clock.speed);
        Need(speed && !speed->is_max(), "a speed");
        return clock;
      });
}

Status RunManifest::StoreClock(const RunClock& clock) {
  const Json json = {{"wall_ms", clock.wall_ms},
                     {"simulated_ms", clock.simulated.value()},
                     {"speed", clock.speed}};
  return WriteFileAtomically(files_, PathOf(".clock.json"), json.dump(1) + "\n");
}

}  // namespace tillstream
