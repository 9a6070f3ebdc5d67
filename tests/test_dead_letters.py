"""`consume --on-error dlq:...` on the embedded log: the bytes of what cannot be decoded are kept
before a position moves past them. The poison is the registry's own topic, whose records are JSON."""

import base64
import json
import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parent / "crash"))
import lib  # noqa: E402  how the crash tests kill and compare

POISON = 12
READ = ("-t", "_schemas", "-e", "-g", "report")


@pytest.fixture(scope="module")
def data(tillstream, tmp_path_factory):
    return lib.synth(tillstream, tmp_path_factory.mktemp("data"), 1, 3, 5)


@pytest.fixture
def log(tillstream, data, source, tmp_path):
    """A log whose `_schemas` has POISON records."""
    folder = tmp_path / "log"
    tillstream.check(*lib.replay(data, folder, "-q"))
    for i in range(POISON - 2):
        tillstream.check("schema", "register", source / "schemas" / "store_day.avsc", "--subject",
                         f"s{i}", "--log", folder)
    return folder


def poison(tillstream, log):
    """(offset, key, value) of the records as the dump has them."""
    kept = log.parent / "expected"
    tillstream.check("consume", "--log", log, "-t", "_schemas", "-e", "--on-error", f"dlq:{kept}/")
    return [letter[:3] for letter in in_folder(kept)]


def in_folder(folder):
    """(offset, key, value, error) of each letter."""
    text = (folder / "_schemas-0.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    letters = [json.loads(line) for line in text.splitlines()]
    assert all(letter["topic"] == "_schemas" and letter["partition"] == 0 and
               letter["headers"] == [] for letter in letters)
    return [(letter["offset"], base64.b64decode(letter["key"]).decode(),
             base64.b64decode(letter["value"]).decode(), letter["error"]) for letter in letters]


def in_topic(tillstream, log, topic="bad"):
    """The same from a topic, whose own records are no frames either: from a folder of those."""
    folder = log.parent / "letters-of-letters"
    lib.clear(folder)
    tillstream.check("consume", "--log", log, "-t", topic, "-e", "--on-error", f"dlq:{folder}/")
    file = folder / f"{topic}-0.jsonl"
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        letter = json.loads(line)
        headers = {name: base64.b64decode(value).decode() for name, value in letter["headers"]}
        assert headers["dlq.topic"] == "_schemas" and headers["dlq.partition"] == "0"
        assert int(headers["dlq.timestamp"]) == letter["timestamp"]
        found.append((int(headers["dlq.offset"]), base64.b64decode(letter["key"]).decode(),
                      base64.b64decode(letter["value"]).decode(), headers["dlq.error"]))
    return found


def next_offset(log):
    group = json.loads((log / ".groups" / "report.json").read_text(encoding="utf-8"))
    found = [value for value in json.dumps(group).replace("}", " ").split() if value.isdigit()]
    return int(found[-1])


@pytest.mark.parametrize("kind", ["topic", "folder"])
def test_letters_have_the_bytes_their_origin_and_the_error(tillstream, log, tmp_path, kind):
    target = "dlq:bad" if kind == "topic" else f"dlq:{tmp_path}/dead/"
    done = tillstream.check("consume", "--log", log, *READ, "--on-error", target)
    assert done.stdout == ""
    assert f"warning: kept {POISON}: frame: found magic byte N, needed N\n" in done.stderr
    assert "warning: _schemas-0 offset 0: frame: found magic byte 0x7b, needed 0x00; kept\n" in (
        done.stderr)
    letters = in_topic(tillstream, log) if kind == "topic" else in_folder(tmp_path / "dead")
    assert [letter[0] for letter in letters] == list(range(POISON))
    assert letters[0][3] == "frame: found magic byte 0x7b, needed 0x00"
    assert json.loads(letters[0][1])["keytype"] == "SCHEMA"
    assert json.loads(letters[0][2])["subject"] == "sales-value"
    assert [letter[:3] for letter in letters] == poison(tillstream, log)
    again = tillstream.check("consume", "--log", log, *READ, "--on-error", target)
    assert "kept" not in again.stderr
    assert next_offset(log) == POISON


@pytest.mark.parametrize("kind", ["topic", "folder"])
def test_killed_at_any_system_call_no_letter_is_lost(tillstream, log, tmp_path, full, count, kind):
    lib.need_strace()
    dead = tmp_path / "dead"
    target = "dlq:bad" if kind == "topic" else f"dlq:{dead}/"
    command = ["consume", "--log", log, *READ, "--on-error", target]
    words = [tillstream.path, *command]
    expected = poison(tillstream, log)

    def begin():
        for folder in (dead, log / ".groups", log / "bad-0"):
            lib.clear(folder)

    begin()
    points = lib.points(words)
    chosen = points if full else lib.spread(points, 8)
    repeats = 0
    for call, k in chosen:
        begin()
        lib.kill_at(words, call, k)
        groups = log / ".groups" / "report.json"
        moved = groups.exists()
        if moved:
            # What the position is past is there already.
            kept = in_topic(tillstream, log) if kind == "topic" else in_folder(dead)
            assert {letter[0] for letter in kept} >= set(range(next_offset(log))), (call, k)
        tillstream.check(*command)
        letters = in_topic(tillstream, log) if kind == "topic" else in_folder(dead)
        assert sorted({letter[:3] for letter in letters}) == expected, (call, k)
        repeats += len(letters) - len(expected)
    count(f"dead letters in a {kind}: kill -9 at {len(chosen)} of {len(points)} system calls, none "
          f"lost, {repeats} kept twice")


def test_totals_keep_them_too(tillstream, data, tmp_path):
    log = tmp_path / "log"
    tillstream.check(*lib.replay(data, log, "-q"))
    done = tillstream.check("consume", "--log", log, "-e", "--totals", "store", "--on-error",
                            f"dlq:{tmp_path}/dead/")
    assert len(done.stdout.splitlines()) == 5
    assert f"dead letters: folder {tmp_path}/dead/" in done.stderr


def test_where_letters_cannot_go_is_one_line(tillstream, log, tmp_path):
    for target, message in (
            ("dlq:", '"dlq:" is not known; write stop, skip, dlq:TOPIC or dlq:DIR/'),
            ("keep", '"keep" is not known; write stop, skip, dlq:TOPIC or dlq:DIR/'),
            ("dlq:a b", '"a b" cannot be a topic; use letters, digits, \'.\', \'_\' and \'-\', at '
                        "most 244"),
            ("dlq:sales", 'topic "sales" is of the run of topic "sales"; use one of its own'),
            ("dlq:_schemas", 'topic "_schemas" is the registry\'s; use one of its own')):
        done = tillstream.check("consume", "--log", log, "-e", "--on-error", target, code=2)
        assert done.stderr == f"error: --on-error: {message}\n"
    (tmp_path / "file").write_text("x")
    done = tillstream.check("consume", "--log", log, "-e", "--on-error", f"dlq:{tmp_path}/file/x",
                            code=6)
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1
