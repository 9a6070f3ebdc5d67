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

/// Of a run whose dates are moved: releases that do not know of it would go on without.
constexpr int kFormatVersionMoved = 2;

constexpr size_t kHexDigits = 16;

/// Some 9500 years before and after 1970: the dates that the calendar can write.
constexpr int64_t kClockMsMax = 300'000'000'000'000;

/// More than the years of four digits have.
constexpr int64_t kRebaseWeeksMax = 530'000;

std::string HashesToHex(const std::vector<uint64_t>& hashes) {
  std::string hex;
  hex.reserve(hashes.size() * kHexDigits);
  for (const uint64_t hash : hashes) hex += fmt::format("{:016x}", hash);
  return hex;
}

/// A file that is no manifest; thrown to where the shape errors of the JSON library are caught.
void Need(bool condition, const char* what) {
  // LINT(throw): caught in ReadJson(), with the errors of the JSON library
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

Json ClassesJson(const std::vector<SizeClass>& classes) {
  Json list = Json::array();
  for (const SizeClass& size_class : classes) {
    Json partitions = Json::array();
    for (const PartitionId partition : size_class.partitions) {
      partitions.push_back(partition.value());
    }
    list.push_back({{"name", size_class.name}, {"partitions", std::move(partitions)}});
  }
  return list;
}

std::string ToText(const RunIdentity& identity, const std::string& topic) {
  Json stores = Json::object();
  for (const auto& [id, store] : identity.stores) {
    Json entry = {{"partition", store.partition.value()}};
    if (store.number != store.partition.value()) entry["number"] = store.number;
    if (store.series_hash) {
      entry["series_count"] = store.series_count;
      if (!store.round.empty()) entry["round"] = store.round;
      entry["series_hash"] = fmt::format("{:016x}", *store.series_hash);
      entry["day_hashes"] = HashesToHex(store.day_hashes);
    }
    stores[id] = std::move(entry);
  }
  Json json = {{"format", identity.rebase ? kFormatVersionMoved : kFormatVersion},
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
  if (identity.store_partitions != 0) json["store_partitions"] = identity.store_partitions;
  if (!identity.classes.empty()) json["classes"] = ClassesJson(identity.classes);
  if (identity.rebase) {
    json["rebase_weeks"] = identity.rebase->weeks;
    json["rebase_to"] = FormatDate(identity.rebase->to);
  }
  return json.dump(1) + "\n";
}

/// A partition that two stores share would be written by both, unless the plan is that they do.
void CheckPlaces(const RunIdentity& identity) {
  std::set<PartitionId> partitions;
  std::set<int32_t> numbers;
  for (const auto& [id, store] : identity.stores) {
    const bool is_first = partitions.insert(store.partition).second;
    Need(store.partition >= PartitionId(0) && (is_first || !identity.classes.empty()),
         "a partition for each store");
    Need(store.number >= 0 && numbers.insert(store.number).second, "a number for each store");
  }
}

void ReadPlan(const Json& json, RunIdentity* identity) {
  identity->plan = json.at("plan");
  identity->store_partitions = json.value("store_partitions", 0);
  Need(identity->store_partitions >= 0, "partitions of a store");
  for (const Json& entry : json.value("classes", Json::array())) {
    SizeClass& size_class = identity->classes.emplace_back();
    size_class.name = entry.at("name");
    for (const Json& partition : entry.at("partitions")) {
      size_class.partitions.emplace_back(partition.get<int32_t>());
    }
  }
}

Rebase RebaseFromJson(const Json& json) {
  const Result<Date> to = ParseDate(json.at("rebase_to").get<std::string>());
  const int64_t weeks = json.at("rebase_weeks").get<int64_t>();
  Need(to.has_value() && weeks >= -kRebaseWeeksMax && weeks <= kRebaseWeeksMax, "a shift by weeks");
  return {.weeks = static_cast<int32_t>(weeks), .to = *to};
}

Result<RunIdentity> FromJson(const Json& json) {
  RunIdentity identity;
  const Json& format = json.at("format");
  if (format != kFormatVersion && format != kFormatVersionMoved) {
    return MakeError(ErrorCode::kRefused,
                     "format {}, needed {} or {}; use the release that wrote it", format.dump(),
                     kFormatVersion, kFormatVersionMoved);
  }
  identity.started_at = json.at("started_at");
  ReadPlan(json, &identity);
  identity.from = Day(json.at("from").get<int32_t>());
  Need(identity.from >= Day(1), "days from d_1");
  const Result<Date> first_date = ParseDate(json.at("first_date").get<std::string>());
  Need(first_date.has_value(), "a date");
  identity.first_date = *first_date;
  if (format == kFormatVersionMoved) identity.rebase = RebaseFromJson(json);
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
    store.number = entry.value("number", store.partition.value());
    if (!entry.contains("series_hash")) continue;
    store.series_count = entry.at("series_count");
    store.round = entry.value("round", std::vector<int64_t>());
    store.series_hash = HashFromHex(entry.at("series_hash").get<std::string>());
    store.day_hashes = HashesFromHex(entry.at("day_hashes").get<std::string>());
    Need(store.series_count >= 1, "series");
  }
  CheckPlaces(identity);
  return identity;
}

std::string ToText(const RunClock& clock) {
  Json json = {{"wall_ms", clock.wall_ms},
               {"simulated_ms", clock.simulated.value()},
               {"speed", clock.speed}};
  if (clock.paused_ms) json["paused_ms"] = *clock.paused_ms;
  return json.dump(1) + "\n";
}

Result<RunClock> ClockFromJson(const Json& json) {
  RunClock clock;
  clock.wall_ms = json.at("wall_ms");
  clock.simulated = Timestamp(json.at("simulated_ms").get<int64_t>());
  clock.speed = json.at("speed");
  if (json.contains("paused_ms")) clock.paused_ms = json.at("paused_ms").get<int64_t>();
  for (const int64_t ms :
       {clock.wall_ms, clock.simulated.value(), clock.paused_ms.value_or(clock.wall_ms)}) {
    Need(ms >= -kClockMsMax && ms <= kClockMsMax, "a date that the calendar can write");
  }
  const Result<Speed> speed = Speed::Parse(clock.speed);
  Need(speed && !speed->is_max(), "a speed");
  return clock;
}

/// Runs `read` on the parsed text and turns every shape error into kCorrupt with the document's
/// name.
template <typename T, typename Read>
Result<T> ReadJson(const std::string& text, const std::string& name, Read read) {
  const auto damaged = [&](const std::string& reason) {
    return MakeError(ErrorCode::kCorrupt, "{}: {}; restore it, or use another --log or --topic",
                     name, reason);
  };
  Result<Json> json = ParseJson(text);
  if (!json) return damaged(json.error().message);
  try {
    Result<T> value = read(*json);
    if (!value) return value.error().At(name);
    return value;
  } catch (const std::exception&) {
    return damaged("not what tillstream writes there");
  }
}

template <typename T, typename Read>
Result<std::optional<T>> LoadJson(RunStore& store, const std::string& topic, RunDocument document,
                                  Read read) {
  TILLSTREAM_ASSIGN(const std::optional<std::string> text, store.Load(topic, document));
  if (!text) return std::optional<T>();
  TILLSTREAM_ASSIGN(T value, ReadJson<T>(*text, store.NameOf(topic, document), read));
  return std::optional<T>(std::move(value));
}

std::string TimeText(WallTime now) {
  const auto day = std::chrono::floor<std::chrono::days>(now);
  return fmt::format("{}T{:%H:%M:%S}Z", FormatDate(day),
                     std::chrono::floor<std::chrono::seconds>(now - day));
}

}  // namespace

RunManifest::RunManifest(RunStore& store, Clock& clock, std::string topic)
    : store_(store), clock_(clock), topic_(std::move(topic)) {}

Result<std::optional<RunIdentity>> RunManifest::Load() const {
  return LoadJson<RunIdentity>(store_, topic_, RunDocument::kIdentity, FromJson);
}

Result<std::optional<NamedRun>> LoadRunOfTopic(RunStore& store, Clock& clock,
                                               const std::string& topic) {
  for (const std::string& name : {topic, EventsTopicOf(topic)}) {
    if (name.empty()) continue;
    TILLSTREAM_ASSIGN(auto identity, RunManifest(store, clock, name).Load());
    if (identity) return std::optional(NamedRun{name, *std::move(identity)});
  }
  return std::optional<NamedRun>();
}

Result<RunIdentity> RunManifest::Update(const RunIdentity& current, const std::string& holder) {
  RunIdentity merged;
  const auto merge = [&](const std::optional<std::string>& text) -> Result<std::string> {
    if (!text) {
      merged = current;
      merged.started_at = TimeText(clock_.Now());
      return ToText(merged, topic_);
    }
    const std::string name = store_.NameOf(topic_, RunDocument::kIdentity);
    TILLSTREAM_ASSIGN(const RunIdentity stored, ReadJson<RunIdentity>(*text, name, FromJson));
    TILLSTREAM_ASSIGN(merged, Reconcile(stored, current));
    // What another release wrote is not written again for its form alone.
    const std::string merged_text = ToText(merged, topic_);
    return merged_text == ToText(stored, topic_) ? *text : merged_text;
  };
  TILLSTREAM_TRY(store_.Update(topic_, RunDocument::kIdentity, holder, merge));
  return merged;
}

Result<std::optional<RunClock>> RunManifest::LoadClock() const {
  return LoadJson<RunClock>(store_, topic_, RunDocument::kClock, ClockFromJson);
}

Status RunManifest::StoreClock(const RunClock& clock) {
  return store_.Store(topic_, RunDocument::kClock, ToText(clock));
}

Result<RunClock> RunManifest::UpdateClock(
    const std::string& holder,
    const std::function<RunClock(const std::optional<RunClock>& stored)>& merge) {
  RunClock merged;
  const auto merge_text = [&](const std::optional<std::string>& text) -> Result<std::string> {
    std::optional<RunClock> stored;
    if (text) {
      const std::string name = store_.NameOf(topic_, RunDocument::kClock);
      TILLSTREAM_ASSIGN(stored, ReadJson<RunClock>(*text, name, ClockFromJson));
    }
    merged = merge(stored);
    // What another release wrote is not written again for its form alone.
    return stored == merged ? *text : ToText(merged);
  };
  TILLSTREAM_TRY(store_.Update(topic_, RunDocument::kClock, holder, merge_text));
  return merged;
}

}  // namespace tillstream
