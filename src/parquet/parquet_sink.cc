#include "parquet/parquet_sink.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/text.h"
#include "consume/row_text.h"
#include "model/names.h"

namespace tillstream {
namespace {

constexpr std::string_view kStoreFolder = "store_id=";
constexpr std::string_view kMonthFolder = "month=";
constexpr std::string_view kSuffix = ".parquet";

/// "store_id=CA_1/month=2011-01".
std::string MonthFolder(const std::string& store_id, Date date) {
  return JoinPath(fmt::format("{}{}", kStoreFolder, store_id),
                  fmt::format("{}{}", kMonthFolder, FormatDate(date).substr(0, 7)));
}

/// Whether it is a name that files get here: "d_1-d_3.parquet".
bool IsFileName(std::string_view name) {
  if (!name.starts_with("d_") || !name.ends_with(kSuffix)) return false;
  name.remove_prefix(2);
  name.remove_suffix(kSuffix.size());
  const size_t dash = name.find("-d_");
  if (dash == std::string_view::npos) return false;
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return is_number(name.substr(0, dash)) && is_number(name.substr(dash + 3));
}

}  // namespace

ParquetSink::ParquetSink(FileSystem& files, ParquetSinkOptions options)
    : files_(files), options_(std::move(options)), last_store_(stores_.end()), maker_(files) {}

Result<std::unique_ptr<ParquetSink>> ParquetSink::Open(FileSystem& files,
                                                       const ParquetSinkOptions& options) {
  std::unique_ptr<ParquetSink> sink(new ParquetSink(files, options));
  TILLSTREAM_TRY(sink->Prepare());
  return sink;
}

std::string ParquetSink::TemporaryFolder() const {
  return JoinPath(JoinPath(options_.folder, kParquetControlFolder), "tmp");
}

Status ParquetSink::Prepare() {
  const std::string control = JoinPath(options_.folder, kParquetControlFolder);
  // Before anything is made in a folder that is somebody else's.
  const Result<FileInfo> is_ours = files_.Info(control);
  if (!is_ours && is_ours.error().code == ErrorCode::kNotFound) TILLSTREAM_TRY(CheckFolder(true));
  TILLSTREAM_TRY(files_.MakeDirectory(control));
  Result<std::unique_ptr<FileLock>> lock = files_.Lock(JoinPath(control, "lock"), options_.holder);
  if (!lock && lock.error().code == ErrorCode::kRefused) {
    return MakeError(ErrorCode::kRefused, "parquet: {}: {} writes there; end that first",
                     options_.folder, lock.error().message);
  }
  if (!lock) return lock.error();
  lock_ = *std::move(lock);

  TILLSTREAM_ASSIGN(std::optional<FolderManifest> manifest,
                    LoadFolderManifest(files_, options_.folder));
  if (!manifest) {
    TILLSTREAM_TRY(CheckFolder(true));
    manifest_.topic = options_.stream.topic;
    manifest_.run = options_.stream.run;
    // From now on files that no manifest names are known to be ours.
    TILLSTREAM_TRY(StoreFolderManifest(files_, options_.folder, manifest_));
  } else {
    manifest_ = *std::move(manifest);
    TILLSTREAM_TRY(CheckFolder(false));
  }
  TILLSTREAM_TRY(RemoveLeftovers());
  for (const auto& [id, day] : manifest_.published) stores_.try_emplace(id, day);
  for (const auto& [place, position] : manifest_.positions) {
    GroupPosition taken{position.next, std::nullopt, position.last};
    if (position.is_dense) taken.records_before = position.next.value();
    partitions_.push_back({place, taken, position.taken});
  }
  return Ok();
}

Status ParquetSink::CheckFolder(bool is_new) const {
  if (is_new) {
    const Result<std::vector<std::string>> names = files_.List(options_.folder);
    if (!names && names.error().code == ErrorCode::kNotFound) return Ok();
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (name == kParquetControlFolder) continue;
      return MakeError(ErrorCode::kRefused,
                       "parquet: {}: has {}, and no manifest of tillstream; give an empty folder",
                       options_.folder, Quote(name));
    }
    return Ok();
  }
  const TableStream& stream = options_.stream;
  if (manifest_.topic != stream.topic) {
    return MakeError(ErrorCode::kRefused,
                     "parquet: {}: holds topic {}, found {}; give another folder", options_.folder,
                     Quote(manifest_.topic), Quote(stream.topic));
  }
  if (manifest_.run == stream.run || manifest_.run.empty() || stream.run.empty()) return Ok();
  return MakeError(ErrorCode::kRefused,
                   "parquet: {}: holds the run {}, found {}; give another folder", options_.folder,
                   manifest_.run, stream.run);
}

Status ParquetSink::RemoveLeftovers() {
  TILLSTREAM_TRY(files_.MakeDirectory(TemporaryFolder()));
  TILLSTREAM_ASSIGN(const auto temporary, files_.List(TemporaryFolder()));
  for (const std::string& name : temporary) {
    TILLSTREAM_TRY(files_.Remove(JoinPath(TemporaryFolder(), name)));
  }
  std::map<std::string, int64_t> published;
  for (const PublishedFile& file : manifest_.files) published[file.path] = file.size_bytes;
  TILLSTREAM_ASSIGN(const auto stores, files_.List(options_.folder));
  for (const std::string& store : stores) {
    if (!store.starts_with(kStoreFolder)) continue;
    TILLSTREAM_ASSIGN(const auto months, files_.List(JoinPath(options_.folder, store)));
    for (const std::string& month : months) {
      if (!month.starts_with(kMonthFolder)) continue;
      TILLSTREAM_TRY(RemoveLeftoversOf(JoinPath(store, month), &published));
    }
  }
  if (published.empty()) return Ok();
  return MakeError(ErrorCode::kCorrupt,
                   "parquet: {}: the manifest names {}, which is not there; put it back, or begin "
                   "again in an empty folder",
                   options_.folder, published.begin()->first);
}

Status ParquetSink::RemoveLeftoversOf(const std::string& month,
                                      std::map<std::string, int64_t>* published) {
  const std::string folder = JoinPath(options_.folder, month);
  TILLSTREAM_ASSIGN(const auto names, files_.List(folder));
  bool is_changed = false;
  for (const std::string& name : names) {
    const auto entry = published->find(JoinPath(month, name));
    if (entry != published->end()) {
      TILLSTREAM_ASSIGN(const FileInfo info, files_.Info(JoinPath(folder, name)));
      if (info.size_bytes != entry->second) {
        return MakeError(ErrorCode::kCorrupt,
                         "parquet: {}: {} bytes, the manifest says {}; begin again in an empty "
                         "folder",
                         JoinPath(folder, name), info.size_bytes, entry->second);
      }
      published->erase(entry);
    } else if (IsFileName(name)) {
      TILLSTREAM_TRY(files_.Remove(JoinPath(folder, name)));
      is_changed = true;
    }
  }
  return is_changed ? files_.SyncDirectory(folder) : Ok();
}

size_t ParquetSink::PartitionOf(const TopicPartition& partition) {
  if (last_partition_ < partitions_.size() && partitions_[last_partition_].place == partition) {
    return last_partition_;
  }
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const Partition& known) { return known.place == partition; });
  last_partition_ = static_cast<size_t>(found - partitions_.begin());
  if (found == partitions_.end()) partitions_.push_back({partition, {}, Offset(0)});
  return last_partition_;
}

template <typename Fields>
Result<StoreRows*> ParquetSink::StoreOf(const Fields& event) {
  const std::string_view id = event.store_id;
  if (last_store_ == stores_.end() || !SameText(last_store_->first, id)) {
    last_store_ = stores_.find(id);
  }
  if (last_store_ == stores_.end()) [[unlikely]] {
    TILLSTREAM_TRY(CheckTexts(event));
    if (!IsStoreId(id)) {
      return MakeError(ErrorCode::kCorrupt, "store_id: {} cannot be a folder's name", Quote(id));
    }
    last_store_ = stores_.try_emplace(std::string(id), Day(0)).first;
  }
  return &last_store_->second;
}

Status ParquetSink::Put(const TopicPartition& partition, const RecordView& record,
                        const Event& event) {
  Status put = PutEvent(PartitionOf(partition), record, event);
  if (put) [[likely]]
    return put;
  // A record that has no place here was not taken, and the consumer says where it is.
  if (put.error().code == ErrorCode::kCorrupt) return put;
  failed_ = put;
  return put;
}

Status ParquetSink::PutEvent(size_t partition, const RecordView& record, const Event& event) {
  const bool is_reread = record.offset < partitions_[partition].reread_until;
  if (const auto* sale = std::get_if<SalesRecord>(&event)) {
    TILLSTREAM_ASSIGN(StoreRows* const store, StoreOf(*sale));
    TILLSTREAM_ASSIGN(const bool is_open,
                      store->AddSale(*sale, DateOf(record.timestamp), partition, record.offset));
    if (!is_open) {
      if (!is_reread) ++late_events_;
      return Ok();
    }
    ++open_rows_;
    return AfterAdding(store, record.offset);
  }
  if (const auto* total = std::get_if<StoreDay>(&event)) {
    TILLSTREAM_TRY(CheckTexts(*total));
    TILLSTREAM_ASSIGN(StoreRows* const store, StoreOf(*total));
    if (!store->SetTotal(*total, partition, record.offset)) {
      if (!is_reread) ++late_totals_;
      return Ok();
    }
    return AfterAdding(store, record.offset);
  }
  if (!is_reread) ++kept_.other;
  return Ok();
}

Status ParquetSink::AfterAdding(StoreRows* store, Offset offset) {
  const Result<bool> is_closed = store->LastDayIsClosed();
  if (!is_closed) {
    // Of the day, not of this record: there is no going on behind it.
    return Error{ErrorCode::kFailed,
                 fmt::format("{} offset {}: {}", partitions_[last_partition_].place.ToString(),
                             offset.value(), is_closed.error().message)};
  }
  if (*is_closed) return PrepareFiles(last_store_->first, store, false);
  if (open_rows_ <= options_.open_rows_max) [[likely]]
    return Ok();
  // The check is for every row from here on, so it must not cost a walk each time.
  if (open_rows_ % (options_.open_rows_max / 4 + 1) == 0) TILLSTREAM_TRY(PrepareAll(true));
  if (open_rows_ <= 2 * options_.open_rows_max) return Ok();
  return MakeError(ErrorCode::kFailed,
                   "parquet: {}: {} events are of days without an end-of-day total, at most {} can "
                   "wait; tillstream verify says what is missing",
                   options_.folder, WithThousands(open_rows_),
                   WithThousands(2 * options_.open_rows_max));
}

Status ParquetSink::PrepareAll(bool also_open_months) {
  for (auto& [id, store] : stores_) TILLSTREAM_TRY(PrepareFiles(id, &store, also_open_months));
  return Ok();
}

Status ParquetSink::PrepareFiles(const std::string& store_id, StoreRows* store,
                                 bool also_open_months) {
  while (const std::optional<DayRange> range = store->NextClosed(also_open_months)) {
    const int64_t before = store->row_count();
    const Status prepared = PrepareFile(store_id, store, *range);
    open_rows_ -= before - store->row_count();
    TILLSTREAM_TRY(prepared);
    manifest_.published[store_id] = range->last;
  }
  return Ok();
}

Status ParquetSink::PrepareFile(const std::string& store_id, StoreRows* store,
                                const DayRange& range) {
  FileJob job{.path = {},
              .folder = {},
              .store_id = store_id,
              .known = store->table().known(),
              .days = store->Take(range)};
  Prepared prepared;
  PublishedFile& entry = prepared.entry;
  entry.store_id = store_id;
  entry.first_day = range.first;
  entry.last_day = range.last;
  for (const auto& [day, rows] : job.days) {
    entry.rows += rows.row_count();
    entry.units += rows.sums.units;
    entry.revenue_cents += rows.sums.revenue_cents;
    ++prepared.totals;
  }
  is_changed_ = true;
  if (entry.rows > 0) {
    const std::string month = MonthFolder(store_id, job.days.rbegin()->second.date);
    entry.path = JoinPath(
        month, fmt::format("d_{}-d_{}{}", range.first.value(), range.last.value(), kSuffix));
    prepared.path = JoinPath(TemporaryFolder(), fmt::format("{}{}", ++prepared_count_, kSuffix));
    job.path = prepared.path;
    job.row_count = entry.rows;
    job.folder = JoinPath(options_.folder, month);
    TILLSTREAM_TRY(maker_.Add(std::move(job)));
  }
  prepared_.push_back(std::move(prepared));
  return Ok();
}

Result<std::optional<GroupPosition>> ParquetSink::Find(const TopicPartition& partition) {
  const auto found = manifest_.positions.find(partition);
  if (found == manifest_.positions.end()) return std::optional<GroupPosition>();
  const PublishedPosition& stored = found->second;
  GroupPosition position{stored.next, std::nullopt, stored.last};
  if (stored.is_dense) position.records_before = stored.next.value();
  return std::optional(position);
}

void ParquetSink::Set(const TopicPartition& partition, const GroupPosition& position) {
  partitions_[PartitionOf(partition)].taken = position;
}

void ParquetSink::UpdatePositions() {
  std::vector<Offset> next;
  next.reserve(partitions_.size());
  for (const Partition& partition : partitions_) next.push_back(partition.taken.next);
  for (const auto& [id, store] : stores_) {
    for (const auto& [day, rows] : store.days()) {
      for (const auto& [number, offset] : rows.first_offsets) {
        next[number] = std::min(next[number], offset);
      }
    }
  }
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    partition.reread_until = std::max(partition.reread_until, partition.taken.next);
    manifest_.positions[partition.place] = {
        next[i], partition.reread_until,
        partition.taken.records_before == partition.taken.next.value(), partition.taken.last};
  }
}

Status ParquetSink::Store() {
  if (failed_ && is_changed_) failed_ = Publish();
  return failed_;
}

Status ParquetSink::Finish() {
  if (failed_) failed_ = PrepareAll(true);
  return Store();
}

Status ParquetSink::Publish() {
  TILLSTREAM_ASSIGN(const std::vector<int64_t> sizes, maker_.Finish());
  auto size = sizes.begin();
  std::set<std::string> folders;
  for (Prepared& prepared : prepared_) {
    if (prepared.path.empty()) continue;
    prepared.entry.size_bytes = *size++;
    const std::string target = JoinPath(options_.folder, prepared.entry.path);
    folders.insert(target.substr(0, target.rfind('/')));
    TILLSTREAM_TRY(files_.Rename(prepared.path, target));
  }
  for (const std::string& folder : folders) TILLSTREAM_TRY(files_.SyncDirectory(folder));
  TableCounts counts = kept_;
  for (Prepared& prepared : prepared_) {
    counts.sales += prepared.entry.rows;
    counts.store_days += prepared.totals;
    if (prepared.entry.rows > 0) manifest_.files.push_back(std::move(prepared.entry));
  }
  prepared_.clear();
  UpdatePositions();
  if (manifest_.run.empty()) manifest_.run = options_.stream.run;
  TILLSTREAM_TRY(StoreFolderManifest(files_, options_.folder, manifest_));
  is_changed_ = false;
  kept_ = counts;
  if (options_.on_kept) options_.on_kept(kept_);
  return Ok();
}

std::vector<std::string> ParquetSink::Remarks() const {
  std::vector<std::string> lines;
  if (open_rows_ > 0) {
    const auto is_open = [](const auto& store) { return store.second.row_count() > 0; };
    const auto store = std::find_if(stores_.begin(), stores_.end(), is_open);
    lines.push_back(fmt::format(
        "{} events are of days that are not closed, as {} d_{}: not published, and read again at "
        "the next start",
        WithThousands(open_rows_), store->first, store->second.days().begin()->first.value()));
  }
  if (late_events_ + late_totals_ > 0) {
    lines.push_back(fmt::format(
        "{} events and {} end-of-day totals came for days that were published already: left out",
        WithThousands(late_events_), WithThousands(late_totals_)));
  }
  return lines;
}

}  // namespace tillstream
