"""Seek and rebase on a real broker: the dates of a run, and positions that are moved."""

import datetime
import json
import re

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from conftest import DAYS, ITEMS, STORES
from stream_runs import ended, wait_for_line

EVENTS = STORES * ITEMS * DAYS
SLOWLY = ("--speed", "20d/s", "--commit", "1000000,200ms")
FIRST = datetime.date(2011, 1, 29)
LAST = FIRST + datetime.timedelta(DAYS - 1)
SEGMENTS = {"segment.ms": "9000000000000"}


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def moved_to(to):
    """The date of the last day before `to`."""
    return LAST + datetime.timedelta(weeks=(to - datetime.timedelta(1) - LAST).days // 7)


def error_of(done):
    found = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(found) == 1, done.stderr
    return found[0].removeprefix("error: ")


def kcat(runs, *options):
    done = runs.tillstream.check("consume", *runs.where(), "-e", "--format", "kcat", *options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def set_position(runs, *options, code=0):
    return runs.tillstream.check("position", *map(str, options), "-b", runs.bootstrap, "-t",
                                 runs.topic, code=code)


def moves(runs, *options):
    return json.loads(set_position(runs, *options, "--json").stdout)


def ends(runs, topic):
    consumer = KafkaConsumer(bootstrap_servers=runs.bootstrap)
    found = consumer.end_offsets([TopicPartition(topic, i) for i in range(STORES)])
    consumer.close()
    return found


@pytest.fixture(scope="module")
def admin(bootstrap):
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    yield client
    client.close()


# ---- rebase


def test_a_rebased_run_has_its_dates_everywhere(runs, count):
    runs = runs.on("rebased")
    last = moved_to(today())
    runs.replay("--rebase-to", "today", "--to", "d_100")
    runs.replay("--rebase-to", "today")
    assert runs.assert_complete() == EVENTS
    times = [record["ts"] for record in kcat(runs, "-p", "0")]
    day_ms = 86_400_000
    assert max(times) // day_ms == (last - datetime.date(1970, 1, 1)).days
    assert max(times) - min(times) == (DAYS - 1) * day_ms
    assert kcat(runs, "-p", "0", "-o", f"d@{last}", "-c", "1")[0]["payload"]["day"] == DAYS
    totals = runs.tillstream.check("consume", *runs.on("rebased-days").where(), "-e", "--format",
                                   "json").stdout.splitlines()
    assert max(json.loads(line)["date"] for line in totals) == str(last)
    assert [row["date"] for row in runs.positions()] == [
        str(last + datetime.timedelta(1))] * STORES
    begin = last - datetime.timedelta(DAYS - 1)
    found = runs.tillstream.check("doctor", *runs.where()).stdout
    assert f"{STORES} stores from {begin} on" in found
    count(f"kafka: {EVENTS:,} events rebased to today, found by their dates")


def test_another_shift_is_refused_before_anything_is_written(runs):
    runs = runs.on("rebased-once")
    last = moved_to(today())
    runs.replay("--rebase-to", today(), "--to", "d_5")
    before = ends(runs, runs.topic)
    weeks = (last - LAST).days // 7
    began = rf"run: began with --rebase-to {today()} \({weeks} weeks later\), found "
    keeps = "; --rebase-to today keeps the run's dates, or use another --log or --topic"
    assert re.fullmatch(began + "none" + keeps, error_of(runs.replay(code=7)))
    week_before = today() - datetime.timedelta(7)
    assert re.fullmatch(
        began + rf"{week_before} \({weeks - 1} weeks later\)" + keeps,
        error_of(runs.replay("--rebase-to", week_before, code=7)))
    assert ends(runs, runs.topic) == before


def test_the_future_is_refused_with_the_reason(runs, admin):
    runs = runs.on("future")
    to = today() + datetime.timedelta(22)
    last = moved_to(to)
    ahead = (last - today()).days
    message = error_of(runs.replay("--rebase-to", to, code=2))
    assert re.fullmatch(
        rf"--rebase-to: {to} \(\d+ weeks later\) puts d_{DAYS} at {last}, after today "
        rf"\({today()}\), and brokers refuse events of the future "
        r"\(message\.timestamp\.after\.max\.ms\); use an earlier date, or stop before it with "
        rf"--to d_{DAYS + 1 - ahead}", message)
    assert not {"future", "future-days", "future-positions"} & set(admin.list_topics())
    runs.replay("--rebase-to", to, "--to", f"d_{DAYS + 1 - ahead}")
    assert sum(row["events_equal"] for row in runs.verify()) == EVENTS - ahead * ITEMS * STORES


def test_retention_is_judged_by_the_rebased_dates(runs, admin):
    runs = runs.on("retained")
    days_ms = 86_400_000
    retention_ms = (DAYS + 7) * days_ms
    admin.create_topics([NewTopic(name, STORES, 1, topic_configs={
        **SEGMENTS, "retention.ms": str(retention_ms)}) for name in ("retained", "retained-days")])
    deletes = (f'topic "retained" deletes after {DAYS + 7} d (retention.ms={retention_ms}) but the '
               f"data begins {FIRST}; ")
    remedy = "--rebase-to today, or set retention.ms=-1"
    assert error_of(runs.replay(code=1)).startswith(deletes + remedy + " (1 more")
    where = ("-b", runs.bootstrap, "-t", runs.topic)
    check = ("topic", "check", "--data", runs.data, *where)
    assert runs.tillstream.check(*check, code=1).stdout.splitlines()[0] == deletes + remedy
    created = runs.tillstream.check("topic", "create", "--data", runs.data, "--rebase-to", "today",
                                    "--execute", *where)
    assert "topics made" in created.stderr
    runs.replay("--rebase-to", "today")
    assert runs.assert_complete() == EVENTS, "the remedy is enough"
    runs.tillstream.check("topic", "check", *where)

    # What has begun cannot be moved any more.
    begin = moved_to(today()) - datetime.timedelta(DAYS - 1)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "retained", configs={
        **SEGMENTS, "retention.ms": str(30 * days_ms)})])
    assert runs.tillstream.check("topic", "check", *where, code=1).stdout.splitlines() == [
        f'topic "retained" deletes after 30 d (retention.ms={30 * days_ms}) but the data begins '
        f"{begin}; set retention.ms=-1"]


# ---- positions


def test_back_doubles_events_and_says_so(runs, count):
    runs = runs.on("back")
    runs.replay()
    before = ends(runs, runs.topic)
    planned = moves(runs, "set", "--to", "d_201", "--store", "CA_1")
    doubled = (DAYS - 200) * ITEMS
    assert planned == [{
        "store": "CA_1", "from_day": DAYS + 1, "from_position": DAYS * ITEMS, "to_day": 201,
        "to_position": 200 * ITEMS, "events_doubled": doubled, "events_left_out": 0}]
    assert ends(runs, runs.topic) == before
    dry = set_position(runs, "set", "--to", str(FIRST + datetime.timedelta(200)), "--store", "CA_1")
    assert dry.stderr.splitlines()[1:] == [
        f"warning: {doubled:,} events will be there twice, and verify says so",
        "dry run: 1 stores would be moved, and generators that run be ended with exit code 7; "
        "--execute does it"]
    assert dry.stdout.splitlines()[1].split() == [
        "CA_1", f"d_{DAYS + 1}", str(LAST + datetime.timedelta(1)), f"{DAYS * ITEMS:,}", "d_201",
        str(FIRST + datetime.timedelta(200)), f"{200 * ITEMS:,}", f"{doubled:,}", "doubled"]
    assert [row["position"] for row in runs.positions()] == [DAYS * ITEMS] * STORES

    done = set_position(runs, "set", "--to", "d_201", "--store", "CA_1", "--execute")
    assert done.stderr.endswith("1 stores moved; replay goes on from there\n")
    stands = {row["store"]: row for row in runs.positions()}
    assert (stands["CA_1"]["next_day"], stands["CA_1"]["totals"]) == (201, 200)
    assert stands["TX_1"]["next_day"] == DAYS + 1
    runs.replay()
    assert [row["position"] for row in runs.positions()] == [DAYS * ITEMS] * STORES
    assert runs.consume()[0]["events"] == EVENTS + doubled
    assert runs.on("back-days").consume()[0]["totals"] == STORES * DAYS + DAYS - 200
    found = {row["store"]: row for row in runs.verify(code=1)}
    assert found["CA_1"]["events_repeated"] == doubled, found["CA_1"]
    assert found["TX_1"]["events_repeated"] == 0 and found["TX_1"]["complete"]
    count(f"kafka: a generator moved back wrote {doubled:,} events again, as the dry run said")


def test_forward_leaves_events_out_and_the_run_goes_on(runs, count):
    runs = runs.on("forward")
    runs.replay("--to", "d_11")
    left_out = 20 * ITEMS * STORES
    done = set_position(runs, "set", "--to", "d_31", "--execute")
    assert f"warning: {left_out:,} events will be missing, and verify says so\n" in done.stderr
    assert f"{STORES} stores moved; replay goes on from there" in done.stderr
    assert "nothing to move" in set_position(runs, "set", "--to", "d_31", "--execute").stderr
    # More events were left out than there are offsets: that is no topic that was made again.
    runs.tillstream.check("doctor", *runs.where())
    runs.replay("--to", "d_32")
    runs.replay()
    assert "everything was there already" in runs.replay().stderr
    assert runs.consume()[0]["events"] == EVENTS - left_out
    days = {record["payload"]["day"] for record in kcat(runs, "-p", "1")}
    assert days == {*range(1, 11), *range(31, DAYS + 1)}
    found = runs.verify(code=1)
    assert sum(row["events_missing"] for row in found) == left_out, found
    count(f"kafka: generators moved forward left out {left_out:,} events, as was said")


@pytest.mark.parametrize("plan", ("size", "topic"))
def test_stores_of_other_plans_move_too(runs, plan):
    runs = runs.on(f"plan-{plan}")
    options = ("--plan", plan, "--rebase-to", "today")
    runs.replay(*options, "--to", "d_6")
    stands = set_position(runs, "set", "--to", "d_3", "--store", "CA_1", "--execute")
    assert f"{3 * ITEMS:,} events will be there twice" in stands.stderr
    set_position(runs, "set", "--to", "d_16", "--store", "TX_1", "--execute")
    runs.tillstream.check("doctor", *runs.where())
    runs.replay(*options, "--to", "d_17")
    runs.replay(*options, "--to", "d_18")
    assert [row["position"] for row in runs.positions()] == [17 * ITEMS] * STORES


def test_reset_goes_back_to_the_begin_of_the_run(runs):
    runs = runs.on("reset")
    runs.replay("--from", "d_101", "--to", "d_111")
    assert error_of(runs.replay("--from", "d_150", code=7)) == (
        "run: began with --from d_101, found d_150; leave it out and let tillstream position set "
        "move the run, or use another --topic")
    planned = moves(runs, "reset")
    assert [row["to_day"] for row in planned] == [101] * STORES
    assert [row["to_position"] for row in planned] == [0] * STORES
    set_position(runs, "reset", "--execute")
    assert [row["position"] for row in runs.positions()] == [0] * STORES
    runs.tillstream.check("doctor", *runs.where())
    runs.replay("--from", "d_101", "--to", "d_111")
    assert runs.consume()[0]["events"] == 2 * 10 * ITEMS * STORES


def test_a_generator_that_runs_ends_and_names_who_moved_it(runs):
    runs = runs.on("moved")
    process = runs.start(*SLOWLY)
    wait_for_line(process.stderr, "streaming")
    done = set_position(runs, "set", "--to", "d_3", "--store", "CA_1", "--execute")
    assert "1 stores moved" in done.stderr
    code, _, err = ended(process)
    assert code == 7, err
    message = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(message) == 1, err
    assert re.fullmatch(r"error: kafka: moved-0: another writer took the stream over \(position set "
                        r"by process \d+ on .*\); it goes on from the committed position, so leave "
                        r"it to that one, or stop it first", message[0]), err
    assert {row["store"]: row["next_day"] for row in runs.positions()}["CA_1"] == 3
    runs.replay()
    assert [row["position"] for row in runs.positions()] == [DAYS * ITEMS] * STORES


def test_what_cannot_be_is_one_line(runs):
    runs = runs.on("faults")
    no_run = set_position(runs, "set", "--to", "d_2", code=1)
    assert error_of(no_run) == (f'kafka {runs.bootstrap}: no run of topic "faults"; tillstream '
                                "replay begins one")
    runs.replay("--from", "d_5", "--to", "d_8", "--store", "CA_1")
    end = LAST + datetime.timedelta(1)
    span = f"d_5 to d_{DAYS + 1} ({FIRST + datetime.timedelta(4)} to {end})"
    for options, code, message in (
            (("--to", "2d"), 2, '--to: "2d" is not a day; write d_17 or 2011-02-14'),
            (("--to", "d_4", "--store", "CA_1"), 2, f'--to: "d_4" is outside {span}'),
            (("--to", "d_302", "--store", "CA_1"), 2, f'--to: "d_302" is outside {span}'),
            (("--to", "2010-01-01", "--store", "CA_1"), 2, f'--to: "2010-01-01" is outside {span}'),
            (("--to", "2030-01-01", "--store", "CA_1"), 2, f'--to: "2030-01-01" is outside {span}'),
            (("--to", "d_6", "--store", "CA1"), 2,
             '--store: "CA1" is not in the run; did you mean CA_1'),
            (("--to", "d_6"), 7, "run: store TX_1: no generator has begun it, so there is no "
             "position to move; name the others with --store")):
        assert error_of(set_position(runs, "set", *options, code=code)) == message
    needed = runs.tillstream.check("position", "set", "-b", runs.bootstrap, code=2)
    assert "--to" in error_of(needed)
    assert runs.positions()[0]["next_day"] == 8


def test_dates_are_the_datasets_also_where_the_run_is_moved(runs):
    runs = runs.on("moved-dates")
    to = datetime.date(2020, 1, 1)
    runs.replay("--rebase-to", to, "--to", "d_3")
    begin = moved_to(to) - datetime.timedelta(DAYS - 1)
    assert error_of(set_position(runs, "set", "--to", begin, code=2)) == (
        f'--to: "{begin}" is outside d_1 to d_{DAYS + 1} ({FIRST} to '
        f"{LAST + datetime.timedelta(1)}); the dates are the dataset's, and d_1 of the events is "
        f"{begin}")
    done = set_position(runs, "set", "--to", FIRST + datetime.timedelta(4), "--execute")
    assert f"d_5 {begin + datetime.timedelta(4)}" in done.stdout
    runs.replay("--rebase-to", "today", "--to", "d_7")


def test_a_stream_at_least_once_is_not_moved(runs):
    runs = runs.on("numbered")
    runs.replay("--positions", "idempotent", "--to", "d_5")
    before = ends(runs, runs.topic)
    assert error_of(set_position(runs, "set", "--to", "d_2", "--execute", code=7)) == (
        "store CA_1: its stream is at least once (--positions), whose records are numbered without "
        "a gap; to write it again, stop its generator and delete its topics and znodes")
    assert ends(runs, runs.topic) == before
