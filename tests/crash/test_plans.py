"""Partition plans on the embedded log: what is refused before anything is made, stores that come
later, and partitions that end on different days."""

import json
import shutil

import lib


def classes_file(folder, *classes):
    path = folder / "classes.json"
    path.write_text(json.dumps({"classes": [
        {"name": name, "partitions": partitions, "stores": stores}
        for name, partitions, stores in classes]}), encoding="utf-8")
    return path


def refused(tillstream, arguments, code, message):
    done = tillstream.run(*arguments)
    assert done.returncode == code, done.stderr
    assert done.stderr.splitlines()[-1] == f"error: {message}"


def test_what_cannot_be_written_leaves_nothing_behind(tillstream, work):
    data = lib.synth(tillstream, work / "data", 4, 10, 20)
    log = work / "log"
    size = lib.replay(data, log, "--plan", "size")
    refused(tillstream, [*size, "--store", "CA_9"], 2,
            'store "CA_9": not among the 4 stores of sales_train_evaluation.csv; did you mean CA_1')
    one = classes_file(work, ("all", 1, ["CA_1", "CA_2", "TX_1", "WI_1"]))
    refused(tillstream, [*size, "--size-classes", one, "--store", "CA_1"], 2,
            "--store: partition 0 has the events of CA_1, CA_2, TX_1, WI_1, in one order; give all "
            "of them, or none")
    refused(tillstream, [*size, "--processes"], 2,
            "--processes: under plan size stores share partitions of the embedded log, which have "
            "one writer each; leave --processes out, or use -b or another --plan")
    lacks = classes_file(work, ("a", 1, ["CA_1", "CA_2", "TX_1"]))
    refused(tillstream, [*size, "--size-classes", lacks], 3,
            f"{lacks}: store WI_1 is in no class; give it one")
    refused(tillstream, lib.replay(data, log, "--plan", "moon"), 2,
            '--plan: "moon" is not a plan; write store, size or topic')
    refused(tillstream, lib.replay(data, log, "--store-partitions", "3"), 2,
            "--store-partitions: needs --plan topic")
    assert not log.exists()


def test_the_plan_and_the_first_day_are_the_runs(tillstream, work):
    data = lib.synth(tillstream, work / "data", 4, 10, 20)
    log = work / "log"
    tillstream.check(*lib.replay(data, log, "--plan", "topic", "--from", "d_3", "--to", "d_9"))
    tillstream.check(*lib.replay(data, log))
    tillstream.check("verify", "--data", data, "--log", log, "--complete")
    refused(tillstream, lib.replay(data, log, "--plan", "store"), 7,
            "run: began with --plan topic, found store; use the options and data that the run began "
            "with, or another --log or --topic")


def test_a_store_that_is_added_later_has_a_partition_of_its_own(tillstream, work):
    before = lib.synth(tillstream, work / "before", 4, 10, 20)
    after = lib.synth(tillstream, work / "after", 5, 10, 20)
    stores = sorted(row["store"] for row in places(tillstream, before, work / "probe"))
    log = work / "log"
    tillstream.check(*lib.replay(before, log, "--plan", "size", "--size-classes",
                                 classes_file(work, ("all", 2, stores))))
    with_new = sorted(row["store"] for row in places(tillstream, after, work / "probe-2"))
    new = (set(with_new) - set(stores)).pop()
    options = ("--plan", "size", "--size-classes", classes_file(work, ("all", 2, with_new)))
    for _ in range(2):
        tillstream.check(*lib.replay(after, log, *options))
    found = {row["store"]: row["place"] for row in places(tillstream, after, log)}
    assert found[new] == "2 (added)"
    assert {found[store] for store in stores} == {"0 (all)", "1 (all)"}
    tillstream.check("verify", "--data", after, "--log", log, "--complete")


def places(tillstream, data, log):
    tillstream.check(*lib.replay(data, log, "-q"))
    return json.loads(tillstream.check("position", "show", "--log", log, "--json").stdout)


def test_a_store_stands_where_its_partition_that_is_furthest_behind_does(tillstream, work):
    data = lib.synth(tillstream, work / "data", 2, 30, 40)
    oracle = lib.make_oracle(tillstream, data, work / "oracle", "--plan", "topic")
    log = work / "log"
    tillstream.check(*lib.replay(data, log, "--plan", "topic", "--to", "d_31"))
    # As after a power cut that one partition did not survive, nor the totals behind it.
    for lost in ("sales-store-CA_1-1", "sales-days-0"):
        for path in (log / lost).iterdir():
            path.unlink()
    rows = json.loads(tillstream.check("position", "show", "--log", log, "--json").stdout)
    assert [row["next_day"] for row in rows] == [1, 31]
    assert 0 < rows[0]["position"] < rows[1]["position"]
    copy = work / "copy"
    shutil.copytree(log, copy)
    for where, options in ((log, ()), (copy, ("--processes",))):
        done = tillstream.check(*lib.replay(data, where, "--speed", "200d/s", *options))
        assert "going on at d_1 with" in done.stderr
        lib.assert_same(where, oracle, options)
