#include "app/table_sinks.h"

#include <algorithm>

#include "app/duckdb_library.h"
#include "base/json.h"
#include "base/text.h"
#include "duckdb/duckdb_sink.h"
#include "model/names.h"
#include "parquet/parquet_sink.h"
#include "postgres/postgres_sink.h"

namespace tillstream {
namespace {

/// What the rows follow from beside the dataset: an offset of one plan, or from another day on, is
/// not the same event in another.
std::string DescribeRun(const std::optional<NamedRun>& run) {
  if (!run) return "";
  const RunIdentity& identity = run->identity;
  return fmt::format("plan {}, from d_{}, {}", identity.plan, identity.from.value(),
                     FormatDate(EventDateOf(identity, identity.from)));
}

/// "1,234,567 rows, 1.23 M rows/s" while it goes on.
std::function<void(const TableCounts&)> ProgressOf(Context& context) {
  if (!context.console.is_terminal() || context.console.quiet()) return {};
  const auto begin = context.clock.Monotonic();
  return [&context, begin](const TableCounts& kept) {
    const double seconds = static_cast<double>((context.clock.Monotonic() - begin).count()) / 1e9;
    context.console.Progress(
        fmt::format("{} rows of sales, {:.2f} M rows/s", WithThousands(kept.sales),
                    static_cast<double>(kept.sales) / std::max(seconds, 1e-9) / 1e6));
  };
}

Result<std::unique_ptr<TableSink>> OpenSink(Context& context, const SinkOptions& options,
                                            TableStream stream) {
  if (options.kind == SinkKind::kDuckdb) {
    DuckdbSinkOptions sink;
    sink.library = FindDuckdbLibrary(context.files, options.duckdb_library);
    sink.path = options.target;
    sink.threads = ThreadCount(context);
    sink.stream = std::move(stream);
    sink.on_kept = ProgressOf(context);
    return DuckdbSink::Open(sink);
  }
  if (options.kind == SinkKind::kParquet) {
    ParquetSinkOptions sink;
    sink.folder = options.target;
    sink.holder = context.holder;
    sink.stream = std::move(stream);
    sink.on_kept = ProgressOf(context);
    return ParquetSink::Open(context.files, sink);
  }
  PostgresSinkOptions sink;
  sink.address = options.target;
  sink.stream = std::move(stream);
  sink.owner = context.holder;
  sink.on_kept = ProgressOf(context);
  return OpenPostgresSink(context.clock, std::move(sink));
}

}  // namespace

Status AddTotals(Context& context, OpenedLog& opened, const std::optional<NamedRun>& run,
                 const SinkOptions& sink, ConsumeOptions* options) {
  if (run && run->topic != options->topic) {
    return MakeError(ErrorCode::kUsage,
                     "--sink: tables are filled from topic {} as a whole; write -t {}",
                     Quote(run->topic), run->topic);
  }
  const std::string totals = TotalsTopic(options->topic);
  TILLSTREAM_ASSIGN(const std::vector<TopicInfo> topics, opened.log->ListTopics());
  const bool has_totals = std::any_of(topics.begin(), topics.end(),
                                      [&](const TopicInfo& topic) { return topic.name == totals; });
  if (!has_totals && sink.kind == SinkKind::kParquet) {
    return MakeError(ErrorCode::kNotFound,
                     "{}: no topic {}, and --sink parquet closes days by end-of-day totals",
                     opened.log->Describe(), Quote(totals));
  }
  if (!has_totals) {
    context.console.Warning(fmt::format("no topic {}: store_days stays empty", Quote(totals)));
    return Ok();
  }
  if (options->topics.empty()) options->topics.push_back(options->topic);
  options->topics.push_back(totals);
  return Ok();
}

Result<std::unique_ptr<TableSink>> OpenTableSink(Context& context, const SinkOptions& options,
                                                 const std::string& topic,
                                                 const std::optional<NamedRun>& run) {
  TILLSTREAM_ASSIGN(auto opened, OpenSink(context, options, {topic, DescribeRun(run)}));
  context.console.Info(fmt::format("filling sales and store_days of {}", opened->Describe()));
  return opened;
}

Status ReportTables(Context& context, const TableSink& sink, double seconds) {
  const TableCounts& kept = sink.kept();
  const double rate = static_cast<double>(kept.sales) / std::max(seconds, 1e-9);
  if (kept.other > 0) {
    context.console.Warning(fmt::format("{} records are neither sales nor totals and have no table",
                                        WithThousands(kept.other)));
  }
  for (const std::string& line : sink.Remarks()) context.console.Warning(line);
  if (context.common.json) {
    const Json json = {{"sales", kept.sales},
                       {"store_days", kept.store_days},
                       {"other", kept.other},
                       {"seconds", seconds}};
    TILLSTREAM_TRY(context.out.Write(DumpJson(json) + "\n"));
    return context.out.Flush();
  }
  context.console.Info(
      fmt::format("{}: {} rows of sales and {} of store_days in {:.2f} s: {:.2f} "
                  "M rows/s",
                  sink.Describe(), WithThousands(kept.sales), WithThousands(kept.store_days),
                  seconds, rate / 1e6));
  return Ok();
}

}  // namespace tillstream
