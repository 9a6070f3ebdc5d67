"""`consume --totals` on the embedded log: what is printed, what is published, and that it is
published once however often it is killed."""

import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import subprocess
import sys
import time

import pytest

import totals_oracle

sys.path.append(str(pathlib.Path(__file__).parent / "crash"))
import lib  # noqa: E402  how the crash tests kill and compare

STORES, ITEMS, DAYS = 3, 25, 75
WEEKLY = ("--totals", "store,category", "--by", "week")
M5_SECONDS = 300
MEMORY_MIB_MAX = 256


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    return lib.synth(tillstream, tmp_path_factory.mktemp("data"), STORES, ITEMS, DAYS, seed=3)


@pytest.fixture(scope="module")
def log(tillstream, data, tmp_path_factory):
    """A whole run, only to be read."""
    folder = tmp_path_factory.mktemp("log") / "log"
    tillstream.check(*lib.replay(data, folder, "-q"))
    return folder


def totals(tillstream, log, *options):
    """The lines of JSON, and what was said."""
    done = tillstream.check("consume", "--log", log, "-e", *options)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def published(tillstream, log, topic="weekly"):
    done = tillstream.check("consume", "-q", "--log", log, "-t", topic, "-e")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("dimensions, by", [
    ("store,category", "week"), ("state,department", "month"), ("item,state", "week"),
    ("store", "day"), ("category,item", "day"), ("department", "week")])
def test_totals_are_those_of_the_files(tillstream, data, log, dimensions, by):
    found, said = totals(tillstream, log, "--totals", dimensions, "--by", by)
    totals_oracle.assert_same(
        found, totals_oracle.totals(data, dimensions.split(","), by, DAYS))
    assert f"{STORES * ITEMS * DAYS:,} events" in said
    assert "warning" not in said


@pytest.mark.parametrize("plan", ["size", "topic"])
def test_another_partition_plan_has_the_same_totals(tillstream, data, log, tmp_path, plan):
    other = tmp_path / "log"
    tillstream.check(*lib.replay(data, other, "-q", "--plan", plan))
    assert totals(tillstream, other, *WEEKLY)[0] == totals(tillstream, log, *WEEKLY)[0]
    one = [line for line in totals(tillstream, log, *WEEKLY)[0] if line["store_id"] == "TX_1"]
    assert one
    assert totals(tillstream, other, *WEEKLY, "--store", "TX_1")[0] == one


def test_a_date_to_begin_at_and_top(tillstream, data, log):
    whole, _ = totals(tillstream, log, "--totals", "state", "--top", 1)
    found, _ = totals(tillstream, log, "--totals", "state", "--top", 1, "-o", "d@2011-03-01")
    expected = [line for line in whole if line["begin"] >= "2011-03-01"]
    for line in expected:
        if line["begin"] == "2011-03-01":  # It has no day before it.
            line |= {"units_before": None, "price_index": None, "movers": []}
    assert found == expected
    assert max(len(line["movers"]) for line in found) == 1


def test_periods_are_closed_while_a_replay_writes(tillstream, data, tmp_path):
    log = tmp_path / "log"
    tillstream.check(*lib.replay(data, log, "-q", "--to", "d_15"))
    first, said = totals(tillstream, log, *WEEKLY)
    assert {line["begin"] for line in first} == {"2011-01-29", "2011-02-05"}
    assert re.search(r"open: week 2011-02-12 to 2011-02-18: 0 of 7 days closed, waits for", said)
    command = [tillstream.path, "consume", "--log", log, *WEEKLY]
    with lib.child(command, stdout=subprocess.PIPE) as follower:
        # What is there comes at once; the rest while it is written.
        lines = [follower.process.stdout.readline() for _ in first]
        tillstream.check(*lib.replay(data, log, "-q", "--speed", "40d/s"))
        expected = totals_oracle.totals(data, ["store", "category"], "week", DAYS)
        lines += [follower.process.stdout.readline() for _ in expected[len(first):]]
        follower.send(15)
        assert follower.wait() == 143
    totals_oracle.assert_same([json.loads(line) for line in lines], expected)


def test_what_is_published_is_what_is_printed(tillstream, data, log, tmp_path):
    lib.clear(tmp_path / "log")
    other = tmp_path / "log"
    tillstream.check(*lib.replay(data, other, "-q"))
    printed, said = totals(tillstream, other, *WEEKLY, "--totals-topic", "weekly")
    records = published(tillstream, other)
    assert f"published {len(records)} records, 0 were there" in said
    assert len(records) == len(printed)
    for record, line in zip(records, printed):
        assert (record["store_id"], record["cat_id"]) == (line["store_id"], line["cat_id"])
        assert record["state_id"] is record["dept_id"] is record["item_id"] is None
        for name in ("units", "units_before", "revenue_cents", "zero_events", "price_index",
                     "movers", "complete", "days", "period"):
            assert record[name] == line[name], name
    again, said = totals(tillstream, other, *WEEKLY, "--totals-topic", "weekly")
    assert again == []
    assert f"published 0 records, {len(records)} were there" in said
    assert published(tillstream, other) == records
    for options in (("--totals", "store", "--by", "week"), ("--totals", "store,category"),
                    (*WEEKLY, "--top", 1), (*WEEKLY, "--store", "CA_1")):
        refused = tillstream.check("consume", "--log", other, "-e", *options, "--totals-topic",
                                   "weekly", code=7)
        assert re.search(r'^error: topic "weekly": has totals by store, category a week of topic '
                         r'sales, top 3, needed totals by .*; use the options that it began with, '
                         r'or another topic$', refused.stderr, re.M), refused.stderr
    listed = tillstream.check("schema", "list", "--log", other).stdout
    assert "weekly-value" in listed


def make_oracle(tillstream, data, folder):
    """The log with its published totals, and the command that publishes them."""
    tillstream.check(*lib.replay(data, folder, "-q"))
    command = ["consume", "--log", folder, "-e", "-q", *WEEKLY, "--totals-topic", "weekly"]
    tillstream.check(*command)
    return lib.content(folder), command


def without_totals(tillstream, data, folder):
    lib.clear(folder)
    tillstream.check(*lib.replay(data, folder, "-q"))


def test_killed_at_any_system_call_totals_are_published_once(tillstream, data, tmp_path, full,
                                                             count):
    lib.need_strace()
    log = tmp_path / "log"
    oracle, command = make_oracle(tillstream, data, log)
    words = [tillstream.path, *command]
    without_totals(tillstream, data, log)
    points = lib.points(words)
    chosen = points if full else lib.spread(points, 12)
    for call, k in chosen:
        without_totals(tillstream, data, log)
        lib.kill_at(words, call, k)
        lib.resume(tillstream, command, log, oracle, f"killed at {call} {k}")
    count(f"totals: kill -9 at {len(chosen)} of {len(points)} system calls, published once, "
          "byte-identical")


def test_killed_at_random_beside_a_replay_totals_are_published_once(tillstream, data, tmp_path,
                                                                    full, count):
    seed = int(os.environ.get("TILLSTREAM_SEED", random.SystemRandom().randrange(10**6)))
    print(f"TILLSTREAM_SEED={seed}")
    chance = random.Random(seed)
    log, kills, wanted = tmp_path / "log", 0, 30 if full else 4
    oracle, command = make_oracle(tillstream, data, log)
    follow = [tillstream.path, *(word for word in command if word != "-e")]
    while kills < wanted:
        lib.clear(log)
        # Both write `_schemas`: the replay's come first, as in the oracle.
        tillstream.check(*lib.replay(data, log, "-q", "--to", "d_2"))
        replay = [tillstream.path, *lib.replay(data, log, "-q", "--speed", "100d/s")]
        with lib.child(replay) as writer:
            while writer.process.poll() is None:
                with lib.child(follow) as reader:
                    reader.wait_for_end(chance.uniform(0.02, 0.25))
                    kills += reader.kill() == -9
            assert writer.wait() == 0, writer.stderr
        lib.resume(tillstream, command, log, oracle, f"seed {seed}")
    count(f"totals: kill -9 at {kills} random moments beside a replay, published once, "
          f"byte-identical (seed {seed})")


def test_a_terminal_has_a_table_that_is_drawn_again(tillstream, data, tmp_path):
    log = tmp_path / "log"
    tillstream.check(*lib.replay(data, log, "-q", "--to", "d_15"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([tillstream.path, "consume", "--log", log, *WEEKLY], stdout=theirs,
                               stderr=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""

    def wait_for(text, seconds=30):
        nonlocal seen
        deadline = time.monotonic() + seconds
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([ours], [], [], 1)[0]:
                seen += os.read(ours, 65536)

    try:
        wait_for(b"week 2011-02-12 to 2011-02-18: 0 of 7 days closed, waits for store CA_1")
        assert b"week 2011-02-05 to 2011-02-11" in seen
        seen = b""
        tillstream.check(*lib.replay(data, log, "-q", "--to", "d_24"))
        wait_for(b"week 2011-02-12 to 2011-02-18")
        wait_for(b"week 2011-02-19 to 2011-02-25: 2 of 7 days closed")
        assert b"\x1b[" in seen  # What was there is taken away first.
        seen = b""
        process.send_signal(2)
        wait_for(b"week 2011-02-12 to 2011-02-18")
        assert process.wait(30) == 130
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)


def test_what_totals_cannot_be_is_a_usage_error(tillstream, log):
    for options, message in (
            (("--totals", "stores"), '--totals: "stores" is not known; write one or two of state, '
                                     'store, category, department, item'),
            (("--totals", "store,store"), "--totals: store is there twice"),
            (("--totals", "store,item,state"), "--totals: found 3 of them, needed one or two"),
            (("--totals", "store", "--by", "year"),
             '--by: "year" is not a period; write day, week or month'),
            (("--by", "week"), "--by: is of totals; give --totals too"),
            (("--totals-topic", "x"), "--totals-topic: is of totals; give --totals too"),
            (("--totals", "store", "--totals-topic", "sales-days"),
             '--totals-topic: topic "sales-days" is of the run of topic "sales"; use one of its own'),
            (("--totals", "store", "--totals-topic", "_schemas"),
             '--totals-topic: topic "_schemas" is the registry\'s; use one of its own'),
            (("--totals", "store", "-g", "report"),
             "-g: has no meaning with --totals, which adds up the whole stream; leave one out"),
            (("--totals", "store", "-o", "17"), "-o: totals begin at a date; write d@2011-01-29"),
            (("--totals", "store", "-o", "d@2011-02-01", "--totals-topic", "x"),
             "-o: what --totals-topic publishes begins with the stream; leave one out"),
            (("--totals", "store", "--store", "CA1"), '--store: "CA1" is not in the run')):
        done = tillstream.check("consume", "--log", log, "-e", *options, code=2)
        assert done.stderr == f"error: {message}\n"
        assert done.stdout == ""
    missing = tillstream.check("consume", "--log", log, "-e", "--totals", "store", "-t", "x",
                               code=1)
    assert 'no run of topic "x"' in missing.stderr


def test_the_real_data_takes_little_memory(tillstream, m5_dir, tmp_path, full, count):
    if not full:
        pytest.skip("make test-full replays the real data")
    log = tmp_path / "log"
    tillstream.check(*lib.replay(m5_dir, log, "-q"), timeout=M5_SECONDS)
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen([tillstream.path, "consume", "--log", log, "-e", "-q",
                                    "--totals", "store,category"], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert isinstance(usage, resource.struct_rusage)
    assert usage.ru_maxrss <= MEMORY_MIB_MAX * 1024
    lines = (tmp_path / "out").read_text().splitlines()
    # 10 stores and 3 categories over 1,941 days.
    assert len(lines) == 10 * 3 * 1941
    assert sum(json.loads(line)["events"] for line in lines) == 59_181_090
    count(f"totals of the real data: 59,181,090 events, {usage.ru_maxrss / 1024:.0f} MiB")
