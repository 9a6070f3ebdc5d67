"""What may change from one start of a run to the next, and what is refused before a byte is
written."""

import csv
import gzip
import re
import shutil

import pytest

import lib

DAYS_SHORT = 25
REMEDY = "use the options and data that the run began with, or another --log or --topic"


def sales_file(data):
    return next(data.glob("sales_train_*.csv"))


def edit_sales(data, edit, name=None):
    """Writes the rows of the sales file, each as `edit` gives it back; under another name, too."""
    path = sales_file(data)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    path.unlink()
    with open(data / (name or path.name), "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(edit(i, row) for i, row in enumerate(rows))


def shorter(data, target):
    """The dataset as it was some weeks before: fewer days, and Kaggle's other name."""
    shutil.copytree(data, target)

    def cut(i, row):
        row = row[:6 + DAYS_SHORT]
        if i > 0:
            row[0] = row[0].replace("_evaluation", "_validation")
        return row

    edit_sales(target, cut, "sales_train_validation.csv")
    return target


@pytest.fixture(scope="module", autouse=True)
def counted(request, count):
    yield
    wanted = sum(item.fspath == request.node.fspath for item in request.session.items)
    count(f"starts with other data or options: {wanted} cases, {request.session.testsfailed} wrong")


@pytest.fixture
def longer(tillstream, work):
    return lib.synth(tillstream, work / "longer", stores=2, items=5, days=40)


@pytest.fixture
def begun(tillstream, longer, work):
    """(data, log) of a run that stands at its end, with days to come."""
    data = shorter(longer, work / "shorter")
    log = work / "log"
    tillstream.check(*lib.replay(data, log, *lib.SMALL_SEGMENTS))
    return data, log


def assert_refused(tillstream, command, log, message):
    """Exit code 7 with the message, and nothing was touched."""
    before = lib.content(log)
    done = tillstream.check(*command, code=7)
    assert re.fullmatch(message, done.stderr.splitlines()[-1]), done.stderr
    lib.assert_same(log, before, "a refused start")


@pytest.mark.parametrize("to", (None, "d_20"), ids=("from the end", "from the middle"))
def test_data_with_more_days_goes_on_byte_identical(tillstream, longer, work, to):
    oracle = lib.make_oracle(tillstream, longer, work / "oracle", *lib.SMALL_SEGMENTS)
    log = work / "log"
    data = shorter(longer, work / "shorter")
    tillstream.check(*lib.replay(data, log, *lib.SMALL_SEGMENTS, *(["--to", to] if to else [])))
    lib.resume(tillstream, lib.replay(longer, log, *lib.SMALL_SEGMENTS), log, oracle,
               "validation, then evaluation")


def test_data_with_fewer_days_is_refused(tillstream, longer, work):
    data = shorter(longer, work / "shorter")
    log = work / "log"
    tillstream.check(*lib.replay(longer, log, *lib.SMALL_SEGMENTS))
    assert_refused(tillstream, lib.replay(data, log, *lib.SMALL_SEGMENTS), log,
                   rf"error: run: store CA_1: the data ends at d_{DAYS_SHORT}, "
                   rf"began with data to d_40; {REMEDY}")


def test_the_same_data_in_gzip_goes_on_byte_identical(tillstream, longer, work):
    oracle = lib.make_oracle(tillstream, longer, work / "oracle", *lib.SMALL_SEGMENTS)
    log = work / "log"
    tillstream.check(*lib.replay(longer, log, *lib.SMALL_SEGMENTS, "--to", "d_20"))
    packed = work / "packed"
    packed.mkdir()
    for path in longer.glob("*.csv"):
        (packed / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    lib.resume(tillstream, lib.replay(packed, log, *lib.SMALL_SEGMENTS), log, oracle,
               ".csv, then .csv.gz")


@pytest.mark.parametrize("what", ("units", "price"))
def test_a_change_in_the_past_is_refused_with_store_and_day(tillstream, begun, longer, what):
    data, log = begun
    day = DAYS_SHORT - 4
    if what == "units":
        def change(_, row):
            if row[4] == "TX_1" and row[1].endswith("001"):
                row[5 + day] = str(int(row[5 + day]) + 1)
            return row
        edit_sales(longer, change)
        expected = f"d_{day}"
    else:
        # The last week's prices of a store that are on the calendar of the days written.
        path = longer / "sell_prices.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        calendar = (longer / "calendar.csv").read_text(encoding="utf-8").splitlines()
        week_of = [line.split(",")[1] for line in calendar[1:]]
        changed = [re.sub(r"[\d.]+$", "123.45", line)
                   if line.startswith("TX_1,") and line.split(",")[2] == week_of[day - 1] else line
                   for line in lines]
        assert changed != lines
        path.write_text("\n".join(changed) + "\n", encoding="utf-8")
        expected = f"d_{week_of.index(week_of[day - 1]) + 1}"
    assert_refused(tillstream, lib.replay(longer, log, *lib.SMALL_SEGMENTS), log,
                   rf"error: run: store TX_1: {expected} \(\d{{4}}-\d\d-\d\d\) differs from the "
                   rf"data that the run began with; {REMEDY}")


def test_a_change_in_days_to_come_is_none(tillstream, begun, longer, work):
    _, log = begun

    def change(i, row):
        if i > 0:
            row[5 + DAYS_SHORT + 1] = "17"
        return row

    edit_sales(longer, change)
    oracle = lib.make_oracle(tillstream, longer, work / "oracle", *lib.SMALL_SEGMENTS)
    lib.resume(tillstream, lib.replay(longer, log, *lib.SMALL_SEGMENTS), log, oracle,
               "days to come changed")


@pytest.mark.parametrize("options, difference", (
    (("--codec", "lz4"), "began with --codec zstd, found lz4"),
    (("--from", "d_2"), "began with --from d_1, found d_2"),
    (("--segment-bytes", "8192"), "began with --segment-bytes 4096, found 8192"),
), ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_options_that_decide_the_bytes_are_refused(tillstream, begun, options, difference):
    data, log = begun
    command = lib.replay(data, log, *lib.SMALL_SEGMENTS, *options)
    assert_refused(tillstream, command, log, f"error: run: {difference}; {REMEDY}")


def test_options_that_decide_no_byte_may_change_at_every_start(tillstream, begun, work):
    data, _ = begun
    oracle = lib.make_oracle(tillstream, data, work / "oracle", *lib.SMALL_SEGMENTS)
    log = work / "stepwise"
    for options in (("--store", "TX_1", "--to", "d_5"), ("--to", "d_9", "--speed", "500d/s"),
                    ("--store", "CA_1", "--sync", "0,0ms"), ("--to", "d_7"),
                    ("--threads", 1, "--max-skew", 0)):
        tillstream.check(*lib.replay(data, log, *lib.SMALL_SEGMENTS, *options))
    lib.assert_same(log, oracle, "other options at each start")


@pytest.mark.parametrize("codec", lib.CODECS)
def test_a_run_that_begins_later_is_resumed_byte_identical(tillstream, begun, work, codec):
    data, _ = begun
    options = ("--from", "2011-02-03", "--codec", codec, *lib.SMALL_SEGMENTS)
    oracle = lib.make_oracle(tillstream, data, work / "oracle", *options)
    log = work / "later"
    tillstream.check(*lib.replay(data, log, *options, "--to", "d_12"))
    lib.resume(tillstream, lib.replay(data, log, *options), log, oracle, "--from")
