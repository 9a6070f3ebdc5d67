"""Compares tables of a database with a dataset, by SQL."""

ALL_SALES = "SELECT store, item, dept, cat, state, day, date, sold, price FROM sales"
ALL_STORE_DAYS = ("SELECT store, state, day, date, events, units, revenue, unpriced_units, revision"
                  " FROM store_days")
# What store_days says, from the rows of sales.
SUMS = ("SELECT store, state, day, date, count(*), sum(sold),"
        " coalesce(sum(sold * price), 0)::numeric(18,2),"
        " coalesce(sum(sold) FILTER (WHERE price IS NULL), 0), 0"
        " FROM sales GROUP BY store, state, day, date")


def first_difference(found, expected, what):
    """Empty when both lists are equal; else the first row that is in one of them only."""
    if found == expected:
        return ""
    for a, b in zip(found, expected):
        if a != b:
            return f"{what}: {len(found)} rows of {len(expected)}; found {a}, expected {b}"
    return f"{what}: {len(found)} rows, expected {len(expected)}"


def assert_rows(database, sales, store_days, context=""):
    """Every row is there once, and nothing else."""
    for sql, expected, what in ((ALL_SALES, sales, "sales"),
                                (ALL_STORE_DAYS, store_days, "store_days")):
        found = first_difference(sorted(database.sql(sql)), expected, what)
        assert not found, f"{context} {found}"


def assert_sums(database, store_days, context=""):
    """Row count, units and revenue of each store and day are the dataset's, in both tables."""
    for sql, what in ((SUMS, "sums of sales"), (ALL_STORE_DAYS, "store_days")):
        found = first_difference(sorted(database.sql(sql)), store_days, what)
        assert not found, f"{context} {found}"
