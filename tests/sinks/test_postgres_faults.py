"""What can be wrong with a server, a database or its tables: exit code, one line, and the next start
goes on."""

import os
import re
import subprocess

import pytest

import lib
from postgres_server import PASSWORD_USER, PostgresServer, free_port
from streams import Stream
from tables import assert_rows


def refused(stream, sink, code, pattern, *options, env=None):
    """One line that matches."""
    done = stream.tillstream.run(*stream.consume_arguments(sink, "-e", *options),
                                 env=lib.environment(**(env or {})))
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and done.stderr.splitlines()[-1] == lines[0], done.stderr
    assert re.fullmatch(pattern, lines[0][len("error: "):]), lines[0]


# The command line.


@pytest.mark.parametrize("options, message", [
    (["--sink", "postgres://h:x/db"],
     '--sink: postgres: "x" is not a port'),
    (["--sink", "postgres:host=x colour=red"],
     '--sink: postgres: invalid connection option "colour"; write '
     "postgres://USER@HOST:PORT/DATABASE"),
    (["--sink", "oracle://scott:tiger@h"],
     '--sink: "oracle" is not a sink; write count, postgres:URL, duckdb:FILE or parquet:DIR'),
    (["--sink", "postgres:", "-g", "x"],
     "-g: the tables of --sink postgres keep the position; leave it out"),
    (["--sink", "postgres:", "-o", "beginning"],
     "-o: --sink postgres goes on where its tables stand; leave it out"),
    (["--sink", "postgres:", "--store", "CA_1"],
     "--store: --sink postgres takes whole partitions; write -p"),
    (["--sink", "postgres:", "--format", "json"],
     "--format: --sink postgres writes no lines; leave it out"),
    (["--sink", "postgres:", "-t", "sales-days"],
     '--sink: tables are filled from topic "sales" as a whole; write -t sales'),
])
def test_a_command_line_that_makes_no_sense(small, options, message):
    refused(small, [], 2, message, *options)


# The server.


def test_nobody_listens(small):
    port = free_port()
    refused(small, ["--sink", f"postgres://me@127.0.0.1:{port}/db"], 5,
            rf'postgres 127\.0\.0\.1:{port}/db: connection to server at "127\.0\.0\.1", port {port} '
            "failed: Connection refused")


def test_no_such_host(small):
    refused(small, ["--sink", "postgres://me@nowhere.invalid/db"], 5,
            r'postgres nowhere\.invalid:5432/db: could not translate host name "nowhere\.invalid" '
            ".*")


def test_no_such_database(small, postgres):
    refused(small, ["--sink", postgres.address("nothing")], 5,
            r'postgres .*/nothing: .*database "nothing" does not exist')


def test_a_wrong_password_is_not_repeated(small, postgres):
    postgres.sql(f"CREATE ROLE {PASSWORD_USER} LOGIN PASSWORD 'right'")
    address = f"postgresql://{PASSWORD_USER}:wr0ng@127.0.0.1:{postgres.port}/postgres"
    done = small.tillstream.check(*small.consume_arguments(["--sink", address], "-e"), code=5)
    assert f'password authentication failed for user "{PASSWORD_USER}"' in done.stderr
    assert "wr0ng" not in done.stderr
    refused(small, ["--sink", address], 5, r"postgres .*: password authentication .*")


def test_the_password_may_stand_in_the_environment(small, small_rows, postgres, database):
    database.sql("CREATE ROLE reader LOGIN; CREATE SCHEMA own AUTHORIZATION reader;"
                 " ALTER ROLE reader SET search_path = own")
    done = small.tillstream.check(
        *small.consume_arguments(["--sink", "postgres:"], "-e"),
        env=lib.environment(PGHOST=str(postgres.folder), PGPORT=str(postgres.port),
                            PGUSER="reader", PGDATABASE=database.name))
    assert "filling sales" in done.stderr
    assert database.number("SELECT count(*) FROM own.sales") == len(small_rows[0])


# The rights.


def test_without_rights_it_says_which(small, postgres, database):
    database.sql("CREATE ROLE nobody1 LOGIN")
    refused(small, database.sink("nobody1"), 5,
            "postgres .*: permission denied for schema public")


def test_with_the_rights_that_the_documentation_names_it_fills(small, small_rows, database):
    small.tillstream.check(*small.consume_arguments(database.sink(), "-e", "-c", 1))
    database.sql("CREATE ROLE filler LOGIN; GRANT SELECT, INSERT ON sales, store_days TO filler;"
                 " GRANT SELECT, INSERT, UPDATE ON tillstream_offsets TO filler")
    refused(small, database.sink("filler"), 5,
            "postgres .*: (must be owner of table sales|permission denied for schema public)")
    database.sql("CREATE TABLE sales_rest PARTITION OF sales DEFAULT")
    small.consume(database.sink("filler"))
    assert_rows(database, *small_rows)


# The tables.

SALES = ("store text NOT NULL, item text NOT NULL, dept text NOT NULL, cat text NOT NULL,"
         " state text NOT NULL, day integer NOT NULL, date date NOT NULL, sold integer NOT NULL,"
         " price numeric(10,2)")


@pytest.mark.parametrize("change, found", [
    ("ALTER TABLE sales ALTER price TYPE double precision",
     'column "price": found double precision, needed numeric\\(10,2\\)'),
    ("ALTER TABLE sales ALTER price SET NOT NULL",
     'column "price": found numeric\\(10,2\\) not null, needed numeric\\(10,2\\)'),
    ("ALTER TABLE sales DROP state", 'column "state": found none, needed text not null'),
    ("ALTER TABLE sales ADD colour text", 'column "colour": found text, needed none'),
    ("ALTER TABLE sales RENAME cat TO category",
     'column "cat": found none, needed text not null'),
])
def test_another_column_is_named(small, database, change, found):
    database.sql(f"CREATE TABLE sales ({SALES}); {change}")
    refused(small, database.sink(), 7,
            rf"postgres .*: table public\.sales: {found}; use another database or schema")
    assert database.number("SELECT count(*) FROM sales") == 0


def test_columns_of_the_other_tables_count_too(small, database):
    small.consume(database.sink(), "-c", 5)
    database.sql("ALTER TABLE store_days DROP units")
    refused(small, database.sink(), 7, r'.*: table public\.store_days: column "units": found none, '
            "needed bigint not null; .*")


def test_a_view_is_no_table(small, database):
    database.sql("CREATE VIEW sales AS SELECT 1 AS one")
    refused(small, database.sink(), 7,
            r"postgres .*: public\.sales is no table; use another database or schema")


def test_rows_that_nobody_knows_the_offsets_of_are_left_alone(small, database):
    small.consume(database.sink())
    database.sql("DROP TABLE tillstream_offsets")
    refused(small, database.sink(), 7,
            r"postgres .*: the tables have rows, and public\.tillstream_offsets does not say of "
            "which offsets; empty them, or use another database or schema")


def test_another_stream_is_not_mixed_in(tillstream, place, small, small_rows, database):
    small.consume(database.sink())
    other = Stream(tillstream, place / "other-plan", 3, 40, 100, "--plan", "topic").replay()
    refused(other, database.sink(), 7,
            r'postgres .*: the tables hold topic "sales" \(plan store, from d_1, 2011-01-29\), found '
            r'"sales" \(plan topic, .*\); use another database or schema')
    data = lib.synth(tillstream, place / "other-data", 3, 40, 100, seed=2)
    log = place / "other-log"
    tillstream.check(*lib.replay(data, log, "-q"))
    done = tillstream.check("consume", "--log", log, "-e", *database.sink(), code=7)
    assert "sales-0 offset 3999: another record than the one that was read there" in done.stderr
    assert_rows(database, *small_rows)


def test_a_trigger_that_leaves_rows_out_is_noticed(small, database):
    database.sql(f"CREATE TABLE sales ({SALES})")
    database.sql("CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS"
                 " 'BEGIN IF new.day = 50 THEN RETURN NULL; END IF; RETURN new; END';"
                 " CREATE TRIGGER t BEFORE INSERT ON sales FOR EACH ROW EXECUTE FUNCTION drop_some()")
    refused(small, database.sink(), 7,
            r"postgres .*: table public\.sales took 11880 of 12000 rows; a trigger .*")
    assert database.number("SELECT count(*) FROM sales") == 0


def test_a_constraint_is_named_and_nothing_is_kept(small, small_rows, database):
    database.sql(f"CREATE TABLE sales ({SALES}, CONSTRAINT early CHECK (day < 50))")
    refused(small, database.sink(), 7, 'postgres .*: new row for relation "sales" violates check '
            r'constraint "early" \(COPY sales, line \d+.*\)')
    assert database.number("SELECT count(*) FROM sales") == 0
    database.sql("ALTER TABLE sales DROP CONSTRAINT early")
    small.consume(database.sink())
    assert_rows(database, *small_rows)


# The disk.


@pytest.fixture
def small_disk():
    """A file system of a few MiB that is full soon."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    with PostgresServer() as server:
        disk = server.folder / "disk"
        disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", disk],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no tmpfs can be mounted: {done.stderr}")
        try:
            server.own(disk)
            yield server.start(), disk
            server.stop()
        finally:
            server.stop()
            subprocess.run(["umount", disk], check=True)


def test_a_full_disk_ends_it_and_the_next_start_goes_on(small, small_rows, small_disk):
    server, disk = small_disk
    server.sql(f"CREATE TABLESPACE tight LOCATION '{disk}'")
    database = server.new_database("full")
    database.sql("ALTER DATABASE \"full\" SET default_tablespace = tight")
    small.consume(database.sink(), "-c", 1000)
    refused(small, database.sink(), 5, 'postgres .*: could not extend file ".*": No space left on '
            r"device.*")
    assert database.number("SELECT (SELECT count(*) FROM sales)"
                           " + (SELECT count(*) FROM store_days)") == 1000
    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
    small.consume(database.sink())
    assert_rows(database, *small_rows)
