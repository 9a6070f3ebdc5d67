"""What stands in the way is one line and an exit code, and the next start goes on."""

import contextlib
import os
import re
import subprocess
import sys

import duckdb
import pytest

import columnar
import lib
import power


def one_error(done, code, pattern):
    """The run ended with the code and with one line of error, its last, that the pattern is."""
    said = f"exit code {done.returncode}\n{done.stderr[-3000:]}"
    assert done.returncode == code, said
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and errors[0] == done.stderr.splitlines()[-1], said
    assert re.fullmatch(f"error: {pattern}", errors[0]), said


@pytest.fixture
def duck(tillstream, work):
    return columnar.DuckdbSink(tillstream, work / "sales.duckdb")


@pytest.fixture
def parquet(tillstream, work):
    return columnar.ParquetSink(tillstream, work / "sales")


def run(sink, log, *options, **kwargs):
    return sink.tillstream.run(*sink.words(log, *options), **kwargs)


@pytest.mark.parametrize("options, message", [
    (("--sink", "duckdb:"), '--sink: "duckdb:" names no file'),
    (("--sink", "parquet:"), '--sink: "parquet:" names no folder'),
    (("--sink", "csv:x"), '--sink: "csv" is not a sink; write count, postgres:URL, duckdb:FILE or '
                          "parquet:DIR"),
    (("--sink", "duckdb:x", "-g", "g"), "-g: the tables of --sink duckdb keep the position; leave "
                                        "it out"),
    (("--sink", "parquet:x", "-o", "beginning"), "-o: --sink parquet goes on where its tables "
                                                 "stand; leave it out"),
])
def test_a_command_line_that_cannot_be_is_a_usage_error(tillstream, small, options, message):
    done = tillstream.run("consume", "-e", "--log", small.log, *options)
    one_error(done, 2, re.escape(message))


@pytest.mark.parametrize("name", ["a.csv", "a.json", ":memory:"])
def test_what_duckdb_would_hold_in_memory_is_refused(duck, small, work, name):
    if name != ":memory:":
        (work / name).write_text('{"a": 1}\n' if name.endswith("json") else "a,b\n1,2\n",
                                 encoding="utf-8")
        duck.target = work / name
    else:
        duck.target = name
    one_error(run(duck, small.log), 7, rf"duckdb: {re.escape(str(duck.target))}: no DuckDB file; "
                                       "give another file")


def test_without_the_library_it_says_how_to_get_it(duck, small, work):
    for given, environment in ((("--duckdb", work / "none.so"), {}),
                               ((), {"TILLSTREAM_DUCKDB": str(work / "none.so")})):
        done = run(duck, small.log, *given, env={**os.environ, **environment})
        one_error(done, 2, r"duckdb: its library cannot be loaded: \S+/none.so: .*; make duckdb "
                           "gets it, --duckdb or TILLSTREAM_DUCKDB says where it is")
    assert not duck.target.exists()


def test_a_library_that_is_not_duckdb_is_refused(duck, small):
    done = run(duck, small.log, "--duckdb", "libm.so.6")
    one_error(done, 2, r"duckdb: libm.so.6 has no function duckdb_library_version, needed DuckDB "
                       "1.0 or later; make duckdb gets one that fits")


def test_a_file_in_use_is_refused_with_who_has_it(duck, small):
    duck.fill(small.log, "-c", 100)
    # In a process of its own: within one DuckDB knows itself.
    holder = [sys.executable, "-c", "import sys, duckdb; held = duckdb.connect(sys.argv[1]); "
              "print('held', file=sys.stderr, flush=True); sys.stdin.read()", str(duck.target)]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        assert process.stderr.readline() == "held\n"
        one_error(run(duck, small.log), 7,
                  rf"duckdb: {duck.target}: in use by \S+ \(PID {process.pid}\); end that first")
        process.stdin.close()
        assert process.wait(30) == 0
    duck.fill(small.log)
    duck.assert_rows(small.data)


def test_a_second_consumer_is_refused(sink, small):
    follow = [sink.tillstream.path, *(word for word in sink.words(small.log) if word != "-e")]
    with lib.child(follow) as first:
        assert first.wait_for_lines("filling sales", 1), first.stderr
        one_error(run(sink, small.log), 7,
                  rf"{sink.kind}: {sink.target}: .*{first.process.pid}.*; end that first")
        first.send(15)
        assert first.wait() == 143
    sink.fill(small.log)
    sink.assert_rows(small.data)


def test_what_is_no_duckdb_file_is_refused_and_left_alone(duck, small):
    duck.target.write_text("a report\n" * 1000)
    one_error(run(duck, small.log), 7, r"duckdb: \S+: .*not a valid DuckDB database file.*; give "
                                       "another file")
    assert duck.target.read_text() == "a report\n" * 1000


@pytest.mark.parametrize("table, message", [
    ("sales (day INTEGER)", r"table sales has the columns day INTEGER, needed store VARCHAR .*"),
    ("store_days AS SELECT 'CA_1' AS store", r"table store_days has the columns store VARCHAR, .*"),
    ("tillstream_offsets (topic VARCHAR)", r"table tillstream_offsets has the columns .*"),
])
def test_tables_with_other_columns_are_refused_and_left_alone(duck, small, table, message):
    with duckdb.connect(str(duck.target)) as tables:
        tables.execute(f"CREATE TABLE {table}")
    one_error(run(duck, small.log), 7, rf"duckdb: \S+: {message}; give another file")
    with duckdb.connect(str(duck.target)) as tables:
        assert len(tables.execute("SHOW TABLES").fetchall()) == 1


def test_rows_that_nobody_knows_the_source_of_are_refused(duck, small):
    duck.fill(small.log)
    with duckdb.connect(str(duck.target)) as tables:
        tables.execute("DELETE FROM tillstream_offsets")
    one_error(run(duck, small.log), 7, r"duckdb: \S+: table sales has rows, and tillstream_offsets "
                                       "does not say from where; give another file")


def test_a_folder_with_files_of_others_is_refused_and_left_alone(parquet, small):
    parquet.target.mkdir()
    (parquet.target / "report.csv").write_text("x")
    one_error(run(parquet, small.log), 7, rf'parquet: {parquet.target}: has "report.csv", and no '
                                          "manifest of tillstream; give an empty folder")
    assert [path.name for path in parquet.target.iterdir()] == ["report.csv"]


def test_another_stream_of_the_same_name_is_refused(sink, tillstream, small, work):
    sink.fill(small.log)
    other = lib.synth(tillstream, work / "other", 3, 40, 100, seed=2)
    log = work / "log"
    tillstream.check(*lib.replay(other, log, "-q"))
    one_error(run(sink, log), 7, r"sales-\d offset \d+: another record than the one that was read "
                                 "there; .*")
    tillstream.check(*lib.replay(small.data, work / "late", "-q", "--from", "d_20"))
    one_error(run(sink, work / "late"), 7, rf"{sink.kind}: \S+: holds the run .*, found .*; give "
                                           "another (file|folder)")
    sink.assert_rows(small.data)


def test_a_published_file_that_is_gone_is_said(parquet, small):
    parquet.fill(small.log)
    gone = parquet.files[3]
    gone.unlink()
    one_error(run(parquet, small.log), 4, r"parquet: \S+: the manifest names "
              rf"{gone.relative_to(parquet.target)}, which is not there; .*")


@contextlib.contextmanager
def tmpfs(folder, options, count):
    folder.mkdir(exist_ok=True)
    try:
        if os.geteuid() != 0:
            raise power.NoDisk("mount needs root")
        power.command("mount", "-t", "tmpfs", "-o", options, "tillstream", folder)
    except power.NoDisk as reason:
        count(f"columnar sinks on a full disk: skipped, {reason}")
        pytest.skip(str(reason))
    try:
        yield folder
    finally:
        power.command("umount", folder)


def test_a_folder_that_is_read_only_is_one_line(sink, small, work, count):
    with tmpfs(work / "disk", "ro", count) as folder:
        sink.target = folder / "target"
        one_error(run(sink, small.log), 6, rf"\S*.*{folder}\S*.*[Rr]ead-only file system.*")


def test_a_full_disk_ends_it_and_with_room_it_goes_on(sink, medium, work, full, rng, seed, count):
    sizes = [rng.randrange(16, 200) for _ in range(20 if full else 2)]
    for size in sizes:
        with tmpfs(work / "disk", f"size={size * 4096}", count) as folder:
            sink.target = folder / "target"
            done = run(sink, medium.log)
            one_error(done, 6, rf"\S*.*{folder}.*[Nn]o space left on device.*")
            power.command("mount", "-o", "remount,size=128M", folder)
            sink.assert_consistent(f"{size} pages (seed {seed})")
            sink.fill(medium.log)
            sink.assert_rows(medium.data, f"{size} pages (seed {seed})")
    count(f"{sink.kind} on a full disk: {len(sizes)} sizes, exit code 6, every row once with room "
          f"(seed {seed})")
