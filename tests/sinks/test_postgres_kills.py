"""kill -9 of the consumer and of PostgreSQL at random moments: the tables end with every row of the
dataset once."""

import time

import pytest

import lib
from dataset_rows import Dataset
from streams import Stream, wait_for_sales
from tables import assert_rows, assert_sums

GONE = "; what was committed stays, the next start goes on behind it"
# Of the simulated time: so many days a second that the consumer commits some hundred times.
LIVE = ("--speed", "100d/s")
REAL_DEADLINE_SECONDS = 1200


@pytest.fixture(scope="module")
def bulk(tillstream, place):
    """10 stores, 100 items, 300 days: what a consumer takes in one transaction, or in few."""
    return Stream(tillstream, place / "bulk", 10, 100, 300).replay()


@pytest.fixture(scope="module")
def bulk_store_days(bulk):
    return bulk.dataset.store_days()


@pytest.fixture
def live(tillstream, place, request):
    """3 stores, 20 items, 300 days, to be streamed while they are read."""
    return Stream(tillstream, place / f"live-{request.node.name}", 3, 20, 300)


def consumer_of(stream, database, *options):
    return lib.child([stream.tillstream.path,
                      *stream.consume_arguments(database.sink(), *options)])


def test_a_consumer_killed_in_a_bulk_leaves_all_or_nothing(
        bulk, bulk_store_days, database, full, rng, count, seed):
    wanted = 30 if full else 5
    begin = time.monotonic()
    bulk.consume(database.sink())
    length, kills = time.monotonic() - begin, 0
    while kills < wanted:
        database.sql("DROP TABLE sales, store_days, tillstream_offsets")
        ended = False
        while not ended and kills < wanted:
            with consumer_of(bulk, database, "-e") as consumer:
                consumer.wait_for_end(rng.uniform(0, length))
                ended = consumer.kill() == 0
            kills += not ended
        bulk.consume(database.sink())
        assert_sums(database, bulk_store_days, f"seed {seed}, {kills} kills")
    count(f"PostgreSQL: kill -9 of the consumer in bulk, {kills} times, 0 rows lost, 0 doubled "
          f"(seed {seed})")


def test_a_consumer_of_a_live_stream_is_killed(live, database, full, rng, count, seed):
    live.replay("--to", "d_2")
    wanted = 30 if full else 6
    speed = ("--speed", "15d/s") if full else LIVE
    kills = 0
    with lib.child([live.tillstream.path, *lib.replay(live.data, live.log, *speed)]) as replay:
        while replay.process.poll() is None and kills < wanted:
            with consumer_of(live, database) as consumer:
                consumer.wait_for_end(rng.uniform(0.05, 3 / wanted + 0.2))
                assert consumer.kill() == -9, consumer.stderr
            kills += 1
        assert replay.wait() == 0, replay.stderr
    live.consume(database.sink())
    starts = database.number("SELECT max(epoch) FROM tillstream_offsets")
    assert starts > 1, "no start but the last one came as far as the tables"
    assert_rows(database, live.dataset.sales(), live.dataset.store_days(), f"seed {seed}")
    count(f"PostgreSQL: kill -9 of the consumer of a live stream, {kills} times, 0 rows lost, "
          f"0 doubled (seed {seed})")


@pytest.mark.parametrize("victim", ["server", "session"])
def test_a_server_that_is_killed_ends_the_consumer_with_one_line(
        live, postgres, database, full, rng, count, seed, victim):
    live.replay("--to", "d_2")
    wanted = 5 if full else 1
    # One that has nothing to write does not notice: the stream has to last.
    speed = ("--speed", "10d/s") if full else LIVE
    with lib.child([live.tillstream.path, *lib.replay(live.data, live.log, *speed)]) as replay:
        for _ in range(wanted):
            with consumer_of(live, database) as consumer:
                assert consumer.wait_for_lines("filling sales", 1)
                wait_for_sales(database, consumer, 1)
                consumer.wait_for_end(rng.uniform(0, 0.5))
                if victim == "server":
                    postgres.kill()
                else:
                    # The server ends all sessions then, and starts anew by itself.
                    postgres.kill_session("tillstream")
                assert consumer.wait() == 5, consumer.stderr
                last = consumer.stderr.splitlines()[-1]
                assert last.startswith("error: postgres ") and last.endswith(GONE), last
                assert consumer.stderr.count("error") == 1, consumer.stderr
            postgres.recover()
        assert replay.wait() == 0, replay.stderr
    live.consume(database.sink())
    assert_rows(database, live.dataset.sales(), live.dataset.store_days(), f"seed {seed}")
    count(f"PostgreSQL: kill -9 of the {victim}, {wanted} times, 0 rows lost, 0 doubled "
          f"(seed {seed})")


def test_the_real_data_survives_kills_of_both(
        tillstream, m5_dir, full, place, postgres, database, rng, count, seed):
    if not full:
        pytest.skip("make test-full fills the tables with the real data")
    log = place / "m5-log"
    tillstream.check(*lib.replay(m5_dir, log, "-q"), timeout=REAL_DEADLINE_SECONDS)
    command = [tillstream.path, "consume", "--log", log, "-e", *database.sink()]
    kills = 0
    while True:
        with lib.child(command) as consumer:
            if kills < 12:
                consumer.wait_for_end(rng.uniform(0.5, 8))
                if kills % 6 == 5:
                    postgres.kill()
                    code = consumer.wait(REAL_DEADLINE_SECONDS)
                    postgres.recover()
                    assert code in (0, 5), consumer.stderr
                else:
                    code = consumer.kill()
            else:
                code = consumer.wait(REAL_DEADLINE_SECONDS)
                assert code == 0, consumer.stderr
        if code == 0:
            break
        kills += 1
    assert_sums(database, Dataset(m5_dir).store_days(), f"seed {seed}")
    count(f"M5 to PostgreSQL, killed {kills} times: sums of all stores' days equal (seed {seed})")
