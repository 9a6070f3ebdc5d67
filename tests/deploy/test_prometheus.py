"""The alert rules, the scrape configuration and the dashboard of deploy/: Prometheus' own checks, and
that they name metrics that there are."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

SOURCE = pathlib.Path(__file__).parents[2]
sys.path.append(str(SOURCE / "tests"))
from docs_test import SOURCES, documented_metrics, metrics, text  # noqa: E402

DEPLOY = SOURCE / "deploy"
RULES = DEPLOY / "prometheus-rules.yml"
RULE_TESTS = pathlib.Path(__file__).parent / "prometheus_rules_test.yml"
DASHBOARD = DEPLOY / "grafana-dashboard.json"
NAME = re.compile(r"\btillstream_\w+")
SECONDS = 60


def promtool(*words):
    """Exit code and what it says."""
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(autouse=True)
def _has_promtool():
    if shutil.which("promtool") is None:
        pytest.skip("no promtool; tools/install.sh test installs it")


def rules():
    return [rule for group in yaml.safe_load(text(RULES))["groups"] for rule in group["rules"]]


def expressions(dashboard):
    """Every query of the dashboard, with Grafana's variables as it would put them in."""
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    return [expr.replace("$__rate_interval", "5m").replace("$job", ".*").replace("$instance", ".*")
            for expr in found]


def as_rules(exprs, folder):
    """A rule file with all of them, for promtool, which checks expressions in no other way."""
    path = folder / "expressions.yml"
    group = {"name": "dashboard", "rules": [{"record": f"panel:{i}", "expr": expr}
                                            for i, expr in enumerate(exprs)]}
    path.write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    return path


def unknown(exprs):
    """Names that no source has."""
    there = set(metrics("".join(text(path) for path in SOURCES)))
    names = {name for expr in exprs for name in NAME.findall(expr)}
    assert names, exprs
    # A histogram has series of its own.
    return sorted(name for name in names if name not in there
                  and re.sub(r"_(bucket|sum|count)$", "", name) not in there)


def test_every_alert_fires_when_it_should(count):
    code, said = promtool("check", "rules", RULES)
    assert code == 0, said
    code, said = promtool("test", "rules", RULE_TESTS)
    assert code == 0, said
    tested = set(re.findall(r"alertname: (\w+)", text(RULE_TESTS)))
    assert tested == {rule["alert"] for rule in rules()}
    count(f"prometheus: {len(tested)} alerts pass promtool's unit tests")


def test_each_threshold_is_held_by_a_test(tmp_path):
    """A rule that is changed makes its test fail."""
    for right, wrong in (("for: 1m", "for: 5m"), ("> 60", "> 100"), ("> 100000", "> 1000000"),
                         ("[15m])) > 3", "[15m])) > 5"), ("for: 1h", "for: 2h"),
                         ('reason="given up"} > 0', 'reason="given up"} > 1'),
                         ('== 0\n        for: 10m', '== 0\n        for: 30m'),
                         ("deriv(tillstream_consume_lag_records[10m])) > 0",
                          "deriv(tillstream_consume_lag_records[10m])) < 0"),
                         ("or tillstream_consume_errors_total * 0", "or tillstream_consume_errors_total"),
                         ("increase(tillstream_consume_missing_events_total[10m]) > 0",
                          "increase(tillstream_consume_missing_events_total[10m]) > 10")):
        assert text(RULES).count(right) == 1, right
        (tmp_path / "rules.yml").write_text(text(RULES).replace(right, wrong), encoding="utf-8")
        tests = tmp_path / "test.yml"
        tests.write_text(text(RULE_TESTS).replace("../../deploy/prometheus-rules.yml", "rules.yml"),
                         encoding="utf-8")
        code, said = promtool("test", "rules", tests)
        assert code == 1 and "FAILED" in said, wrong


def test_the_scrape_configuration_is_valid():
    code, said = promtool("check", "config", DEPLOY / "prometheus.yml")
    assert code == 0 and "1 rule files found" in said, said


def test_the_dashboard_shows_every_metric_of_replay_and_consume(tmp_path):
    dashboard = json.loads(text(DASHBOARD))
    exprs = expressions(dashboard)
    code, said = promtool("check", "rules", as_rules(exprs, tmp_path))
    assert code == 0 and f"{len(exprs)} rules found" in said, said
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)
    shown = {name for expr in exprs for name in NAME.findall(expr)}
    ours = {name for name in documented_metrics(text(SOURCE / "docs" / "operating.md"))
            if name.startswith(("tillstream_replay_", "tillstream_consume_"))}
    assert ours <= shown, ours - shown
    code, _ = promtool("check", "rules", as_rules(["rate(tillstream_x[5m]"], tmp_path))
    assert code == 1


def test_expressions_name_metrics_that_there_are():
    exprs = [rule["expr"] for rule in rules()]
    assert unknown(expr for expr in exprs if "up{" not in expr) == []
    dashboard = json.loads(text(DASHBOARD))
    queries = [entry["query"]["query"] for entry in dashboard["templating"]["list"]
               if entry["type"] == "query"]
    assert unknown(expressions(dashboard) + queries) == []
    assert unknown(["rate(tillstream_replay_written_event_total[5m])"]) == [
        "tillstream_replay_written_event_total"]
