"""Totals of a dataset by brute force, from its CSV files alone."""

import collections
import csv
import datetime
import math

FIELDS = {"state": "state_id", "store": "store_id", "category": "cat_id", "department": "dept_id",
          "item": "item_id"}


def read(folder, days):
    """(date of d_1, [(day, row of the sales file, units, cents or None)])."""
    with open(folder / "calendar.csv", encoding="utf-8") as file:
        calendar = list(csv.DictReader(file))
    weeks = {int(row["d"][2:]): row["wm_yr_wk"] for row in calendar}
    with open(folder / "sell_prices.csv", encoding="utf-8") as file:
        prices = {(row["store_id"], row["item_id"], row["wm_yr_wk"]): round(
            float(row["sell_price"]) * 100) for row in csv.DictReader(file)}
    sales = []
    with open(next(folder.glob("sales_train_*.csv")), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for day in range(1, days + 1):
                cents = prices.get((row["store_id"], row["item_id"], weeks[day]))
                sales.append((day, row, int(row[f"d_{day}"]), cents))
    return datetime.date.fromisoformat(calendar[0]["date"]), sales


def begin_of(date, by, first):
    if by == "day":
        return date
    if by == "week":
        return date - datetime.timedelta(days=(date - first).days % 7)
    return date.replace(day=1)


def end_of(begin, by):
    if by == "month":
        return (begin + datetime.timedelta(days=31)).replace(day=1)
    return begin + datetime.timedelta(days={"day": 1, "week": 7}[by])


class Group:
    def __init__(self):
        self.sums = collections.Counter()
        self.items = collections.Counter()
        self.series = collections.defaultdict(lambda: [0, 0, 0])  # units, cents, listed days


def fisher(before, now):
    sums = [0.0] * 4
    for key, (q1, cents1, days1) in now.series.items():
        q0, cents0, days0 = before.series[key]
        if days0 == 0 or days1 == 0:
            continue
        p0, p1 = cents0 / days0, cents1 / days1
        for i, term in enumerate((p1 * q0, p0 * q0, p1 * q1, p0 * q1)):
            sums[i] += term
    if sums[1] == 0 or sums[3] == 0:
        return None
    return math.sqrt(sums[0] / sums[1] * sums[2] / sums[3])


def totals(folder, dimensions, by, days, top=3):
    """The lines that `consume --totals` prints for the first `days` days, as dicts."""
    first, sales = read(folder, days)
    periods = collections.defaultdict(lambda: collections.defaultdict(Group))
    for day, row, sold, cents in sales:
        date = first + datetime.timedelta(days=day - 1)
        key = tuple(row[FIELDS[name]] for name in dimensions)
        group = periods[begin_of(date, by, first)][key]
        group.sums.update(events=1, units=sold)
        series = group.series[row["store_id"], row["item_id"]]
        series[0] += sold
        group.items[row["item_id"]] += sold
        if cents is None:
            group.sums["unpriced_units"] += sold
            continue
        group.sums.update(listed_events=1, revenue_cents=cents * sold, zero_events=sold == 0)
        series[1] += cents
        series[2] += 1
    lines, before = [], None
    end = first + datetime.timedelta(days=days)
    for begin in sorted(periods):
        if end_of(begin, by) > end:
            break
        for key in sorted(periods[begin]):
            group = periods[begin][key]
            past = before and before[key]
            movers = [] if not past or "item" in dimensions else sorted(
                (-abs(units - past.items[item]), item, units, past.items[item])
                for item, units in group.items.items() if units != past.items[item])[:top]
            line = {"period": by, "begin": str(begin), "end": str(end_of(begin, by)),
                    "days": (end_of(begin, by) - max(begin, first)).days, "complete": True}
            line |= {FIELDS[name]: value for name, value in zip(dimensions, key)}
            line |= {"units": group.sums["units"],
                     "units_before": past.sums["units"] if past else None}
            line |= {name: group.sums[name] for name in (
                "revenue_cents", "unpriced_units", "events", "listed_events", "zero_events")}
            listed = group.sums["listed_events"]
            line["share_of_zeros"] = group.sums["zero_events"] / listed if listed else None
            line["price_index"] = fisher(past, group) if past else None
            line["movers"] = [{"item_id": item, "units": now, "units_before": then}
                              for _, item, now, then in movers]
            lines.append(line)
        before = periods[begin]
    return lines


def assert_same(found, expected):
    """Equal but for the last digits of price indexes: ours are of prices rounded to a thousandth
    of a cent."""
    assert len(found) == len(expected)
    for line, wanted in zip(found, expected):
        index, wanted_index = line.pop("price_index"), wanted.pop("price_index")
        assert line == wanted
        assert (index is None) == (wanted_index is None), line
        assert index is None or math.isclose(index, wanted_index, rel_tol=1e-5), line
