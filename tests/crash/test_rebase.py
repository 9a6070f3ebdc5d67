"""--rebase-to on the embedded log: what it moves, what it leaves, what it refuses, and that a run
that was killed is byte-identical to one that was not."""

import collections
import csv
import datetime
import json
import shutil

import pytest

import lib
from test_identity import assert_refused, shorter

STORES, ITEMS, DAYS = 2, 5, 60
TO = "2026-11-27"
KEEPS = "--rebase-to today keeps the run's dates, or use another --log or --topic"

# d_60 of the synthetic calendar, and the latest day with its weekday before TO.
LAST = datetime.date(2011, 1, 29) + datetime.timedelta(DAYS - 1)
WEEKS = (datetime.date.fromisoformat(TO) - datetime.timedelta(1) - LAST).days // 7
SHIFT = datetime.timedelta(weeks=WEEKS)
LATER = f"{TO} ({WEEKS} weeks later)"


def rebased(data, log, *options, to=TO):
    return lib.replay(data, log, *lib.SMALL_SEGMENTS, "--rebase-to", to, *options)


def events(tillstream, log, *options):
    done = tillstream.check("consume", "--log", log, "-e", "--format", "json", *options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def kcat(tillstream, log, *options):
    done = tillstream.check("consume", "--log", log, "-e", "--format", "kcat", *options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def date_of(milliseconds):
    moment = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    assert moment.time() == datetime.time()
    return moment.date()


@pytest.fixture
def plain(tillstream, small, work):
    """A run with the dataset's own dates."""
    log = work / "plain"
    tillstream.check(*lib.replay(small, log, *lib.SMALL_SEGMENTS))
    return log


@pytest.fixture
def moved(tillstream, small, work):
    log = work / "moved"
    done = tillstream.check(*rebased(small, log))
    assert f"dates: before {LATER}\n" in done.stderr
    return log


def test_times_move_by_whole_weeks_and_nothing_else_does(tillstream, plain, moved, small, count):
    with open(small / "calendar.csv", newline="", encoding="utf-8") as file:
        calendar = {int(row["d"][2:]): row for row in csv.DictReader(file)}
    before, after = kcat(tillstream, plain), kcat(tillstream, moved)
    assert len(before) == len(after) == STORES * ITEMS * DAYS
    for old, new in zip(before, after):
        assert date_of(new.pop("ts")) - date_of(old.pop("ts")) == SHIFT
        assert new == old  # Day number, units and price among it.
    for new in kcat(tillstream, moved):
        day = calendar[new["payload"]["day"]]
        assert date_of(new["ts"]).strftime("%A") == day["weekday"]
    totals = collections.Counter()
    for old, new in zip(events(tillstream, plain, "-t", "sales-days"),
                        events(tillstream, moved, "-t", "sales-days")):
        date = datetime.date.fromisoformat(new.pop("date"))
        assert date - datetime.date.fromisoformat(old.pop("date")) == SHIFT
        assert date.strftime("%A") == calendar[new["day"]]["weekday"]
        assert new == old
        totals[date] += 1
    assert len(totals) == DAYS and set(totals.values()) == {STORES}
    assert max(totals) < datetime.date.fromisoformat(TO) <= max(totals) + datetime.timedelta(7)
    count(f"rebase: {len(after)} events and {sum(totals.values())} totals {WEEKS} weeks later on "
          "their own weekdays, nothing else changed")


def test_readers_find_the_moved_dates(tillstream, moved, small):
    day = 31
    date = datetime.date(2011, 1, 29) + datetime.timedelta(day - 1) + SHIFT
    found = events(tillstream, moved, "-p", "0", "-o", f"d@{date}", "-c", "1")
    assert found[0]["day"] == day
    shown = json.loads(tillstream.check("position", "show", "--log", moved, "--json").stdout)
    assert [row["date"] for row in shown] == [str(LAST + SHIFT + datetime.timedelta(1))] * STORES
    done = tillstream.check("doctor", "--log", moved)
    assert f"{STORES} stores from {datetime.date(2011, 1, 29) + SHIFT} on" in done.stdout
    # --from and --to are the dataset's dates.
    part = json.loads(tillstream.check("verify", "--data", small, "--log", moved, "--json",
                                       "--from", "2011-02-28", "--to", "2011-03-02").stdout)
    assert [row["events_equal"] for row in part] == [2 * ITEMS] * STORES


def test_verify_is_clean_and_finds_a_fault(tillstream, moved, small, work):
    tillstream.check("verify", "--data", small, "--log", moved, "--complete")
    damaged = work / "damaged"
    shutil.copytree(small, damaged)
    path = next(damaged.glob("sales_train_*.csv"))
    lines = path.read_text(encoding="utf-8").splitlines()
    row = lines[1].split(",")
    row[-1] = str(int(row[-1]) + 1)
    path.write_text("\n".join([lines[0], ",".join(row), *lines[2:]]) + "\n", encoding="utf-8")
    done = tillstream.check("verify", "--data", damaged, "--log", moved, "--json", code=1)
    assert sum(row["events_different"] for row in json.loads(done.stdout)) == 1
    # An identity that says another shift: every event has another date than is expected then.
    path = moved / "sales.run.json"
    identity = json.loads(path.read_text(encoding="utf-8"))
    identity["rebase_weeks"] += 1
    path.write_text(json.dumps(identity), encoding="utf-8")
    tillstream.check("verify", "--data", small, "--log", moved, code=1)


@pytest.mark.parametrize("codec", lib.CODECS)
def test_killed_at_any_time_it_is_byte_identical(tillstream, small, work, rng, codec, count):
    options = ("--codec", codec, *lib.SYNC_OFTEN)
    oracle = lib.make_oracle(tillstream, small, work / "oracle", *lib.SMALL_SEGMENTS,
                             "--rebase-to", TO, *options)
    log = work / "log"
    kills = 0
    for _ in range(8):
        child = lib.Child([tillstream.path, *rebased(small, log, *options, "--speed", "200d/s",
                                                     "-v")])
        child.wait_for_lines("durable:", rng.randrange(1, 20))
        kills += child.kill() != 0
        lib.assert_no_damage(tillstream, log, "a kill")
    # Whatever day it is, `today` is what the run began with.
    lib.resume(tillstream, rebased(small, log, *options, to="today"), log, oracle, f"{kills} kills")
    assert kills > 0
    count(f"rebase: {kills} kills with {codec}, byte-identical")


def test_repair_writes_the_moved_dates_again(tillstream, moved, small):
    oracle = lib.content(moved)
    for segment in (moved / "sales-1").glob("*.log"), (moved / "_schemas-0").glob("*.log"):
        path = sorted(segment)[0]
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    tillstream.check("verify", "--data", small, "--log", moved, code=4)
    tillstream.check(*rebased(small, moved, "--repair"))
    lib.assert_same(moved, oracle, "a repair")


def test_more_days_keep_the_shift(tillstream, small, work):
    data = shorter(small, work / "shorter")
    for number, again in enumerate((TO, "today")):
        log = work / f"grown-{number}"
        tillstream.check(*rebased(data, log))
        weeks = json.loads((log / "sales.run.json").read_text(encoding="utf-8"))["rebase_weeks"]
        assert weeks > WEEKS
        tillstream.check(*rebased(small, log, to=again))
        tillstream.check("verify", "--data", small, "--log", log, "--complete")
        last = max(event["date"] for event in events(tillstream, log, "-t", "sales-days"))
        assert last == str(LAST + datetime.timedelta(weeks=weeks))


def test_another_shift_is_refused_and_nothing_is_written(tillstream, moved, plain, small):
    assert_refused(tillstream, lib.replay(small, moved, *lib.SMALL_SEGMENTS), moved,
                   rf"error: run: began with --rebase-to {TO} \({WEEKS} weeks later\), found none; "
                   f"{KEEPS}")
    assert_refused(tillstream, rebased(small, moved, to="2026-12-04"), moved,
                   rf"error: run: began with --rebase-to {TO} \({WEEKS} weeks later\), found "
                   rf"2026-12-04 \({WEEKS + 1} weeks later\); {KEEPS}")
    assert_refused(tillstream, rebased(small, plain), plain,
                   rf"error: run: began without --rebase-to, found {TO} \({WEEKS} weeks later\); "
                   "leave it out, or use another --log or --topic")
    assert_refused(tillstream, rebased(small, plain, to="today"), plain,
                   r"error: run: began without --rebase-to, found \d{4}-\d\d-\d\d \(\d+ weeks "
                   r"later\); leave it out, or use another --log or --topic")
    # Another date, the same shift.
    oracle = lib.content(moved)
    tillstream.check(*rebased(small, moved, to=str(LAST + SHIFT + datetime.timedelta(1))))
    lib.assert_same(moved, oracle, "the same shift by another date")


@pytest.mark.parametrize("to, message", (
    ("2d", '"2d" is not a date; write today or 2026-11-27'),
    ("2026-02-29", '"2026-02-29" is not a date; write today or 2026-11-27'),
    ("1969-12-31", "1969-12-31 is outside 1970-01-02 to 2199-12-31"),
    ("9999-01-01", "9999-01-01 is outside 1970-01-02 to 2199-12-31"),
    ("1970-02-01", "1970-02-01 (2148 weeks earlier) puts d_1 at 1969-11-29, needed 1970-01-02 or "
                   "later; use a later date"),
))
def test_a_date_that_cannot_be_is_one_line(tillstream, small, work, to, message):
    done = tillstream.check(*rebased(small, work / "log", to=to), code=2)
    assert done.stderr.splitlines()[-1] == f"error: --rebase-to: {message}"
    assert not (work / "log").exists()


def test_days_to_come_are_no_fault_here(tillstream, small, work):
    log = work / "future"
    tillstream.check(*rebased(small, log, to="2199-12-31"))
    tillstream.check("verify", "--data", small, "--log", log, "--complete")
    assert events(tillstream, log, "-o", "d@2199-12-01", "-c", "1", "-p", "0")[0]["day"] > 1
