"""consume --sink postgres: on a real server: the tables are the dataset, row by row, however the
stream is laid out, interrupted and shared."""

import json
import signal

import pytest

import lib
from dataset_rows import Dataset
from streams import Stream, wait_for_sales
from tables import assert_rows, assert_sums

COLUMNS = """
SELECT table_name, column_name, CASE WHEN data_type = 'numeric' THEN
         format('numeric(%s,%s)', numeric_precision, numeric_scale) ELSE data_type END, is_nullable
FROM information_schema.columns
WHERE table_name IN ('sales', 'store_days') ORDER BY table_name, ordinal_position"""


def test_every_row_of_the_dataset_is_there_once(small, small_rows, database):
    done = small.consume(database.sink(), "--json")
    summary = json.loads(done.stdout)
    assert (summary["sales"], summary["store_days"]) == (small.events, 300)
    assert done.stderr.splitlines()[0] == (
        f"filling sales and store_days of postgres {database.server.folder}:"
        f"{database.server.port}/{database.name}")
    assert_rows(database, *small_rows)
    assert_sums(database, small_rows[1])
    assert any(row[8] == "" for row in small_rows[0]), "a price that is null is part of the test"


def test_a_second_start_adds_nothing(small, small_rows, database):
    small.consume(database.sink())
    done = small.consume(database.sink(), "--json")
    assert json.loads(done.stdout)["sales"] == 0
    assert_rows(database, *small_rows)


def test_columns_and_partitions_are_what_the_documentation_says(small, database, source):
    small.consume(database.sink())
    page = (source / "docs" / "formats" / "tables.md").read_text(encoding="utf-8")
    for table, column, kind, nullable in database.sql(COLUMNS):
        row = f"| `{table}` | `{column}` | {kind}{'' if nullable == 'YES' else ' not null'} |"
        assert row in page, row
    partitions = [name for name, in database.sql(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'sales'::regclass ORDER BY 1")]
    assert partitions == ["sales_2011_01", "sales_2011_02", "sales_2011_03", "sales_2011_04",
                          "sales_2011_05"]
    assert database.number("SELECT count(*) FROM sales_2011_02") == 28 * 3 * 40
    assert database.sql("SELECT min(date), max(date) FROM sales_2011_03") == [
        ["2011-03-01", "2011-03-31"]]


def test_a_log_that_grows_is_gone_on_with(tillstream, place, database):
    stream = Stream(tillstream, place / "growing", 2, 30, 60)
    for to in ("d_11", "d_12", "d_40", None):
        stream.replay(*(["--to", to] if to else []))
        stream.consume(database.sink())
    assert_rows(database, stream.dataset.sales(), stream.dataset.store_days())


def test_a_count_ends_in_the_middle_and_the_next_start_goes_on(small, small_rows, database):
    for count in (1, 50, 777):
        small.consume(database.sink(), "-c", count)
    assert database.number("SELECT (SELECT count(*) FROM sales) +"
                           " (SELECT count(*) FROM store_days)") == 828
    small.consume(database.sink())
    assert_rows(database, *small_rows)


@pytest.mark.parametrize("plan", [("--plan", "topic", "--store-partitions", "2"),
                                  ("--plan", "size")], ids=["topic", "size"])
def test_under_another_plan_the_rows_are_the_same(tillstream, place, database, plan):
    stream = Stream(tillstream, place / plan[1], 3, 20, 40, *plan).replay()
    stream.consume(database.sink())
    assert_rows(database, stream.dataset.sales(), stream.dataset.store_days())


def test_moved_dates_are_those_of_the_events(tillstream, place, database):
    stream = Stream(tillstream, place / "moved", 1, 5, 20, "--rebase-to", "2026-01-01").replay()
    stream.consume(database.sink())
    first, last = database.sql("SELECT min(date), max(date) FROM sales")[0]
    assert last < "2026-01-01" and first > "2025-11-01"
    assert database.sql("SELECT DISTINCT s.date - d.date FROM sales s JOIN store_days d"
                        " USING (store, day)") == [["0"]]


def test_a_follower_takes_what_comes_and_a_signal_ends_it_with_all_committed(
        tillstream, place, database):
    stream = Stream(tillstream, place / "followed", 2, 30, 60)
    stream.replay("--to", "d_10")
    sales, store_days = stream.dataset.sales(), stream.dataset.store_days()
    with lib.child([tillstream.path, *stream.consume_arguments(database.sink())]) as follower:
        assert follower.wait_for_lines("filling sales", 1)
        stream.replay()
        wait_for_sales(database, follower, stream.events)
        follower.process.send_signal(signal.SIGINT)
        assert follower.wait() == 130, follower.stderr
    assert_rows(database, sales, store_days)


def test_consumers_share_the_partitions(small, small_rows, database):
    commands = [[small.tillstream.path,
                 *small.consume_arguments(database.sink(), "-e", "-p", partition)]
                for partition in range(3)]
    with lib.child(commands[0]) as a, lib.child(commands[1]) as b, lib.child(commands[2]) as c:
        for each in (a, b, c):
            assert each.wait() == 0, each.stderr
    assert_rows(database, *small_rows)


def test_a_second_consumer_is_refused_while_the_first_lives(small, small_rows, database):
    with lib.child([small.tillstream.path,
                    *small.consume_arguments(database.sink(), "-p", 1)]) as first:
        assert first.wait_for_lines("filling sales", 1)
        wait_for_sales(database, first, small.events // 3)
        done = small.consume(database.sink(), code=7)
        assert f"sales-1: held by process {first.process.pid} on " in done.stderr
        assert "; end it, or wait until it ends" in done.stderr
        first.process.send_signal(signal.SIGTERM)
        assert first.wait() == 143
    small.consume(database.sink())
    assert_rows(database, *small_rows)


def test_where_the_lock_does_not_hold_the_newer_one_goes_on(
        tillstream, place, database):
    """As behind a pooler, which gives one session to several clients."""
    stream = Stream(tillstream, place / "taken", 2, 30, 60)
    stream.replay("--to", "d_10")
    with lib.child([tillstream.path, *stream.consume_arguments(database.sink())]) as first:
        wait_for_sales(database, first, 600 - 60)
        # What a second one does that got the lock, too.
        database.sql("UPDATE tillstream_offsets SET epoch = epoch + 1, owner = 'the second'")
        stream.replay("--to", "d_30")
        assert first.wait() == 7
        assert "another consumer has taken the partitions over" in first.stderr
    stream.replay()
    stream.consume(database.sink())
    assert_rows(database, stream.dataset.sales(), stream.dataset.store_days())


@pytest.mark.parametrize("make", [
    "PARTITION BY RANGE (date); CREATE TABLE sales_rest PARTITION OF sales DEFAULT",
    "PARTITION BY RANGE (date); CREATE TABLE sales_2011 PARTITION OF sales"
    " FOR VALUES FROM ('2011-01-01') TO ('2011-03-01')",
    "PARTITION BY RANGE (date); CREATE TABLE sales_old PARTITION OF sales"
    " FOR VALUES FROM (MINVALUE) TO ('2011-02-01')",
    "PARTITION BY LIST (store); CREATE TABLE sales_rest PARTITION OF sales DEFAULT",
    ""], ids=["default", "year", "minvalue", "list", "plain"])
def test_a_table_that_others_made_is_filled_as_it_is(small, small_rows, database, make):
    database.sql("CREATE TABLE sales (price numeric(10,2), store text NOT NULL, item text NOT NULL,"
                 " dept text NOT NULL, cat text NOT NULL, state text NOT NULL,"
                 f" day integer NOT NULL, date date NOT NULL, sold integer NOT NULL) {make}")
    small.consume(database.sink())
    assert_rows(database, *small_rows)
    assert database.number("SELECT count(*) FROM pg_class WHERE relname LIKE 'sales_2011_02'") == (
        1 if "MINVALUE" in make else 0)


def test_a_schema_with_odd_letters_is_taken_from_the_search_path(small, small_rows, database):
    database.sql('CREATE SCHEMA "My Shop"; ALTER ROLE tillstream IN DATABASE '
                 f'{database.name} SET search_path = "My Shop"')
    small.consume(database.sink())
    assert database.number('SELECT count(*) FROM "My Shop".sales') == small.events
    assert_rows(database, *small_rows)


def test_the_real_data_is_there_with_the_sums_of_each_store_and_day(
        tillstream, m5_dir, full, place, database, count):
    if not full:
        pytest.skip("make test-full fills the tables with the real data")
    log = place / "m5-log"
    tillstream.check(*lib.replay(m5_dir, log, "-q"), timeout=600)
    done = tillstream.check("consume", "--log", log, "-e", "--json", *database.sink(),
                            timeout=1200)
    summary = json.loads(done.stdout)
    store_days = Dataset(m5_dir).store_days()
    assert database.number("SELECT count(*) FROM sales") == 59_181_090 == summary["sales"]
    assert_sums(database, store_days, "M5")
    count(f"M5 to PostgreSQL: {summary['sales']:,} rows, sums of {len(store_days):,} stores' days "
          "equal")

