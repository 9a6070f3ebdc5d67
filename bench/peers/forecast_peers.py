#!/usr/bin/env python3
"""Forecasts of other people's libraries beside ours: same data, same origins, same measures.

    python3 -m venv build/forecast-peers
    build/forecast-peers/bin/pip install -r bench/peers/forecast_requirements.txt
    build/forecast-peers/bin/python bench/peers/forecast_peers.py --data M5 --build build/release \
        [--origins 1829,1885,1913] [--peers ets,lightgbm] [--series 300] [--out FILE]

ets       statsforecast's AutoETS (season of a week, days before the first sale left out) on series drawn
          from ten classes of volume, one process and one thread. Level 12 of the same series is
          compared with ours, which is run on all series.
lightgbm  mlforecast with LightGBM on all series: one global model, 300 trees of 128 leaves, Tweedie
          1.1, lags and rolling means, prices, SNAP, events; the last 400 days before the origin
          (about 12 M rows), forecast recursively. All 12 levels are compared.

An origin T is the last day that a model sees; T+1 to T+28 are scored. For each a folder is made in
which the sales end on it, so that nobody can look ahead. Scores over all levels are those of
`tillstream evaluate --score`; CPU seconds are the process's, user and system, reading the files
aside. Each peer has a process of its own.
"""

import argparse
import csv
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import pandas as pd

HORIZON = 28
SEED = 1
TRAIN_DAYS = 400
IDS = ["id", "item_id", "dept_id", "cat_id", "store_id", "state_id"]


class Panel:
    """The M5 files: units[series, day], and what is known of days and prices."""

    def __init__(self, folder):
        self.folder = folder
        sales = pd.read_csv(folder / "sales_train_evaluation.csv.gz", engine="pyarrow")
        self.keys = sales[IDS].copy()
        self.names = (self.keys["item_id"] + "_" + self.keys["store_id"]).tolist()
        self.units = sales.filter(regex=r"^d_\d+$").to_numpy(np.int32)
        self.calendar = pd.read_csv(folder / "calendar.csv", parse_dates=["date"])
        self.dates = self.calendar["date"].to_numpy()

    def prices(self):
        """[series, day] of the whole calendar; NaN where there is none."""
        table = pd.read_csv(self.folder / "sell_prices.csv.gz", engine="pyarrow")
        weeks = {week: k for k, week in enumerate(self.calendar["wm_yr_wk"].unique())}
        rows = {key: k for k, key in enumerate(zip(self.keys["store_id"], self.keys["item_id"]))}
        by_week = np.full((len(rows), len(weeks)), np.nan, np.float32)
        index = [rows[key] for key in zip(table["store_id"], table["item_id"])]
        by_week[index, table["wm_yr_wk"].map(weeks)] = table["sell_price"]
        return by_week[:, self.calendar["wm_yr_wk"].map(weeks)]


def cpu_seconds(who=resource.RUSAGE_SELF):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def folder_until(panel, origin, root):
    """A dataset whose sales end on `origin`."""
    folder = root / f"until-{origin}"
    folder.mkdir()
    days = [f"d_{day}" for day in range(1, origin + 1)]
    keys = panel.keys.copy()
    keys["id"] = keys["id"].str.replace("_evaluation", "_validation")
    pd.concat([keys, pd.DataFrame(panel.units[:, :origin], columns=days)], axis=1).to_csv(
        folder / "sales_train_validation.csv", index=False)
    for name in ("calendar.csv", "sell_prices.csv.gz"):
        (folder / name).symlink_to(panel.folder / name)
    return folder


def write_submission(panel, forecast, path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", *(f"F{h + 1}" for h in range(HORIZON))])
        for name, row in zip(panel.names, forecast):
            rows.writerow([name + "_validation", *(f"{value:.6g}" for value in row)])


def read_submission(panel, path):
    place = {name + "_validation": k for k, name in enumerate(panel.names)}
    forecast = np.full((len(place), HORIZON), np.nan)
    with open(path, encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if row[0] in place:
                forecast[place[row[0]]] = [float(value) for value in row[1:]]
    return forecast


def tillstream(options, *arguments):
    command = [options.build / "src" / "tillstream", *arguments]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def score(options, panel, folder, path):
    """WRMSSE over the 12 levels, level 12 alone, and the bias of the total."""
    out = tillstream(options, "evaluate", "--data", folder, "--score", path, "--actuals",
                     panel.folder / "sales_train_evaluation.csv.gz", "--json", "-q")
    scored = json.loads(out)["models"][0]["origins"][0]
    return {"wrmsse": scored["wrmsse"], "level_12": scored["levels"][11]["wrmsse"],
            "bias": scored["levels"][0]["bias"]}


def our_cpu(options):
    """CPU seconds of following all days of all series and one forecast with its quantiles, one
    thread, without reading the files."""
    out = subprocess.run([str(options.build / "bench" / "forecast_speed"), f"--data={options.data}",
                          "--threads=1"], capture_output=True, text=True, check=True).stdout
    return out


# Level 12 of a sample.

def scales(units):
    """The squared scale of each series: from its first sale on."""
    result = np.zeros(len(units))
    for i, row in enumerate(units):
        first = np.flatnonzero(row)
        if len(first) and first[0] + 1 < len(row):
            result[i] = np.mean(np.square(np.diff(row[first[0]:].astype(float))))
    return result


def sample_scores(panel, prices, rows, origin, forecast):
    actual = panel.units[rows, origin:origin + HORIZON]
    history = panel.units[rows, :origin]
    scale = scales(history)
    money = np.nansum(history[:, -HORIZON:] * prices[rows, origin - HORIZON:origin], axis=1)
    good = scale > 0
    rmsse = np.sqrt(np.mean(np.square(actual - forecast), axis=1)[good] / scale[good])
    weights = money[good] / money[good].sum()
    return {"weighted": float(np.sum(weights * rmsse)), "mean": float(rmsse.mean()),
            "bias": float(forecast.sum() / actual.sum() - 1), "rmsse": rmsse}


def draw_sample(panel, origin, count):
    """Series with sales in the last year, the same number from each tenth by volume."""
    volume = panel.units[:, origin - 364:origin].sum(axis=1)
    order = np.flatnonzero(volume > 0)
    order = order[np.argsort(volume[order], kind="stable")]
    random = np.random.default_rng(SEED)
    classes = np.array_split(order, 10)
    return np.sort(np.concatenate([random.choice(c, count // 10, replace=False) for c in classes]))


# The peers: each is run in a process of its own and leaves a submission, or an array.

def ets(panel, origin, rows):
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS

    frames = []
    for i in rows:
        series = panel.units[i, :origin]
        first = np.flatnonzero(series)[0]
        frames.append(pd.DataFrame({"unique_id": panel.names[i], "ds": panel.dates[first:origin],
                                    "y": series[first:].astype(np.float64)}))

    def forecast(of):
        model = StatsForecast(models=[AutoETS(season_length=7)], freq="D", n_jobs=1)
        return model.forecast(df=pd.concat(of), h=HORIZON)

    forecast(frames[:2])  # What is compiled at the first call is not counted.
    begin = cpu_seconds()
    result = forecast(frames)
    seconds = cpu_seconds() - begin
    by_name = {name: group["AutoETS"].to_numpy() for name, group in result.groupby("unique_id")}
    means = np.maximum(0, np.array([by_name[panel.names[i]] for i in rows]))
    return means, {"cpu": seconds, "cpu_a_series": seconds / len(rows)}


def lightgbm(panel, origin, series=None):
    import lightgbm as lgb
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    begin = cpu_seconds()
    prices = panel.prices()
    reading = cpu_seconds() - begin
    rows = np.arange(len(panel.names)) if series is None else series
    first_sale = np.array([np.flatnonzero(row)[0] if row.any() else origin
                           for row in panel.units[rows, :origin]])
    begin = cpu_seconds()

    def frame(days, of):
        """Rows of `of` on `days` (0-based), series by series."""
        calendar = panel.calendar.iloc[days]
        count = len(days)
        keys = panel.keys.iloc[of]
        table = pd.DataFrame({
            "unique_id": pd.Categorical(np.repeat(np.array(panel.names)[of], count)),
            "ds": np.tile(calendar["date"].to_numpy(), len(of)),
            "sell_price": prices[np.ix_(of, days)].ravel(),
        })
        snap = {state: calendar[f"snap_{state}"].to_numpy() for state in ("CA", "TX", "WI")}
        table["snap"] = np.concatenate([snap[s] for s in keys["state_id"]]).astype(np.int8)
        for column in ("event_name_1", "event_type_1", "event_name_2"):
            codes = pd.Categorical(panel.calendar[column]).codes
            table[column] = np.tile(codes[days], len(of)).astype(np.int16)
        for column in ("item_id", "dept_id", "cat_id", "store_id", "state_id"):
            codes = pd.Categorical(panel.keys[column]).codes
            table[column] = np.repeat(codes[of], count).astype(np.int16)
        return table

    days = np.arange(origin - TRAIN_DAYS, origin)
    train = frame(days, rows)
    train["y"] = panel.units[np.ix_(rows, days)].ravel().astype(np.float32)
    is_on = days[None, :] >= first_sale[:, None]
    train = train[is_on.ravel()]
    enough = is_on.sum(axis=1) > HORIZON * 2
    train = train[train["unique_id"].isin(np.array(panel.names)[rows[enough]])]
    train["unique_id"] = train["unique_id"].astype(str)
    statics = ["item_id", "dept_id", "cat_id", "store_id", "state_id"]
    model = MLForecast(
        models={"lightgbm": lgb.LGBMRegressor(
            objective="tweedie", tweedie_variance_power=1.1, n_estimators=300, num_leaves=128,
            learning_rate=.05, subsample=.7, subsample_freq=1, colsample_bytree=.8,
            min_child_samples=100, force_col_wise=True, n_jobs=2, seed=SEED, verbose=-1)},
        freq="D", lags=[1, 7, 14, 28],
        lag_transforms={1: [RollingMean(7), RollingMean(28)], 7: [RollingMean(7), RollingMean(28)],
                        28: [RollingMean(7), RollingMean(28)]},
        date_features=["dayofweek", "day", "month", "week"], num_threads=1)
    model.fit(train, static_features=statics, dropna=True, as_numpy=True)
    count = len(train)
    del train
    future = frame(np.arange(origin, origin + HORIZON), rows[enough])
    future["unique_id"] = future["unique_id"].astype(str)
    result = model.predict(HORIZON, X_df=future.drop(columns=statics))
    seconds = cpu_seconds() - begin
    place = {name: k for k, name in enumerate(panel.names)}
    means = np.zeros((len(panel.names), HORIZON))
    # Series too short for the lags: the mean of what there is.
    for i in rows[~enough]:
        means[i] = panel.units[i, max(0, origin - HORIZON):origin].mean()
    for name, group in result.groupby("unique_id"):
        means[place[name]] = np.maximum(0, group["lightgbm"].to_numpy())
    return means, {"cpu": seconds, "rows": count, "reading": reading}


def run_peer(options):
    """In the process of one peer and origin: leaves the means and what they cost."""
    panel = Panel(options.data)
    origin = int(options.origins)
    if options.run == "ets":
        means, cost = ets(panel, origin, draw_sample(panel, origin, options.series))
    else:
        means, cost = lightgbm(panel, origin)
    np.save(options.out, means)
    print(json.dumps(cost))


def peer(options, name, origin, path):
    command = [sys.executable, __file__, "--data", options.data, "--build", options.build, "--origins",
               origin, "--series", options.series, "--run", name, "--out", path]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          check=True)
    return np.load(path), json.loads(done.stdout.splitlines()[-1])


def compare(options, panel, prices, origin, root):
    """One line a model of this origin, printed as it comes."""
    folder = folder_until(panel, origin, root)
    path = root / f"ours-{origin}.csv"
    tillstream(options, "evaluate", "--data", folder, "--origins", origin, "--models", "pooled",
               "--submission", path, "-q")
    ours = read_submission(panel, path)
    lines = [{"origin": origin, "model": "pooled", **score(options, panel, folder, path)}]
    for name in options.peers.split(","):
        means, cost = peer(options, name, origin, root / f"{name}-{origin}.npy")
        line = {"origin": origin, "model": name, **cost}
        if name == "ets":
            rows = draw_sample(panel, origin, options.series)
            theirs = sample_scores(panel, prices, rows, origin, means)
            of_us = sample_scores(panel, prices, rows, origin, ours[rows])
            line["sample"] = {
                "series": len(rows), "theirs": theirs["weighted"], "ours": of_us["weighted"],
                "theirs_mean": theirs["mean"], "ours_mean": of_us["mean"],
                "theirs_bias": theirs["bias"], "ours_bias": of_us["bias"],
                "ours_better": float(np.mean(of_us["rmsse"] < theirs["rmsse"]))}
        else:
            path = root / f"{name}-{origin}.csv"
            write_submission(panel, means, path)
            line |= score(options, panel, folder, path)
        lines.append(line)
    for line in lines:
        print(json.dumps(line), flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--origins", default="1913,1885,1829")
    parser.add_argument("--peers", default="ets,lightgbm")
    parser.add_argument("--series", type=int, default=300)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.data = options.data.resolve()
    options.build = options.build.resolve()
    if options.run:
        run_peer(options)
        return
    begin = time.monotonic()
    panel = Panel(options.data)
    prices = panel.prices()
    print(our_cpu(options), flush=True)
    lines = []
    with tempfile.TemporaryDirectory() as root:
        for origin in options.origins.split(","):
            lines += compare(options, panel, prices, int(origin), pathlib.Path(root))
            if options.out:
                options.out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
