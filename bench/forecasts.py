"""Forecasts from the stream: following it, publishing weekly over all of it and daily at its end."""

import re
import shutil

from measure import Failed, run, spread
from table import Row

MEMORY_MIB_MAX = 512
DAILY_DAYS = 56


def forecast(bench, log, *options, memory_as):
    ran = bench.tillstream("forecast", "-q", "--json", "-e", "--data", bench.data, "--log", log,
                           *options, memory_as=memory_as)
    return ran, ran.json()


def replay(bench, log, *options):
    bench.tillstream("replay", "-q", "--data", bench.data, "--log", log, *options)


def without_forecasts(log):
    """The log as it was before anything was forecast."""
    for path in [*log.glob("sales-forecasts-*"), *log.glob("sales-scores-*"), log / ".forecast"]:
        shutil.rmtree(path, ignore_errors=True)


def cost(ran, peak=True):
    text = f"{ran.cpu:.1f} s"
    return text + (f"; {ran.peak_kib / 1024:.0f} MiB" if peak else "")


def follow(bench, report, log):
    runs = []
    for _ in range(bench.pairs):
        without_forecasts(log)
        ran, said = forecast(bench, log, "--no-publish", memory_as="forecast --no-publish")
        if said["events"] != bench.events or said["day"] != bench.days:
            raise Failed(f"forecast --no-publish: {said}")
        runs.append(ran)
    rate = spread(bench.events / ran.wall / 1e6 for ran in runs)
    report.rows.append(Row(
        "forecast: follow the whole log, without publishing", ">= 3 M events/s, <= 512 MiB",
        f"{rate.text(1)} M events/s", cpu=cost(runs[-1]),
        met=rate.median >= 3 and runs[-1].peak_kib / 1024 <= MEMORY_MIB_MAX))


def weekly(bench, report, log):
    without_forecasts(log)
    bench.settle(log / "sales-forecasts-0")
    ran, said = forecast(bench, log, "--every", "week", memory_as="forecast --every week")
    rate = bench.events / ran.wall / 1e6
    report.rows.append(Row(
        "forecast: the whole log with weekly publishing, durable", ">= 1 M events/s, <= 512 MiB",
        f"{rate:.2f} M events/s; {said['origins']} forecasts, {said['forecasts'] / 1e6:.1f} M records",
        cpu=cost(ran), met=rate >= 1 and ran.peak_kib / 1024 <= MEMORY_MIB_MAX))


def daily(bench, report):
    log = bench.work / "log-daily"
    days = min(DAILY_DAYS, bench.days // 3)
    replay(bench, log, "--to", f"d_{bench.days - days + 1}")
    forecast(bench, log, "--every", "week", memory_as="forecast --every week")
    replay(bench, log)
    ran, said = forecast(bench, log, "--every", "day", memory_as="forecast --every day")
    if said["origins"] != days:
        raise Failed(f"forecast --every day: {said}, needed {days} origins")
    each = ran.wall / days * 1e3
    report.rows.append(Row(
        f"forecast: daily publishing over the last {days} days, start and end of the program included",
        "<= 250 ms a day, <= 512 MiB", f"{each:.0f} ms a day", cpu=cost(ran),
        met=each <= 250 and ran.peak_kib / 1024 <= MEMORY_MIB_MAX))


def compute(bench, report):
    threads = 2
    text = run([bench.programs / "forecast_speed", f"--data={bench.data}", f"--threads={threads}"]).out
    for line in text.splitlines():
        report.parts.append((f"forecast_speed, {threads} threads: {line.split(':')[0]}",
                             line.split(":", 1)[1].strip()))
    if not re.search(r"s CPU", text):
        raise Failed(f"forecast_speed: {text}")


def forecasts(bench, report):
    log = bench.full_log("zstd")
    follow(bench, report, log)
    weekly(bench, report, log)
    daily(bench, report)
    compute(bench, report)
