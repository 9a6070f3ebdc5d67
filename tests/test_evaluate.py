"""`tillstream evaluate` as a user has it: scores, Kaggle's files and back, and what it refuses."""

import csv
import json
import os
import stat

import pytest

STORES, ITEMS, DAYS = 3, 20, 450
# Levels of the competition's hierarchy.
LEVELS = 12
ORIGIN = DAYS - 28


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    tillstream.check("synth", "--out", folder, "--stores", STORES, "--items", ITEMS, "--days", DAYS,
                     "-q")
    return folder


def scores(tillstream, data, *options):
    done = tillstream.check("evaluate", "--data", data, "--json", *options)
    return {model["model"]: model for model in json.loads(done.stdout)["models"]}


def test_models_are_scored_on_days_that_they_have_not_seen(tillstream, data):
    models = scores(tillstream, data, "--origins", f"{ORIGIN - 28},{ORIGIN}", "--models",
                    "naive,snaive,pooled")
    assert list(models) == ["naive", "snaive", "pooled"]
    for model in models.values():
        windows = [origin["window"] for origin in model["origins"]]
        assert windows[1].startswith(f"d_{ORIGIN + 1}..d_{DAYS} ")
        for origin in model["origins"]:
            assert len(origin["levels"]) == LEVELS
            mean = sum(level["wrmsse"] for level in origin["levels"]) / LEVELS
            assert origin["wrmsse"] == pytest.approx(mean)
    assert models["pooled"]["wrmsse"]["mean"] < models["snaive"]["wrmsse"]["mean"]
    pooled = models["pooled"]["origins"][0]
    assert pooled["wspl"] > 0
    for level in pooled["levels"]:
        for shares in (level["coverage"], level["pit_coverage"]):
            assert 0 < shares["50"] <= shares["67"] <= shares["95"] <= 1, level
    assert models["naive"]["origins"][0]["levels"][0]["pit_coverage"] is None


def test_an_origin_whose_days_are_not_there_has_no_score(tillstream, data):
    done = tillstream.check("evaluate", "--data", data, "--origins", DAYS, "--models", "snaive")
    assert f"no score: d_{DAYS + 1}..d_{DAYS + 28} " in done.stdout


def test_kaggles_files_are_written_and_score_the_same(tillstream, data, tmp_path):
    means, quantiles = tmp_path / "means.csv", tmp_path / "quantiles.csv"
    tillstream.check("evaluate", "--data", data, "--models", "mean4", "--submission", means)
    tillstream.check("evaluate", "--data", data, "--models", "pooled", "--uncertainty", quantiles)
    with open(means, encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", *(f"F{day}" for day in range(1, 29))]
    assert len(rows) == 1 + 2 * STORES * ITEMS
    assert all(float(cell) >= 0 for row in rows[1:] for cell in row[1:])
    with open(quantiles, encoding="utf-8") as file:
        assert (sum(1 for _ in file) - 1) % (2 * 9) == 0
    scored = scores(tillstream, data, "--score", means, "--actuals",
                    data / "sales_train_evaluation.csv")["submitted"]
    asked = scores(tillstream, data, "--origins", ORIGIN, "--models", "mean4")["mean4"]
    # The file has six digits.
    assert scored["wrmsse"]["mean"] == pytest.approx(asked["wrmsse"]["mean"], rel=1e-4)


def test_what_is_no_place_for_a_file_is_left_alone(tillstream, data, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place, message in ((pipe, "is a device or a pipe; give a file"),
                           (tmp_path, "is a folder"),
                           (tmp_path / "none" / "a.csv", "its folder is not there; make "
                                                         f"{tmp_path / 'none'}")):
        done = tillstream.check("evaluate", "--data", data, "--submission", place, code=6)
        assert done.stderr.splitlines()[-1] == f"error: {place}: {message}"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(tmp_path.iterdir()) == [pipe]


def test_where_nothing_can_be_scaled_there_is_no_score(tillstream, data):
    models = scores(tillstream, data, "--origins", f"1,{ORIGIN}", "--models", "snaive")
    first, second = models["snaive"]["origins"]
    assert first["wrmsse"] is None and second["wrmsse"] > 0
    assert models["snaive"]["wrmsse"]["mean"] is None
    shown = tillstream.check("evaluate", "--data", data, "--origins", "1", "--models", "snaive")
    assert "0.0000" not in shown.stdout


@pytest.mark.parametrize("options, message", [
    (("--origins", "9999"), f"--origins: d_9999 lies after the last day of sales, d_{DAYS}"),
    (("--origins", "x"), '--origins: "x" is not a day; write 1913 or d_1913'),
    (("--models", "foo"), '--models: "foo" is no model; there are all, naive, snaive, mean4, ma28, '
                          "ses, croston, ana, calendar, reconciled, pooled"),
    (("--origins", "300", "--submission", "none/x.csv"),
     f"--origins: the last one is d_300, and rows called _validation are from d_{ORIGIN}; ask for "
     "that or a later one, too"),
])
def test_what_it_cannot_do_is_one_line(tillstream, data, options, message):
    done = tillstream.check("evaluate", "--data", data, *options, code=2)
    assert done.stderr == f"error: {message}\n"
