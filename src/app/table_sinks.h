#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command.h"
#include "app/opened_log.h"
#include "app/sink_options.h"
#include "consume/consumer.h"
#include "consume/table_sink.h"

namespace tillstream {

/// The topics whose records fill the tables: those of the events in `options`, and that of the
/// end-of-day totals. kUsage for `topic` when it is not the one that names the run. Where there are
/// no totals, says so, and reads on without; kNotFound for a sink that cannot.
Status AddTotals(Context& context, OpenedLog& opened, const std::optional<NamedRun>& run,
                 const SinkOptions& sink, ConsumeOptions* options);

/// The tables of completed options, for the stream of `topic`. Says what it fills, and on a
/// terminal how far it is.
Result<std::unique_ptr<TableSink>> OpenTableSink(Context& context, const SinkOptions& options,
                                                 const std::string& topic,
                                                 const std::optional<NamedRun>& run);

/// What was filled within `seconds`: in a line, or with --json on stdout.
Status ReportTables(Context& context, const TableSink& sink, double seconds);

}  // namespace tillstream
