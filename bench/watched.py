"""The row of --metrics: what it costs to be watched."""

import contextlib
import os
import re
import subprocess
import threading
import time
import urllib.request

from measure import Failed, Ran, interleaved, ratios, remove, run, spread
from table import Row

SCRAPE_SECONDS = 1
# What pairs of one and the same command differ by on a machine that does nothing else.
COST_MAX = 1.02


def scraped(command):
    """Runs it with --metrics, scrapes it as often as an eager Prometheus would; a Ran as of run()."""
    begin = time.monotonic()
    with subprocess.Popen([*map(str, command), "--metrics", "127.0.0.1:0"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        scrapes, ended = [], threading.Event()

        def scrape(url):
            while True:
                with contextlib.suppress(OSError):
                    scrapes.append(urllib.request.urlopen(url, timeout=10).read())
                if ended.wait(SCRAPE_SECONDS):
                    return

        scraper = None
        for line in process.stderr:
            found = re.search(r"metrics: (http://\S+)$", line)
            if found:
                scraper = threading.Thread(target=scrape, args=(found[1],))
                scraper.start()
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        if scraper is not None:
            scraper.join()
    if process.returncode != 0 or not scrapes:
        raise Failed(f"{command}: exit code {process.returncode}, {len(scrapes)} scrapes")
    return Ran(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_stime,
               usage.ru_maxrss, out)


def watched(bench, report):
    """Processor time with --metrics and a scrape a second, and without, in interleaved pairs."""
    log = bench.full_log("zstd")
    consume = [bench.binary, "consume", "-e", "--sink", "count", "--log", log]
    replay = [bench.binary, "replay", "--json", "--data", bench.data, "--log", bench.log("watched")]

    def written(measure):
        bench.settle(bench.log("watched"))
        return measure(replay)

    for name, pairs, plain, with_metrics in (
            ("consume", bench.pairs, lambda: run(consume), lambda: scraped(consume)),
            ("replay", bench.disk_pairs, lambda: written(run), lambda: written(scraped))):
        alone, beside = interleaved(pairs, plain, with_metrics)
        ratio = ratios([ran.cpu for ran in beside], [ran.cpu for ran in alone])
        report.rows.append(Row(
            f"{name} with --metrics, scraped every second", f"<= {COST_MAX} x the CPU time",
            f"{spread(ran.cpu for ran in beside).text(2)} s",
            f"without: {spread(ran.cpu for ran in alone).text(2)} s",
            f"{ratio.text(3)} x the CPU time", "", ratio.median <= COST_MAX))
    remove(bench.log("watched"))
