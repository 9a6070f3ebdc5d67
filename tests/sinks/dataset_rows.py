"""What the tables must hold, read from the dataset's files and nothing else."""

import csv
import gzip


def open_csv(folder, *names):
    for name in names:
        for path in (folder / name, folder / (name + ".gz")):
            if path.exists():
                opened = gzip.open if path.suffix == ".gz" else open
                return opened(path, "rt", encoding="utf-8", newline="")
    raise AssertionError(f"{folder}: none of {names}")


def cents_of(text):
    whole, _, decimals = text.partition(".")
    return int(whole or 0) * 100 + int(decimals.ljust(2, "0")[:2])


def money(cents):
    """As numeric(n, 2) is printed."""
    return f"{cents // 100}.{cents % 100:02}"


class Dataset:
    """The files of a dataset, as far as tables need them."""

    def __init__(self, folder):
        self._folder = folder
        with open_csv(folder, "calendar.csv") as file:
            calendar = {row["d"]: (row["date"], row["wm_yr_wk"]) for row in csv.DictReader(file)}
        with open_csv(folder, "sell_prices.csv") as file:
            self._prices = {(row["store_id"], row["item_id"], row["wm_yr_wk"]):
                            cents_of(row["sell_price"]) for row in csv.DictReader(file)}
        with self._sales() as file:
            header = next(csv.reader(file))
            self._columns = {name: i for i, name in enumerate(header)}
            self._first = header.index("d_1")
            self.dates = [calendar[name] for name in header[self._first:]]  # date, week

    def _sales(self):
        return open_csv(self._folder, "sales_train_evaluation.csv", "sales_train_validation.csv")

    def series(self):
        """(store, item, dept, cat, state), units of each day, and cents of each day, or None."""
        with self._sales() as file:
            reader = csv.reader(file)
            next(reader)
            names = ("store_id", "item_id", "dept_id", "cat_id", "state_id")
            for row in reader:
                key = tuple(row[self._columns[name]] for name in names)
                prices = [self._prices.get((key[0], key[1], week)) for _, week in self.dates]
                yield key, [int(units) for units in row[self._first:]], prices

    def sales(self):
        """All rows of `sales` as psql prints them, sorted."""
        return sorted(
            [*key, str(day), self.dates[day - 1][0], str(units), "" if cents is None else
             money(cents)]
            for key, sold, prices in self.series()
            for day, (units, cents) in enumerate(zip(sold, prices), 1))

    def store_days(self):
        """All rows of `store_days`, sorted: sums of each store and day."""
        sums = {}
        for key, sold, prices in self.series():
            of_store = sums.setdefault((key[0], key[4]), [[0, 0, 0, 0] for _ in self.dates])
            for of_day, units, cents in zip(of_store, sold, prices):
                of_day[0] += 1
                if units:
                    of_day[1] += units
                    of_day[2] += units * cents if cents is not None else 0
                    of_day[3] += units if cents is None else 0
        return sorted(
            [*store, str(day), self.dates[day - 1][0], str(events), str(units), money(cents),
             str(unpriced), "0"]
            for store, days in sums.items()
            for day, (events, units, cents, unpriced) in enumerate(days, 1))
