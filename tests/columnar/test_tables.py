"""`consume --sink duckdb:FILE` and `parquet:DIR`: the tables are the dataset's, each row once."""

import json
import re

import pytest

import columnar


def test_the_rows_are_the_datasets_and_a_second_start_adds_nothing(sink, small):
    done = sink.fill(small.log)
    rows = 3 * 40 * 100
    assert re.search(rf"{sink.kind} \S+: {rows:,} rows of sales and 300 of store_days in ",
                     done.stderr), done.stderr
    assert "lag: 0 events" in done.stderr
    sink.assert_rows(small.data)
    again = json.loads(sink.fill(small.log, "--json").stdout)
    assert (again["sales"], again["store_days"]) == (0, 0)
    sink.assert_rows(small.data)


def test_what_comes_later_is_added(tillstream, sink, small, work):
    log = small.replay(work / "log", "--to", "d_50")
    sink.fill(log)
    assert sink.assert_consistent("d_1 to d_49") == 3 * 40 * 49
    small.replay(log)
    sink.fill(log)
    sink.assert_rows(small.data)


@pytest.mark.parametrize("plan", ["size", "topic"])
def test_the_rows_are_the_same_under_another_plan(sink, small, work, plan):
    log = small.replay(work / "log", "--plan", plan)
    sink.fill(log)
    sink.assert_rows(small.data)


def test_one_store_is_one_partition_and_the_others_can_follow(sink, small):
    sink.fill(small.log, "-p", 1)
    assert sink.assert_consistent("partition 1") == 40 * 100
    sink.fill(small.log)
    sink.assert_rows(small.data)


def test_a_part_is_taken_and_the_rest_follows(sink, small):
    sink.fill(small.log, "-c", 5000)
    sink.assert_consistent("5000 records")
    sink.fill(small.log)
    sink.assert_rows(small.data)


def test_duckdbs_columns_are_the_documented_ones(tillstream, small, work, source):
    sink = columnar.DuckdbSink(tillstream, work / "sales.duckdb")
    sink.fill(small.log)
    page = (source / "docs/formats/duckdb_tables.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\S+) \|", page, re.MULTILINE)
    with sink.open() as tables:
        found = tables.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_catalog = 'target' ORDER BY table_name, ordinal_position").fetchall()
    assert sorted(documented) == sorted(found)


def test_parquets_folders_are_stores_and_months(tillstream, small, work):
    sink = columnar.ParquetSink(tillstream, work / "sales")
    sink.fill(small.log)
    with sink.open() as tables:
        found = tables.execute(
            "SELECT store_id, month::VARCHAR, min(day), max(day), count(*) FROM read_parquet("
            f"'{sink.target}/*/*/*.parquet', hive_partitioning = true, hive_types = "
            "{'month': 'VARCHAR'}) WHERE store_id = 'CA_1' AND store = store_id GROUP BY ALL "
            "ORDER BY 2").fetchall()
    assert found == [("CA_1", "2011-01", 1, 3, 120), ("CA_1", "2011-02", 4, 31, 28 * 40),
                     ("CA_1", "2011-03", 32, 62, 31 * 40), ("CA_1", "2011-04", 63, 92, 30 * 40),
                     ("CA_1", "2011-05", 93, 100, 8 * 40)]
    manifest = json.loads((sink.target / "_tillstream/manifest.json").read_text())
    assert sorted(entry["path"] for entry in manifest["files"]) == [
        path.relative_to(sink.target).as_posix() for path in sink.files]
    assert sum(entry["rows"] for entry in manifest["files"]) == 3 * 40 * 100


def test_parquets_least_and_largest_values_are_right(tillstream, small, work):
    """What a reader leaves out by them must not have been there."""
    sink = columnar.ParquetSink(tillstream, work / "sales")
    sink.fill(small.log)
    with sink.open() as tables:
        columnar.read_dataset(tables, small.data)
        for where in ("day = 50", "sold >= 10", "price < 1", "price IS NULL", "item > 'HOBBIES'",
                      "date BETWEEN '2011-03-15' AND '2011-04-02'", "dept = 'FOODS_1'"):
            columnar.assert_equal(tables, f"FROM sales WHERE {where}",
                                  f"FROM expected WHERE {where}", where)


def test_the_real_data_is_there_by_store_and_day(sink, tillstream, m5_dir, work, full, count):
    if not full:
        pytest.skip("make test-full streams the real data")
    log = work / "log"
    tillstream.check("replay", "-q", "--data", m5_dir, "--log", log, timeout=600)
    done = json.loads(sink.fill(log, "--json", timeout=900).stdout)
    assert (done["sales"], done["store_days"]) == (59_181_090, 19_410)
    sink.assert_sums(m5_dir)
    count(f"{sink.kind}, real data: 59,181,090 rows in {done['seconds']:.0f} s, sums of all 19,410 "
          "store days equal")
