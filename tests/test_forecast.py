"""`tillstream forecast` as a user has it, on the embedded log: what it publishes, that each forecast is
there once whatever happens to the process, and what it refuses."""

import contextlib
import json
import random
import shutil
import signal
import subprocess
import time

import pytest

STORES, ITEMS, DAYS = 3, 30, 260
FIRST_ORIGIN = 28  # kDaysBeforeFirst
WAIT_SECONDS = 60


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", folder, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    return folder


@pytest.fixture(scope="module")
def sales(tillstream, data, tmp_path_factory):
    """A log with the sales alone; to be copied."""
    folder = tmp_path_factory.mktemp("sales") / "log"
    tillstream.check("replay", "--data", data, "--log", folder, "-q")
    return folder


@pytest.fixture(scope="module")
def uninterrupted(tillstream, data, sales, tmp_path_factory):
    """The same with all forecasts of a run that nothing disturbed, one a day."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "log"
    shutil.copytree(sales, folder)
    forecast(tillstream, data, folder)
    return folder


@pytest.fixture(scope="module")
def weekly(tillstream, data, sales, tmp_path_factory):
    """The same with one a week."""
    folder = tmp_path_factory.mktemp("weekly") / "log"
    shutil.copytree(sales, folder)
    forecast(tillstream, data, folder, every="week")
    return folder


def forecast(tillstream, data, log, *options, every="day", code=0):
    return tillstream.check("forecast", "--data", data, "--log", log, "-e", "--every", every,
                            *options, code=code)


def records(tillstream, log, topic, *options):
    done = tillstream.check("consume", "--log", log, "-t", topic, "-e", "--format", "json", *options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def published(log):
    """Every file of what was published, byte for byte."""
    return {str(path.relative_to(log)): path.read_bytes()
            for name in ("sales-forecasts-*", "sales-scores-*", "_schemas-*")
            for folder in log.glob(name) for path in folder.iterdir()}


def assert_same(log, expected, context):
    found, wanted = published(log), published(expected)
    assert sorted(found) == sorted(wanted), context
    assert [name for name in wanted if found[name] != wanted[name]] == [], context


def test_every_series_and_sum_has_a_forecast_with_quantiles(tillstream, weekly):
    found = records(tillstream, weekly, "sales-forecasts")
    origin = max(record["origin_day"] for record in found)
    last = [record for record in found if record["origin_day"] == origin]
    assert len(last) == len({(record["level"], record["node"]) for record in last})
    series = [record for record in last if record["level"] == 12]
    assert len(series) == STORES * ITEMS
    for record in last:
        quantiles = [record[name] for name in ("q005", "q025", "q165", "q250", "q500", "q750",
                                               "q835", "q975", "q995")]
        assert len(record["mean"]) == 28 and min(record["mean"]) >= 0
        assert all(list(day) == sorted(day) for day in zip(*quantiles))
        assert record["model"] == "pooled" and record["incomplete_days"] == 0
    total = next(record for record in last if record["level"] == 1)
    for day in range(28):
        assert total["mean"][day] == pytest.approx(sum(r["mean"][day] for r in series), rel=1e-4)


def test_a_stores_forecasts_are_in_its_partition_and_the_sums_in_the_first(tillstream, weekly):
    sums = records(tillstream, weekly, "sales-forecasts", "-p", 0)
    assert {record["level"] for record in sums} == {1, 2, 4, 5, 6, 7}
    for partition in range(1, STORES + 1):
        of_store = records(tillstream, weekly, "sales-forecasts", "-p", partition)
        assert len({record["store_id"] for record in of_store}) == 1
        assert {record["level"] for record in of_store} == {3, 8, 9, 12}


def test_scores_are_those_of_evaluate(tillstream, data, uninterrupted):
    origin = DAYS - 28
    scores = {record["level"]: record for record in records(tillstream, uninterrupted, "sales-scores")
              if record["origin_day"] == origin}
    done = tillstream.check("evaluate", "--data", data, "--json", "--models", "pooled", "--origins",
                            origin)
    levels = json.loads(done.stdout)["models"][0]["origins"][0]["levels"]
    assert len(scores) == len(levels) == 12
    for number, level in enumerate(levels, start=1):
        assert scores[number]["wrmsse"] == pytest.approx(level["wrmsse"], rel=1e-9)
        assert scores[number]["bias"] == pytest.approx(level["bias"], rel=1e-9, abs=1e-12)


def test_weekly_origins_are_sundays(tillstream, data, weekly, tmp_path):
    shutil.copytree(weekly, tmp_path / "log")
    origins = sorted({record["origin_day"] for record in
                      records(tillstream, tmp_path / "log", "sales-forecasts", "-p", 0)})
    assert FIRST_ORIGIN <= origins[0] < FIRST_ORIGIN + 7
    assert {later - earlier for earlier, later in zip(origins, origins[1:])} == {7}
    # Automatic: the last day too, whatever it is.
    forecast(tillstream, data, tmp_path / "log", every="auto")
    found = {record["origin_day"] for record in
             records(tillstream, tmp_path / "log", "sales-forecasts", "-p", 0)}
    assert found == {*origins, DAYS}


@pytest.mark.parametrize("plan", [("size",), ("topic", "--store-partitions", "3")])
def test_the_partition_plan_changes_nothing(tillstream, data, weekly, tmp_path, plan):
    log = tmp_path / "log"
    tillstream.check("replay", "--data", data, "--log", log, "--plan", *plan, "-q")
    forecast(tillstream, data, log, every="week")
    for topic in ("sales-forecasts", "sales-scores"):
        found, expected = (records(tillstream, where, topic) for where in (log, weekly))
        assert found == expected


def test_nothing_is_published_twice(tillstream, data, uninterrupted, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "log")
    done = forecast(tillstream, data, tmp_path / "log")
    assert "published 0 forecasts" in done.stderr
    assert_same(tmp_path / "log", uninterrupted, "again")
    shutil.rmtree(tmp_path / "log" / ".forecast")
    forecast(tillstream, data, tmp_path / "log")
    assert_same(tmp_path / "log", uninterrupted, "without the snapshot")


def test_a_damaged_snapshot_is_said_and_not_used(tillstream, data, uninterrupted, tmp_path):
    shutil.copytree(uninterrupted, tmp_path / "log")
    snapshot = tmp_path / "log" / ".forecast" / "sales.snapshot"
    bytes_ = bytearray(snapshot.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    snapshot.write_bytes(bytes_)
    done = forecast(tillstream, data, tmp_path / "log")
    assert (f"warning: {snapshot}: the checksum does not fit; follows the stream from its beginning, "
            "to the same result\n") in done.stderr
    assert_same(tmp_path / "log", uninterrupted, "damaged snapshot")


def test_killed_at_any_time_every_forecast_is_there_once(tillstream, data, sales, uninterrupted, full,
                                                         count, tmp_path):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    wanted, kills, number = (50 if full else 8), 0, 0
    while kills < wanted:
        log = tmp_path / f"log-{number}"
        number += 1
        shutil.copytree(sales, log)
        code = None
        while code != 0:
            process = subprocess.Popen(
                [tillstream.path, "forecast", "--data", data, "--log", log, "-e", "--every", "day",
                 "--snapshot-every", chance.choice(["0", "15"]), "-q"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if kills < wanted:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0.02, 0.6))
                if process.poll() is None:
                    process.kill()
                    kills += 1
            _, err = process.communicate(timeout=WAIT_SECONDS)
            code = process.returncode
            assert code in (0, -signal.SIGKILL), f"seed {seed}: {code} {err.decode()}"
        assert_same(log, uninterrupted, f"seed {seed}, {log.name}")
        shutil.rmtree(log)
    count(f"forecast: {kills} random kills in {number} streams, forecasts and scores byte-identical "
          f"(seed {seed})")


def test_follows_a_stream_as_it_comes_and_ends_on_ctrl_c(tillstream, data, tmp_path):
    log = tmp_path / "log"
    tillstream.check("replay", "--data", data, "--log", log, "--to", "d_100", "-q")
    process = subprocess.Popen(
        [tillstream.path, "forecast", "--data", data, "--log", log, "--every", "day"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        tillstream.check("replay", "--data", data, "--log", log, "--to", "d_120", "--speed", "50d/s",
                         "-q")
        end = time.monotonic() + WAIT_SECONDS
        while True:
            assert time.monotonic() < end, "the last day was never forecast from"
            done = tillstream.run("consume", "--log", log, "-t", "sales-forecasts", "-p", 0, "-e",
                                  "--format", "json", "-o", "-1")
            if done.stdout and json.loads(done.stdout.splitlines()[-1])["origin_day"] == 119:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert "stands at d_119" in err


def test_what_was_published_and_is_gone_is_published_again(tillstream, data, uninterrupted, tmp_path):
    log = tmp_path / "log"
    shutil.copytree(uninterrupted, log)
    for folder in [*log.glob("sales-forecasts-*"), *log.glob("sales-scores-*")]:
        shutil.rmtree(folder)
    done = forecast(tillstream, data, log)
    assert "forecasts were published before it, 0 are there; follows" in done.stderr
    assert_same(log, uninterrupted, "the topics were removed")
    # A state that was kept without publishing is not gone on from.
    forecast(tillstream, data, log, "--no-publish")
    forecast(tillstream, data, log)
    assert_same(log, uninterrupted, "after --no-publish")


def test_a_second_one_is_refused(tillstream, data, sales, tmp_path):
    log = tmp_path / "log"
    shutil.copytree(sales, log)
    process = subprocess.Popen(
        [tillstream.path, "forecast", "--data", data, "--log", log, "--every", "week"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + WAIT_SECONDS
        while not list(log.glob("sales-forecasts-0/*.log")):
            assert time.monotonic() < end
            time.sleep(0.02)
        done = forecast(tillstream, data, log, code=7)
        assert f"process {process.pid}" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_what_it_cannot_do_is_one_line(tillstream, data, sales, tmp_path):
    def error(*options, code):
        return tillstream.check("forecast", *options, code=code).stderr.splitlines()[-1]

    assert error("--data", data, "--log", sales, "--every", "month", code=2) == (
        'error: --every: "month" is not known; write day, week or auto')
    assert error("--data", tmp_path, "--log", sales, code=3).startswith(
        "error: calendar.csv: expected this file or calendar.csv.gz, found neither")
    assert error("--data", data, "--log", tmp_path / "none", code=1).startswith("error: ")
    # The calendar of another dataset.
    lines = (data / "calendar.csv").read_text().splitlines(keepends=True)
    other = tmp_path / "other"
    other.mkdir()
    moved = [lines[0], *(line.replace("2011-", "2012-") for line in lines[1:2])]
    (other / "calendar.csv").write_text("".join(moved))
    assert "d_1 of the calendar is 2012-01-29, that of the run 2011-01-29" in error(
        "--data", other, "--log", sales, code=3)
