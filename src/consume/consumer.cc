#include "consume/consumer.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "consume/consume_board.h"
#include "model/date.h"

namespace tillstream {
namespace {

/// How often the end of a log is looked at again while it is followed.
constexpr std::chrono::milliseconds kFollowPoll{20};

/// How often a group's positions are stored.
constexpr std::chrono::seconds kStoreInterval{1};

/// Skipped records of one reason, and gaps, that are reported one by one; the rest is only counted.
constexpr int64_t kSkipLinesMax = 20;

/// Reasons that are counted by themselves; what comes with further ones is counted together.
constexpr size_t kReasonsMax = 20;

bool ParseInteger(std::string_view text, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

/// An error's message without its particulars, so that a million poison records have few reasons:
/// every number becomes N.
std::string ReasonOf(std::string_view message) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_word = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '_'; };
  std::string reason;
  for (size_t i = 0; i < message.size(); ++i) {
    if (!is_digit(message[i]) || (i > 0 && is_word(message[i - 1]))) {
      reason += message[i];
      continue;
    }
    reason += 'N';
    while (i + 1 < message.size() && is_word(message[i + 1])) ++i;
  }
  return reason;
}

}  // namespace

Status OffsetRange::Add(std::string_view text) {
  const auto bad = [&] {
    return MakeError(ErrorCode::kUsage,
                     "-o: {} is not a place; write beginning, end, stored, N, -N, s@MS, e@MS or "
                     "d@2011-01-29",
                     Quote(text));
  };
  const Error twice =
      MakeError(ErrorCode::kUsage, "-o: given twice; one start and one e@MS at most");
  OffsetSpec spec;
  if (text == "beginning") {
    spec.kind = OffsetSpec::Kind::kBeginning;
  } else if (text == "end") {
    spec.kind = OffsetSpec::Kind::kEnd;
  } else if (text == "stored") {
    spec.kind = OffsetSpec::Kind::kStored;
  } else if (text.starts_with("d@")) {
    Result<Date> date = ParseDate(text.substr(2));
    if (!date) return Error{ErrorCode::kUsage, "-o: " + date.error().message};
    spec = {OffsetSpec::Kind::kTimestamp, tillstream::StartOf(*date).value()};
  } else if (text.starts_with("s@") || text.starts_with("e@")) {
    int64_t milliseconds = 0;
    if (!ParseInteger(text.substr(2), &milliseconds)) return bad();
    if (text[0] == 'e') {
      if (stop_at) return twice;
      stop_at = Timestamp(milliseconds);
      return Ok();
    }
    spec = {OffsetSpec::Kind::kTimestamp, milliseconds};
  } else if (int64_t number = 0; ParseInteger(text, &number) && number != INT64_MIN) {
    spec = number < 0 ? OffsetSpec{OffsetSpec::Kind::kFromEnd, -number}
                      : OffsetSpec{OffsetSpec::Kind::kOffset, number};
  } else {
    return bad();
  }
  if (start) return twice;
  start = spec;
  return Ok();
}

Consumer::Consumer(EventLog& log, SchemaRegistry& registry, Clock& clock, EventSink& sink,
                   ReaderGroup* group, ConsumeOptions options,
                   std::function<void(const std::string&)> on_warning)
    : log_(log),
      clock_(clock),
      sink_(sink),
      group_(group),
      options_(std::move(options)),
      on_warning_(std::move(on_warning)),
      decoder_(registry) {}

Result<GroupPosition> Consumer::StartOf(Source& source) {
  OffsetSpec spec;
  if (options_.range.start) {
    spec = *options_.range.start;
  } else if (group_ != nullptr) {
    spec.kind = OffsetSpec::Kind::kStored;
  }
  return StartAt(source, spec);
}

Result<GroupPosition> Consumer::StartAt(Source& source, const OffsetSpec& spec) {
  LogReader& reader = *source.reader;
  if (spec.kind == OffsetSpec::Kind::kStored) return StoredPosition(source);
  TILLSTREAM_ASSIGN(const Offset begin, reader.Begin());
  Offset start = begin;
  switch (spec.kind) {
    case OffsetSpec::Kind::kBeginning:
    case OffsetSpec::Kind::kStored:
      break;
    case OffsetSpec::Kind::kEnd: {
      TILLSTREAM_ASSIGN(start, reader.End());
      break;
    }
    case OffsetSpec::Kind::kOffset: {
      TILLSTREAM_ASSIGN(const Offset end, reader.End());
      start = std::clamp(Offset(spec.value), begin, std::max(begin, end));
      break;
    }
    case OffsetSpec::Kind::kFromEnd: {
      TILLSTREAM_ASSIGN(const Offset end, reader.End());
      start = std::max(begin, end - spec.value);
      break;
    }
    case OffsetSpec::Kind::kTimestamp: {
      TILLSTREAM_ASSIGN(start, reader.OffsetAt(Timestamp(spec.value)));
      break;
    }
  }
  GroupPosition position{start, std::nullopt};
  if (start == Offset(0)) position.records_before = 0;
  return position;
}

Result<GroupPosition> Consumer::StoredPosition(Source& source) {
  std::optional<GroupPosition> stored;
  if (group_ != nullptr) {
    TILLSTREAM_ASSIGN(stored, group_->Find(source.partition));
  }
  if (!stored) return StartAt(source, {});
  TILLSTREAM_ASSIGN(const Offset end, source.reader->End());
  // After a power cut the log may lack events that were read before they were durable. The replay
  // writes the same again, so waiting for them is right; whether it is the same is seen then.
  if (stored->next > end) {
    on_warning_(
        fmt::format("{}: ends at offset {}, and was read to {} before; reading goes on when it is "
                    "that far again",
                    source.partition.ToString(), end.value(), stored->next.value()));
    source.unchecked = stored->last;
  }
  TILLSTREAM_ASSIGN(const Offset begin, source.reader->Begin());
  if (stored->next < begin) {
    on_warning_(fmt::format(
        "{}: begins at offset {}, the group's position is {}; what was between them is lost to it",
        source.partition.ToString(), begin.value(), stored->next.value()));
  }
  // The record may have been deleted since, as others may that were read.
  if (stored->last && stored->last->offset >= begin && stored->last->offset < end) {
    TILLSTREAM_TRY(CheckMark(source, *stored->last));
  }
  return *stored;
}

Status Consumer::CheckMark(const Source& source, const RecordMark& mark) {
  TILLSTREAM_TRY(source.reader->Seek(mark.offset));
  TILLSTREAM_ASSIGN(const auto records, source.reader->Read(std::chrono::milliseconds(0)));
  if (!records.empty() && MarkOf(records.front()) == mark) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "{} offset {}: another record than the one that was read there; the topic was "
                   "written anew, and needs a reader that begins anew",
                   source.partition.ToString(), mark.offset.value());
}

Result<int32_t> Consumer::CountPartitions(const std::string& topic) {
  TILLSTREAM_ASSIGN(const std::vector<TopicInfo> topics, log_.ListTopics());
  std::vector<std::string> names;
  for (const TopicInfo& info : topics) {
    if (info.name == topic) return info.partition_count;
    names.push_back(info.name);
  }
  // A log may list only what the user may see.
  const auto reader = log_.OpenReader({topic, PartitionId(0)});
  if (!reader && reader.error().code != ErrorCode::kNotFound) return reader.error();
  const std::string nearest = Nearest(topic, names);
  return MakeError(ErrorCode::kNotFound, "{}: no topic {}; {}", log_.Describe(), Quote(topic),
                   nearest.empty() ? "tillstream replay makes one" : "did you mean " + nearest);
}

Result<std::vector<TopicPartition>> Consumer::ChoosePartitions() {
  const std::vector<std::string> topics =
      options_.topics.empty() ? std::vector<std::string>{options_.topic} : options_.topics;
  std::vector<TopicPartition> chosen;
  for (const std::string& topic : topics) {
    TILLSTREAM_ASSIGN(const int32_t count, CountPartitions(topic));
    for (const PartitionId id : options_.partitions) {
      if (id.value() >= count) {
        return MakeError(ErrorCode::kUsage, "-p: topic {} has partitions 0 to {}, found {}",
                         Quote(topic), count - 1, id.value());
      }
      chosen.push_back({topic, id});
    }
    for (PartitionId id; options_.partitions.empty() && id.value() < count; ++id) {
      chosen.push_back({topic, id});
    }
  }
  return chosen;
}

Status Consumer::OpenSources(std::vector<TopicPartition> partitions) {
  std::sort(partitions.begin(), partitions.end());
  partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  sources_.clear();
  for (TopicPartition& partition : partitions) {
    Source source;
    source.partition = std::move(partition);
    TILLSTREAM_ASSIGN(source.reader, log_.OpenReader(source.partition));
    if (!options_.headers && !options_.distinct) source.reader->OmitHeaders();
    TILLSTREAM_ASSIGN(const GroupPosition start, StartOf(source));
    source.next = start.next;
    source.records_before = start.records_before;
    source.last = start.last;
    if (options_.distinct) TILLSTREAM_TRY(LookBack(source));
    TILLSTREAM_TRY(source.reader->Seek(source.next));
    sources_.push_back(std::move(source));
  }
  is_assigned_ = true;
  return Ok();
}

Status Consumer::FollowGroup() {
  if (group_ == nullptr || !group_->assigns_partitions()) return Ok();
  TILLSTREAM_ASSIGN(auto partitions, group_->Assign([this] { return StorePositions(); }));
  if (!partitions) return Ok();
  return OpenSources(*std::move(partitions));
}

std::vector<PartitionProgress> Consumer::progress() const {
  std::vector<PartitionProgress> all;
  for (const Source& source : sources_) {
    all.push_back({source.partition, {source.next, source.records_before}});
  }
  return all;
}

Status Consumer::LookBack(Source& source) {
  TILLSTREAM_ASSIGN(const Offset begin, source.reader->Begin());
  const Offset from = std::max(begin, source.next - kLookBackRecords);
  if (from >= source.next) return Ok();
  TILLSTREAM_TRY(source.reader->Seek(from));
  for (;;) {
    TILLSTREAM_ASSIGN(const auto records, source.reader->Read(std::chrono::milliseconds(0)));
    for (const RecordView& record : records) {
      if (record.offset >= source.next) return Ok();
      source.repeats.Judge(record);
    }
    // A stream whose records have no headers repeats nothing.
    if (records.empty() || !source.repeats.next()) return Ok();
  }
}

bool Consumer::IsRepeat(Source& source, const RecordView& record) {
  const RepeatFilter::Verdict verdict = source.repeats.Judge(record);
  if (verdict.is_repeat) ++summary_.repeats;
  if (verdict.missing_before == 0) return verdict.is_repeat;
  summary_.missing += verdict.missing_before;
  ++gap_count_;
  if (gap_count_ <= kSkipLinesMax) {
    on_warning_(fmt::format("{} offset {}: {} events before it are missing in the stream",
                            source.partition.ToString(), record.offset.value(),
                            verdict.missing_before));
  }
  if (gap_count_ == kSkipLinesMax) on_warning_("more of the same are only counted");
  return verdict.is_repeat;
}

Status Consumer::Run(std::stop_token stop) {
  // A topic that is not there is told before a group is asked.
  TILLSTREAM_ASSIGN(std::vector<TopicPartition> partitions, ChoosePartitions());
  if (group_ == nullptr || !group_->assigns_partitions()) {
    TILLSTREAM_TRY(OpenSources(std::move(partitions)));
  }
  last_store_ = clock_.Monotonic();
  const Status result = ReadAll(stop);
  const Status stored = StorePositions();
  Show(/*always=*/true);
  return result ? stored : result;
}

Status Consumer::ReadAll(const std::stop_token& stop) {
  while (true) {
    Show(/*always=*/false);
    TILLSTREAM_TRY(FollowGroup());
    bool any = false;
    bool all_ended = is_assigned_ && !sources_.empty();
    for (Source& source : sources_) {
      if (source.ended) continue;
      if (sink_.IsAhead(source.partition)) {
        all_ended = false;
        continue;
      }
      TILLSTREAM_ASSIGN(const bool read, ReadBatch(source));
      any = any || read;
      all_ended = all_ended && source.ended;
      if (stop.stop_requested() || Full() || sink_.closed()) return Ok();
    }
    if (all_ended || (!any && is_assigned_ && options_.stop_at_end)) return Ok();
    if (!any && stop.stop_requested()) return Ok();
    // While nothing more comes, whoever looks at the output sees everything that is there.
    if (!any || clock_.Monotonic() - last_store_ >= kStoreInterval) {
      TILLSTREAM_TRY(StorePositions());
      // From the end: a sink that takes a second for it would else be stored after each batch.
      last_store_ = clock_.Monotonic();
    }
    if (!any) clock_.SleepUntil(clock_.Monotonic() + kFollowPoll, stop);
  }
}

Result<bool> Consumer::ReadBatch(Source& source) {
  TILLSTREAM_ASSIGN(const std::span<const RecordView> records,
                    source.reader->Read(std::chrono::milliseconds(0)));
  if (!records.empty() && source.unchecked) {
    TILLSTREAM_TRY(CheckMark(source, *std::exchange(source.unchecked, std::nullopt)));
    TILLSTREAM_TRY(source.reader->Seek(source.next));
    return true;
  }
  const RecordView* last = nullptr;
  Status handled = Ok();
  for (const RecordView& record : records) {
    if (Full() || sink_.closed()) break;
    if (options_.range.stop_at && record.timestamp >= *options_.range.stop_at) {
      source.ended = true;
      break;
    }
    const bool is_repeat = options_.distinct && IsRepeat(source, record);
    if (!is_repeat) handled = Handle(source, record);
    if (!handled) break;
    last = &record;
    source.next = record.offset + 1;
    if (source.records_before && !is_repeat) ++*source.records_before;
  }
  if (last != nullptr && group_ != nullptr) source.last = MarkOf(*last);
  if (!handled) return handled.error();
  if (records.empty()) source.found_empty_at = round_at_;
  return !records.empty();
}

Status Consumer::Handle(Source& source, const RecordView& record) {
  const Status decoded = decoder_.Decode(record, &event_);
  if (!decoded) return Skip(source, record, decoded.error());
  if (!options_.store_id.empty()) {
    const auto* sale = std::get_if<SalesRecord>(&event_);
    const auto* total = std::get_if<StoreDay>(&event_);
    if (sale != nullptr && sale->store_id != options_.store_id) return Ok();
    if (total != nullptr && total->store_id != options_.store_id) return Ok();
  }
  if (Status put = sink_.Put(source.partition, record, event_); !put) {
    if (put.error().code == ErrorCode::kCorrupt) return Skip(source, record, put.error());
    sink_failed_ = true;
    return put;
  }
  ++summary_.records;
  summary_.bytes += static_cast<int64_t>(record.key.size() + record.value.size());
  return Ok();
}

Status Consumer::Skip(const Source& source, const RecordView& record, const Error& error) {
  const std::string where =
      fmt::format("{} offset {}", source.partition.ToString(), record.offset.value());
  if (error.code != ErrorCode::kCorrupt) return error.At(where);
  if (options_.on_error == OnError::kStop) {
    return Error{error.code,
                 fmt::format("{}: {}; --on-error skip goes on behind it", where, error.message)};
  }
  const bool is_kept = options_.on_error == OnError::kKeep;
  if (is_kept) TILLSTREAM_TRY(KeepDeadLetter(source, record, error));
  std::string reason = ReasonOf(error.message);
  if (!summary_.skipped.contains(reason) && summary_.skipped.size() >= kReasonsMax) {
    reason = "other reasons";
  }
  const int64_t count = ++summary_.skipped[reason];
  if (count <= kSkipLinesMax) {
    on_warning_(fmt::format("{}: {}; {}", where, error.message, is_kept ? "kept" : "skipped"));
  }
  if (count == kSkipLinesMax) on_warning_("more of the same are only counted");
  return Ok();
}

Status Consumer::KeepDeadLetter(const Source& source, const RecordView& record,
                                const Error& error) {
  Status kept = options_.dead_letters->Put({source.partition, record, error.message});
  if (!kept) sink_failed_ = true;
  return kept;
}

Status Consumer::StorePositions() {
  if (sink_failed_) return Ok();
  // First, since the position may move with what the sink takes.
  if (options_.dead_letters != nullptr) {
    if (Status kept = options_.dead_letters->Sync(); !kept) {
      sink_failed_ = true;
      return kept;
    }
  }
  if (Status flushed = sink_.Flush(); !flushed) {
    sink_failed_ = true;
    return flushed;
  }
  records_at_flush_ = summary_.records;
  if (group_ == nullptr || sink_.closed()) return Ok();
  for (const Source& source : sources_) {
    group_->Set(source.partition, {source.next, source.records_before, source.last});
  }
  return group_->Store();
}

void Consumer::Show(bool always) {
  if (options_.board == nullptr || (!is_assigned_ && !always)) return;
  round_at_ = clock_.Monotonic();
  if (!always && shown_at_.count() != 0 && round_at_ - shown_at_ < kBoardInterval) return;
  shown_at_ = round_at_;
  ConsumeState state{
      .at = round_at_, .summary = summary_, .queue_records = summary_.records - records_at_flush_};
  for (const Source& source : sources_) {
    state.sources.push_back({source.partition, source.next, source.ended, source.found_empty_at});
  }
  options_.board->Put(std::move(state));
}

}  // namespace tillstream
