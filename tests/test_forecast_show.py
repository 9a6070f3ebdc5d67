"""`tillstream forecast show` as a user has it: charts, SVG, JSON, and what it refuses."""

import fcntl
import json
import math
import os
import pty
import re
import struct
import subprocess
import termios
import xml.etree.ElementTree

import pytest

STORES, ITEMS, DAYS = 3, 20, 430
HORIZON = 28
SVG = "{http://www.w3.org/2000/svg}"
# Of nothing but what a test sets.
BARE = {"PATH": os.environ["PATH"]}


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", folder, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    tillstream.check("replay", "--data", folder, "--log", folder / "log", "-q")
    return folder


@pytest.fixture(scope="module")
def ids(data):
    """(item, department, category, store, state) of a series."""
    with open(data / "sales_train_evaluation.csv", encoding="utf-8") as file:
        header = file.readline().split(",")
        row = dict(zip(header, file.readline().split(",")))
    return {name: row[f"{name}_id"] for name in ("item", "dept", "cat", "store", "state")}


def follow(data):
    """Where the days come from: the stream of the dataset, in a folder of its own."""
    return ("--data", data, "--log", data / "log")


def show(tillstream, data, *options):
    done = tillstream.check("forecast", "show", *follow(data), "--json", *options)
    return json.loads(done.stdout)


def test_drivers_multiply_to_the_mean_and_intervals_hold_it(tillstream, data, ids):
    view = show(tillstream, data, "--item", ids["item"], "--store", ids["store"])
    assert view["node"] == f"{ids['item']}_{ids['store']}"
    assert view["level"] == 12
    assert view["origin"] == DAYS
    assert len(view["past"]) == 56
    assert len(view["forecast"]) == HORIZON
    for day in view["forecast"]:
        drivers = day["drivers"]
        assert list(drivers) == ["level", "season", "weekday", "snap", "event"]
        assert math.prod(drivers.values()) == pytest.approx(day["mean"], rel=1e-9, abs=1e-12)
        quantiles = list(day["quantiles"].values())
        assert quantiles == sorted(quantiles)
        for inner, outer in (("50", "67"), ("67", "95")):
            assert day["intervals"][outer][0] <= day["intervals"][inner][0]
            assert day["intervals"][inner][1] <= day["intervals"][outer][1]


def test_what_is_shown_of_a_group_is_the_sum_of_its_parts(tillstream, data, ids):
    stores = [show(tillstream, data, "--store", store) for store in stores_of(data)]
    total = show(tillstream, data)
    assert (total["level"], total["series"]) == (1, STORES * ITEMS)
    for h in range(HORIZON):
        assert total["forecast"][h]["mean"] == pytest.approx(
            sum(store["forecast"][h]["mean"] for store in stores), rel=1e-9)
    for t, day in enumerate(total["past"]):
        assert day["units"] == sum(store["past"][t]["units"] for store in stores)
    state = show(tillstream, data, "--state", ids["state"], "--dept", ids["dept"])
    assert (state["level"], state["level_name"]) == (7, "state x dept")


def stores_of(data):
    with open(data / "sales_train_evaluation.csv", encoding="utf-8") as file:
        column = file.readline().split(",").index("store_id")
        return sorted({line.split(",")[column] for line in file})


def test_forecasts_are_those_that_evaluate_writes(tillstream, data, ids, tmp_path):
    path = tmp_path / "means.csv"
    tillstream.check("evaluate", "--data", data, "--models", "pooled", "--origins", DAYS,
                     "--submission", path)
    row = next(line for line in path.read_text(encoding="utf-8").splitlines()
               if line.startswith(f"{ids['item']}_{ids['store']}_evaluation,"))
    means = [day["mean"] for day in show(tillstream, data, "--item", ids["item"], "--store",
                                         ids["store"])["forecast"]]
    assert means == pytest.approx([float(cell) for cell in row.split(",")[1:]], rel=1e-4)


def test_the_chart_follows_the_locale(tillstream, data):
    arguments = ("forecast", "show", *follow(data))
    plain = tillstream.check(*arguments, env=BARE | {"LC_ALL": "C"})
    assert plain.stdout.isascii() and "\x1b" not in plain.stdout
    assert plain.stdout.startswith("all items, all stores: units a day\n")
    assert all(len(line) <= 80 for line in plain.stdout.splitlines())
    blocks = tillstream.check(*arguments, env=BARE | {"LANG": "C.UTF-8", "COLUMNS": "120"})
    assert "█" in blocks.stdout and "\x1b" not in blocks.stdout
    assert 110 < max(len(line) for line in blocks.stdout.splitlines()) <= 120
    forced = tillstream.check(*arguments, "--ascii", env=BARE | {"LANG": "C.UTF-8"})
    assert forced.stdout == plain.stdout


def test_a_terminal_has_its_own_width_and_colour(tillstream, data, ids):
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 100, 0, 0))
        with subprocess.Popen([tillstream.path, "forecast", "show", "--data", str(data), "--log",
                               str(data / "log"), "--store", ids["store"], "-q"], stdin=subprocess.DEVNULL, stdout=slave,
                              stderr=subprocess.PIPE,
                              env=BARE | {"LANG": "C.UTF-8", "TERM": "xterm"}) as process:
            os.close(slave)
            slave = -1
            text = b""
            while True:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # The other end is closed.
                    break
                if not piece:
                    break
                text += piece
            assert process.wait(timeout=60) == 0
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)
    shown = text.decode()
    assert "\x1b[" in shown
    widths = [len(line) for line in re.sub(r"\x1b\[[0-9;]*[mK]", "", shown).split("\r\n")]
    assert 90 < max(widths) <= 100


def test_a_table_of_the_days(tillstream, data):
    out = tillstream.check("forecast", "show", *follow(data), "--table").stdout
    rows = [line for line in out.splitlines() if re.match(r"\d{4}-\d\d-\d\d  (Mon|Tue|Wed|Thu|Fri|Sat|Sun) ",
                                                          line)]
    assert len(rows) == HORIZON


def test_the_svg_is_well_formed_and_has_all_days(tillstream, data, ids, tmp_path):
    path = tmp_path / "f.svg"
    done = tillstream.check("forecast", "show", *follow(data), "--item", ids["item"], "--svg", path)
    assert f"target: file {path}\n" in done.stderr
    root = xml.etree.ElementTree.parse(path).getroot()
    assert root.tag == SVG + "svg"
    assert root.find(SVG + "title").text == f"item {ids['item']}, all stores"
    fan = [element for element in root if element.tag == SVG + "polygon"]
    assert [len(band.attrib["points"].split()) for band in fan] == [2 * HORIZON] * 3
    again = tmp_path / "again.svg"
    tillstream.check("forecast", "show", *follow(data), "--item", ids["item"], "--svg", again,
                     "--threads", 1)
    assert again.read_bytes() == path.read_bytes()
    assert sorted(tmp_path.iterdir()) == [again, path]  # No temporary file is left.


@pytest.mark.parametrize("place", ["/proc/f.svg", "missing/f.svg"])
def test_an_svg_that_cannot_be_written_is_one_line(tillstream, data, tmp_path, place):
    path = os.path.join(tmp_path, place)
    done = tillstream.check("forecast", "show", *follow(data), "--svg", path, code=6)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and path in errors[0]
    assert done.stdout == ""


def test_a_sold_out_item_is_said_to_be_no_measure_of_demand(tillstream, data, ids, tmp_path):
    with open(data / "sales_train_evaluation.csv", encoding="utf-8") as file:
        lines = file.read().splitlines()
    cells = lines[1].split(",")
    cells[6:] = ["5"] * (DAYS - 20) + ["0"] * 20
    lines[1] = ",".join(cells)
    (tmp_path / "sales_train_evaluation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in ("calendar.csv", "sell_prices.csv"):
        (tmp_path / name).symlink_to(data / name)
    tillstream.check("replay", *follow(tmp_path), "-q")
    options = ("--item", ids["item"], "--store", ids["store"])
    [note] = show(tillstream, tmp_path, *options)["notes"]
    assert re.fullmatch(r"sales are not demand: nothing was sold on the \d\d days from "
                        r"2012-\d\d-\d\d on, where (95|100) units would be usual; it may have been "
                        r"out of stock", note)
    out = tillstream.check("forecast", "show", *follow(tmp_path), *options).stdout
    assert "note: sales are not demand" in out


@pytest.mark.parametrize("options, message", [
    (("--item", "FOODS_1_999999"), '--item: there is no item "FOODS_1_999999"; '),
    (("--store", "CA_11"), '--store: there is no store "CA_11"; did you mean CA_1'),
    (("--state", "ZZZ"), '--state: there is no state "ZZZ"; there are '),
    (("--dept", "FOODS_9"), '--dept: there is no department "FOODS_9"; did you mean FOODS_'),
    (("--cat", "FOOD"), '--cat: there is no category "FOOD"; did you mean FOODS'),
    (("--store", "CA_1", "--state", "CA"), "--state: a store lies in one state; leave it out"),
    (("--past", "113"), '--past: "113" is not a whole number from 0 to 112'),
    (("--itme", "X"), "--itme is not an option of forecast show; did you mean --item"),
])
def test_what_it_cannot_do_is_one_line(tillstream, data, options, message):
    done = tillstream.check("forecast", "show", *follow(data), *options, "-q", code=2)
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_few_days_are_enough(tillstream, tmp_path):
    tillstream.check("synth", "--out", tmp_path, "--stores", 1, "--items", 3, "--days", 5, "-q")
    tillstream.check("replay", *follow(tmp_path), "-q")
    view = show(tillstream, tmp_path)
    assert len(view["past"]) == 5
    assert all(math.isfinite(day["mean"]) and day["mean"] >= 0 for day in view["forecast"])
    tillstream.check("forecast", "show", *follow(tmp_path), "--past", 0)
