"""The log as somebody else reads it: kafka-python and fastavro, with the schemas that stand in the
log itself, against what Python's csv module reads from the dataset."""

import csv
import datetime
import struct
from decimal import Decimal

import pytest

import foreign_log

STORES, ITEMS, DAYS = 3, 20, 60
EPOCH = datetime.date(1970, 1, 1)


def as_float(cents):
    """The 32-bit float nearest to cents / 100."""
    return struct.unpack("<f", struct.pack("<f", float(Decimal(cents) / 100)))[0]


def rows(directory, pattern):
    (path,) = directory.glob(pattern)
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


class Dataset:
    """The CSV files, joined in the plainest way: for every store its events and end-of-day totals."""

    def __init__(self, directory):
        self.calendar = {row["d"]: row for row in rows(directory, "calendar.csv")}
        self.cents = {(row["store_id"], row["item_id"], row["wm_yr_wk"]):
                      int(Decimal(row["sell_price"]) * 100)
                      for row in rows(directory, "sell_prices.csv")}
        self.sales = {}
        for row in rows(directory, "sales_train_*.csv"):
            self.sales.setdefault(row["store_id"], []).append(row)

    def stores(self):
        return sorted(self.sales)

    def events(self, store):
        """(date, key, value) of every event of a store, in the order of its stream."""
        for day in range(1, DAYS + 1):
            calendar = self.calendar[f"d_{day}"]
            for row in self.sales[store]:
                cents = self.cents.get((store, row["item_id"], calendar["wm_yr_wk"]))
                value = {name: row[name]
                         for name in ("item_id", "dept_id", "cat_id", "store_id", "state_id")}
                value |= {"day": day, "sold": int(row[f"d_{day}"]),
                          "sell_price": None if cents is None else as_float(cents)}
                yield calendar["date"], f"{row['item_id']}_{store}", value

    def totals(self, store):
        for day in range(1, DAYS + 1):
            calendar = self.calendar[f"d_{day}"]
            units = revenue = unpriced = 0
            for row in self.sales[store]:
                sold = int(row[f"d_{day}"])
                cents = self.cents.get((store, row["item_id"], calendar["wm_yr_wk"]))
                units += sold
                if cents is None:
                    unpriced += sold
                else:
                    revenue += sold * cents
            yield {"store_id": store, "state_id": self.sales[store][0]["state_id"], "day": day,
                   "date": datetime.date.fromisoformat(calendar["date"]),
                   "events": len(self.sales[store]), "units": units, "revenue_cents": revenue,
                   "unpriced_units": unpriced, "revision": 0}


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", directory, "--stores", STORES, "--items", ITEMS,
                     "--days", DAYS, "--seed", 7)
    return directory


@pytest.fixture(scope="module", params=["none", "lz4", "zstd"])
def log(tillstream, data, request, tmp_path_factory):
    directory = tmp_path_factory.mktemp("log") / request.param
    tillstream.check("replay", "--data", data, "--log", directory, "--codec", request.param, "-q")
    return directory


def timestamp_of(date):
    return (datetime.date.fromisoformat(date) - EPOCH).days * 86_400_000


def test_every_field_of_every_event_is_what_the_csv_says(data, log, count):
    dataset = Dataset(data)
    schemas = foreign_log.schemas(log)
    assert foreign_log.partitions(log, "sales") == list(range(STORES))
    events = sold = unpriced = 0
    for partition, store in enumerate(dataset.stores()):
        found = foreign_log.records(log, "sales", partition)
        for record, (date, key, value) in zip(found, dataset.events(store), strict=True):
            assert foreign_log.decode(record.value, schemas) == value
            assert record.key.decode() == key
            assert record.timestamp == timestamp_of(date)
            assert not record.headers
            events += 1
            sold += value["sold"]
            unpriced += value["sell_price"] is None
    assert events == STORES * ITEMS * DAYS
    # A dataset without sales, or without items that are not listed yet, would prove little.
    assert sold > 0 and unpriced > 0
    count(f"foreign reader: {log.name}: {events} events, all fields equal to the CSV's, "
          f"{sold} units, {unpriced} without a price")


def test_every_end_of_day_total_is_what_the_csv_adds_up_to(data, log):
    dataset = Dataset(data)
    schemas = foreign_log.schemas(log)
    for partition, store in enumerate(dataset.stores()):
        found = [foreign_log.decode(record.value, schemas)
                 for record in foreign_log.records(log, "sales-days", partition)]
        assert found == list(dataset.totals(store))


def test_the_reader_notices_a_flipped_byte(log):
    (path,) = foreign_log.segments(log, "sales", 0)
    content = bytearray(path.read_bytes())
    original = bytes(content)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    try:
        with pytest.raises(Exception):
            schemas = foreign_log.schemas(log)
            for record in foreign_log.records(log, "sales", 0):
                foreign_log.decode(record.value, schemas)
    finally:
        path.write_bytes(original)
