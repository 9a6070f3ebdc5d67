"""The sizing table of deploy/README.md is what sizing.py computes."""

import importlib.util
import os
import pathlib
import re

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
README = SOURCE / "deploy" / "README.md"
specification = importlib.util.spec_from_file_location("sizing", SOURCE / "deploy" / "sizing.py")
sizing = importlib.util.module_from_spec(specification)
specification.loader.exec_module(sizing)


def test_the_table_is_up_to_date():
    page = README.read_text(encoding="utf-8")
    assert sizing.updated(page) == page, "deploy/sizing.py --update"
    assert sizing.updated(page.replace("| 1d/s | 30,490 |", "| 1d/s | 30,491 |")) == page


def test_the_text_has_the_figures_of_the_script():
    text = " ".join(README.read_text(encoding="utf-8").split())
    an_event = [round(cores * 1000) for cores in sizing.cores(1_000_000)]
    assert [int(figure.replace(",", "")) for figure in re.search(
        r"An event costs (\S+) ns in a generator, (\S+) ns in the three brokers together and "
        r"(\S+) ns", text).groups()] == an_event


def test_a_server_is_the_smallest_that_is_large_enough():
    assert sizing.server(2.1, (2, 4, 8)) == 4
    assert sizing.server(2, (2, 4, 8)) == 2
    assert sizing.server(9.5, (2, 4, 8)) == 10
