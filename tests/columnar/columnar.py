"""What the columnar sinks wrote, read by DuckDB's own Python package, and compared with what DuckDB
itself makes of the dataset's files."""

import contextlib
import pathlib

import duckdb

# Memory and threads of the reader; the machine has others to serve.
LIMITS = "SET memory_limit = '2GB'; SET threads = 2; SET preserve_insertion_order = false"

# The table `sales` from the files that Kaggle has: a column a day becomes a row a day.
EXPECTED = """
CREATE TABLE expected AS
SELECT s.store_id AS store, s.item_id AS item, s.dept_id AS dept, s.cat_id AS cat,
       s.state_id AS state, substr(s.d, 3)::INTEGER AS day, c.date::DATE AS date,
       s.sold::INTEGER AS sold, p.sell_price::DECIMAL(10,2) AS price
FROM (UNPIVOT (FROM read_csv('{sales}')) ON COLUMNS('^d_[0-9]+$') INTO NAME d VALUE sold) s
JOIN read_csv('{calendar}') c ON c.d = s.d
LEFT JOIN read_csv('{prices}', types = {{'sell_price': 'DECIMAL(10,2)'}}) p
       ON p.store_id = s.store_id AND p.item_id = s.item_id AND p.wm_yr_wk = c.wm_yr_wk
"""

SUMS = """
SELECT store, state, day, date, count(*)::INTEGER AS events, sum(sold)::BIGINT AS units,
       coalesce(sum(sold * price), 0)::DECIMAL(18,2) AS revenue,
       coalesce(sum(sold) FILTER (WHERE price IS NULL), 0)::BIGINT AS unpriced_units,
       0 AS revision
FROM {table} GROUP BY ALL
"""


def find(folder, *names):
    for name in names:
        for path in (folder / name, folder / (name + ".gz")):
            if path.exists():
                return path
    raise AssertionError(f"{folder}: none of {names}")


def read_dataset(tables, data):
    """Makes table `expected`."""
    tables.execute(EXPECTED.format(
        sales=find(data, "sales_train_evaluation.csv", "sales_train_validation.csv"),
        calendar=find(data, "calendar.csv"), prices=find(data, "sell_prices.csv")))


def differences(tables, found, expected):
    """How many rows are in one of two queries and not in the other, and one of them."""
    rows = tables.execute(f"FROM (({found}) EXCEPT ALL ({expected})) LIMIT 1").fetchall()
    if rows:
        return f"should not be there, or not so often: {rows[0]}"
    rows = tables.execute(f"FROM (({expected}) EXCEPT ALL ({found})) LIMIT 1").fetchall()
    return f"is missing: {rows[0]}" if rows else ""


def assert_equal(tables, found, expected, what):
    difference = differences(tables, found, expected)
    assert not difference, f"{what}: {difference}"


class Sink:
    """A target and the command that fills it."""

    def __init__(self, tillstream, target):
        self.tillstream = tillstream
        self.target = pathlib.Path(target)

    def words(self, log, *options):
        return ["consume", "-e", "--log", log, "--sink", f"{self.kind}:{self.target}", *options]

    def fill(self, log, *options, code=0, **kwargs):
        return self.tillstream.check(*self.words(log, *options), code=code, **kwargs)

    def assert_rows(self, data, what=""):
        """Every row of the dataset is there once, and nothing else."""
        with self.open() as tables:
            read_dataset(tables, data)
            assert_equal(tables, "FROM sales", "FROM expected", f"{what} sales")
            if self.has_store_days:
                assert_equal(tables, "FROM store_days", SUMS.format(table="expected"),
                             f"{what} store_days")

    def assert_sums(self, data, what=""):
        """Row count, units and revenue of each store and day are the dataset's."""
        with self.open() as tables:
            read_dataset(tables, data)
            assert_equal(tables, SUMS.format(table="sales"), SUMS.format(table="expected"),
                         f"{what} sums of sales")
            if self.has_store_days:
                assert_equal(tables, "FROM store_days", SUMS.format(table="expected"),
                             f"{what} store_days")


class DuckdbSink(Sink):
    kind = "duckdb"
    has_store_days = True

    @contextlib.contextmanager
    def open(self):
        """A database in memory that sees the file's tables; the file itself is only read."""
        with duckdb.connect() as tables:
            tables.execute(LIMITS)
            tables.execute(f"ATTACH '{self.target}' AS target (READ_ONLY)")
            for table in ("sales", "store_days", "tillstream_offsets"):
                tables.execute(f"CREATE VIEW {table} AS FROM target.{table}")
            yield tables

    def assert_consistent(self, what):
        """There are as many rows as the offsets say: rows and offsets are of one moment."""
        if not self.target.exists():
            return 0
        with duckdb.connect() as tables:
            tables.execute(f"ATTACH '{self.target}' AS target (READ_ONLY)")
            if not tables.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'sales'"
                                  ).fetchall():
                return 0
            rows = tables.execute(
                "SELECT (SELECT count(*) FROM target.sales), (SELECT count(*) FROM "
                "target.store_days), (SELECT coalesce(sum(next_offset), 0)::BIGINT FROM "
                "target.tillstream_offsets)").fetchone()
            assert rows[0] + rows[1] == rows[2], f"{what}: {rows}"
            return rows[0]


class ParquetSink(Sink):
    kind = "parquet"
    has_store_days = False

    @property
    def files(self):
        return sorted(self.target.glob("store_id=*/month=*/*.parquet"))

    @contextlib.contextmanager
    def open(self):
        with duckdb.connect() as tables:
            tables.execute(LIMITS)
            tables.execute(f"CREATE VIEW sales AS FROM read_parquet('{self.target}/store_id=*/"
                           "month=*/*.parquet', hive_partitioning = false)")
            yield tables

    def assert_consistent(self, what):
        """Every file that a reader sees is whole, and no day of a store is in two."""
        if not self.files:
            return 0
        with self.open() as tables:
            twice = tables.execute("SELECT store, day FROM sales GROUP BY ALL "
                                   "HAVING count(*) <> count(DISTINCT item) LIMIT 1").fetchall()
            assert not twice, f"{what}: {twice}"
            return tables.execute("SELECT count(*) FROM sales").fetchone()[0]


SINKS = {"duckdb": DuckdbSink, "parquet": ParquetSink}
