#!/usr/bin/env python3
"""The work of `tillstream replay -b` as one would write it with confluent-kafka and fastavro.

    confluent_fastavro.py SERVERS TOPIC DATA TO SCHEMA [NAME=VALUE...]

Reads the M5 files in DATA, joins calendar and prices, and writes the days before d_TO to TOPIC, which
must be there: a producer a store, each on the store's partition, Avro of the schema file SCHEMA
behind Confluent's five bytes (id 1), the store's date as event time, a delivery callback on every
message. NAME=VALUE is commit=EVENTS,MS (a producer commits after that), commit=none (idempotent, no
transactions), or any property of librdkafka.

One process, as the interpreter's lock allows one thread. No totals, no positions. Only the cells and
prices of the days that are wanted are taken from the files.

Prints JSON: events, seconds and processor seconds from the first message until all is committed, and
the processor seconds of reading the files before that.
"""

import datetime
import io
import json
import pathlib
import struct
import sys
import time

import confluent_kafka
import fastavro

DATE, WEEK = 0, 1
FIRST_CELL = 6
MAGIC = struct.pack(">bI", 0, 1)
SALES = ("sales_train_evaluation.csv", "sales_train_validation.csv")
POLL_EVERY = 1000
INIT_SECONDS = 60
FLUSH_SECONDS = 600


class Store:
    """One store: its rows, its producer and what was delivered."""

    def __init__(self, partition):
        self.partition = partition
        self.rows = []  # (key, item, dept, cat, store, state, units, prices by week)
        self.producer = None
        self.produced = self.delivered = self.began_at = 0
        self.began = None

    def on_delivery(self, error, _message):
        if error is not None:
            raise SystemExit(f"not delivered: {error}")
        self.delivered += 1


def read_calendar(folder, to):
    """(milliseconds, week) of each day before `to`."""
    days = []
    with open(folder / "calendar.csv", encoding="utf-8") as file:
        next(file)
        for line in file:
            cells = line.split(",", 2)
            date = datetime.datetime.fromisoformat(cells[DATE]).replace(tzinfo=datetime.timezone.utc)
            days.append((int(date.timestamp() * 1000), int(cells[WEEK])))
            if len(days) == to - 1:
                break
    return days


def read_prices(folder, last_week):
    prices = {}
    with open(folder / "sell_prices.csv", encoding="utf-8") as file:
        next(file)
        for line in file:
            store, item, week, price = line.split(",")
            week = int(week)
            if week <= last_week:
                prices.setdefault((store, item), {})[week] = float(price)
    return prices


def read_stores(folder, to, prices):
    path = next(folder / name for name in SALES if (folder / name).exists())
    stores = {}
    with open(path, encoding="utf-8") as file:
        next(file)
        for line in file:
            cells = line.split(",", FIRST_CELL + to - 1)
            _, item, dept, cat, store, state = cells[:FIRST_CELL]
            units = [int(cell) for cell in cells[FIRST_CELL:FIRST_CELL + to - 1]]
            rows = stores.setdefault(store, Store(len(stores))).rows
            rows.append((f"{item}_{store}", item, dept, cat, store, state, units,
                         prices.get((store, item), {})))
    return list(stores.values())


def send_day(store, topic, schema, day, time_ms, week):
    producer, on_delivery, partition = store.producer, store.on_delivery, store.partition
    for key, item, dept, cat, name, state, units, prices in store.rows:
        out = io.BytesIO()
        out.write(MAGIC)
        fastavro.schemaless_writer(out, schema, {
            "item_id": item, "dept_id": dept, "cat_id": cat, "store_id": name, "state_id": state,
            "day": day, "sold": units[day - 1], "sell_price": prices.get(week)})
        while True:
            try:
                producer.produce(topic, key=key, value=out.getvalue(), partition=partition,
                                 timestamp=time_ms, on_delivery=on_delivery)
                break
            except BufferError:
                producer.poll(0.1)
        store.produced += 1
        if store.produced % POLL_EVERY == 0:
            producer.poll(0)


def commit(store):
    store.producer.commit_transaction()
    store.began = None


def connect(stores, servers, topic, properties, transactional):
    for store in stores:
        more = {"transactional.id": f"python/{topic}/{store.partition}"} if transactional else {}
        store.producer = confluent_kafka.Producer({
            "bootstrap.servers": servers, "enable.idempotence": True, **properties, **more})
        if transactional:
            store.producer.init_transactions(INIT_SECONDS)


def produce_all(stores, topic, schema, days, policy):
    for day, (time_ms, week) in enumerate(days, 1):
        for store in stores:
            if policy and store.began is None:
                store.producer.begin_transaction()
                store.began, store.began_at = time.monotonic(), store.produced
            send_day(store, topic, schema, day, time_ms, week)
            if policy and (store.produced - store.began_at >= policy[0]
                           or time.monotonic() - store.began >= policy[1] / 1000):
                commit(store)
    for store in stores:
        if store.began is not None:
            commit(store)
        store.producer.flush(FLUSH_SECONDS)
        if store.delivered != store.produced:
            raise SystemExit(f"{store.delivered} of {store.produced} messages were delivered")


def main():
    servers, topic, folder, to, schema_file = sys.argv[1:6]
    properties = dict(word.split("=", 1) for word in sys.argv[6:])
    wanted = properties.pop("commit", "1000000,1000")
    policy = None if wanted == "none" else [int(number) for number in wanted.split(",")]
    folder, to = pathlib.Path(folder), int(to)
    days = read_calendar(folder, to)
    stores = read_stores(folder, to, read_prices(folder, days[-1][1]))
    schema = fastavro.parse_schema(json.loads(pathlib.Path(schema_file).read_text(encoding="utf-8")))
    connect(stores, servers, topic, properties, policy is not None)
    loading = time.process_time()
    begin = time.monotonic()
    produce_all(stores, topic, schema, days, policy)
    print(json.dumps({
        "events": sum(store.produced for store in stores), "seconds": time.monotonic() - begin,
        "cpu": time.process_time() - loading, "loading_cpu": loading}))


if __name__ == "__main__":
    main()
