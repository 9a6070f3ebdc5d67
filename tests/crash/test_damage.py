"""Truncated, flipped and deleted bytes: readers give the right records or fewer, never others;
verify and log verify find it; a start or --repair brings every byte back."""

import json
import re
import shutil

import pytest

import lib

TOPICS = {"sales-0": "sales", "sales-1": "sales", "sales-days-0": "sales-days",
          "sales-days-1": "sales-days"}
# log: sales-3/00000000000000000000.log: byte 261234: ...
CORRUPT = r"error: log: {name}/\d{{20}}\.log: byte \d+: .*"


class Damaged:
    """A log that is damaged again and again, and what its partitions hold when it is not."""

    def __init__(self, tillstream, data, work, *options):
        self.tillstream = tillstream
        self.data = data
        self.log = work / "log"
        self.whole = work / "whole"
        self.options = options
        self.oracle = lib.make_oracle(tillstream, data, self.whole, *options)
        shutil.copytree(self.whole, self.log)
        self.lines = {name: self.consume(name).stdout.splitlines() for name in TOPICS}

    def consume(self, name, *options):
        topic, _, partition = name.rpartition("-")
        return self.tillstream.run("consume", "--log", self.log, "-t", topic, "-p", partition, "-e",
                                   "-q", "--format", "kcat", *options)

    def files(self, suffix):
        return sorted(self.log.glob(f"*/*{suffix}"))

    def restore(self):
        shutil.rmtree(self.log)
        shutil.copytree(self.whole, self.log)

    def replay(self, *options):
        return self.tillstream.run(*lib.replay(self.data, self.log, *self.options, *options))

    def assert_reader_is_right(self, name, what, may_be_short):
        """The partition's lines, or the first of them and exit code 4 with file and byte."""
        done = self.consume(name)
        lines = done.stdout.splitlines()
        expected = self.lines[name]
        said = f"{what}: consume: exit code {done.returncode}, {len(lines)} lines\n{done.stderr}"
        assert lines == expected[:len(lines)], said
        if done.returncode == 4:
            assert re.fullmatch(CORRUPT.format(name=name), done.stderr.splitlines()[-1]), said
        else:
            assert done.returncode == 0, said
            assert may_be_short or len(lines) == len(expected), said
        return done.returncode, len(lines)

    def problems(self):
        """log verify's exit code and its problems, in words."""
        done = self.tillstream.run("log", "verify", "--log", self.log, "--json")
        assert done.returncode in (0, 4), done.stderr
        reports = json.loads(done.stdout)
        damaged = any(report["damaged"] for report in reports)
        assert damaged == (done.returncode == 4), done.stdout
        return done.returncode, [text for report in reports for text in report["problems"]]

    def verify(self, *options):
        return self.tillstream.run("verify", "--data", self.data, "--log", self.log, *options)

    def repair(self, what):
        done = self.replay("--repair")
        assert done.returncode == 0, f"{what}: exit code {done.returncode}\n{done.stderr}"
        lib.assert_same(self.log, self.oracle, f"{what}, repaired")


@pytest.fixture(params=lib.CODECS)
def damaged(request, tillstream, small, work):
    return Damaged(tillstream, small, work, "--codec", request.param, *lib.SMALL_SEGMENTS)


@pytest.fixture(params=lib.CODECS)
def tiny(request, tillstream, work):
    """So few bytes that each can be flipped."""
    data = lib.synth(tillstream, work / "data", stores=2, items=3, days=6)
    return Damaged(tillstream, data, work, "--codec", request.param)


@pytest.fixture(params=("none", "zstd"))
def indexed(request, tillstream, work):
    """Several segments with several index entries each."""
    data = lib.synth(tillstream, work / "data", stores=2, items=20, days=300)
    return Damaged(tillstream, data, work, "--codec", request.param, "--segment-bytes", 40_000)


def batch_ends(path):
    """Where the batches of a segment end: 12 bytes and what the length field says."""
    content = path.read_bytes()
    ends = [0]
    while ends[-1] < len(content):
        length = int.from_bytes(content[ends[-1] + 8:ends[-1] + 12], "big")
        ends.append(ends[-1] + 12 + length)
    assert ends[-1] == len(content)
    return ends


def cut(path, size):
    with open(path, "r+b") as file:
        file.truncate(size)


def last_segment(log, name):
    return sorted((log / name).glob("*.log"))[-1]


def cut_sizes(path, full, rng):
    """All sizes within the last two batches of a segment, or some of them; and any before."""
    ends = batch_ends(path)
    near = range(ends[max(0, len(ends) - 3)], ends[-1])
    sizes = list(near) if full else rng.sample(near, min(15, len(near)))
    return sizes + [rng.randrange(0, ends[-1]) for _ in range(5)]


def test_a_log_cut_anywhere_is_read_to_there_and_written_again_byte_identical(
        damaged, full, rng, seed, count):
    cuts = 0
    for name in (*TOPICS, "_schemas-0"):
        path = last_segment(damaged.log, name)
        ends = batch_ends(path)
        for size in cut_sizes(path, full, rng):
            what = f"{name} cut to {size} bytes (seed {seed})"
            cut(path, size)
            if name.startswith("sales-") and "days" not in name:
                # As a crash leaves it: totals are written when their events are durable.
                cut(last_segment(damaged.log, name.replace("-", "-days-")), 0)
            torn = size - max(end for end in ends if end <= size)
            code, problems = damaged.problems()
            assert code == 0, f"{what}: {problems}"
            assert len(problems) == (1 if torn else 0), f"{what}: {problems}"
            if name in TOPICS:
                code, _ = damaged.assert_reader_is_right(name, what, may_be_short=True)
                assert code == 0, what
                assert damaged.verify("--complete").returncode == 1, what
            done = damaged.replay()
            assert done.returncode == 0, f"{what}: exit code {done.returncode}\n{done.stderr}"
            warned = re.findall(r"^warning: log: (\S+): (\d+) bytes (?:after offset \d+|before "
                                r"offset 0) are an unfinished batch; cut$", done.stderr,
                                re.MULTILINE)
            assert warned == ([(f"{name}/{path.name}", str(torn))] if torn else []), done.stderr
            lib.assert_same(damaged.log, damaged.oracle, what)
            cuts += 1
    count(f"truncations, codec {damaged.options[1]}: {cuts}, all byte-identical after the next "
          f"start (seed {seed})")


def test_events_cut_behind_their_totals_are_refused_and_repaired(damaged, full, rng, seed, count):
    """No crash leaves that: durable days are gone, and only --repair may write them again."""
    path = last_segment(damaged.log, "sales-1")
    sizes = cut_sizes(path, full, rng)
    for size in sizes:
        what = f"sales-1 cut to {size} bytes, totals whole (seed {seed})"
        cut(path, size)
        done = damaged.replay()
        assert done.returncode == 4, f"{what}: {done.stderr}"
        assert re.fullmatch(
            r"error: store TX_1: the log holds 60 end-of-day totals for \d+ complete days; "
            r"replay --repair writes the events again", done.stderr.splitlines()[-1]), done.stderr
        damaged.repair(what)
    count(f"events cut behind their totals, codec {damaged.options[1]}: {len(sizes)}, refused, all "
          f"byte-identical after --repair (seed {seed})")


# Bytes of a batch that hold Kafka's partition leader epoch, which its CRC leaves out: brokers write
# it, no record depends on it. Only log verify, which knows what we write, can tell a flipped one.
EPOCH = range(12, 16)


def flip_and_check(damaged, path, position, bit, what):
    """Flips a bit; returns whether readers named it as corrupt."""
    name = path.parent.name
    is_epoch = position - max(end for end in batch_ends(path) if end <= position) in EPOCH
    flip(path, position, bit)
    code, problems = damaged.problems()
    assert problems, f"{what}: log verify finds nothing"
    assert code == 4 or "unfinished" in problems[0], f"{what}: {problems}"
    named = True
    if name in TOPICS:
        code, lines = damaged.assert_reader_is_right(name, what, may_be_short=True)
        named = code == 4
        assert not is_epoch or lines == len(damaged.lines[name]), what
        compared = damaged.verify("--complete")
        assert compared.returncode in ((0,) if is_epoch else (1, 4)), (
            f"{what}: verify: exit code {compared.returncode}\n{compared.stdout}{compared.stderr}")
    started = damaged.replay()
    assert started.returncode in (0, 4), f"{what}: a start: {started.stderr}"
    damaged.repair(what)
    return named


def flip(path, position, bit):
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ (1 << bit)]))


def flip_all(damaged, places, rng, seed, count, which):
    named = 0
    for path, position in places:
        bit = rng.randrange(8)
        what = f"{path.parent.name}/{path.name} byte {position} bit {bit} flipped (seed {seed})"
        named += flip_and_check(damaged, path, position, bit, what)
    count(f"flipped bytes of logs, {which}, codec {damaged.options[1]}: {len(places)}, "
          f"{named} named by readers, no wrong record, all found by log verify, all repaired "
          f"(seed {seed})")


def test_a_flipped_byte_never_gives_a_wrong_record_and_is_repaired(
        damaged, full, rng, seed, count):
    places = [(path, rng.randrange(path.stat().st_size))
              for path in damaged.files(".log") for _ in range(20 if full else 2)]
    flip_all(damaged, places, rng, seed, count, "several segments")


def test_every_byte_flipped_never_gives_a_wrong_record_and_is_repaired(
        tiny, full, rng, seed, count):
    places = [(path, position)
              for path in tiny.files(".log") for position in range(path.stat().st_size)]
    if not full:
        places = sorted(rng.sample(places, 40))
    flip_all(tiny, places, rng, seed, count, "every byte" if full else "any byte")


def damage_index(path, rng):
    """Damages an index file in one of the ways there are, and says which."""
    content = path.read_bytes()
    ways = ["deleted", "emptied", "zeros", "noise", "longer"]
    if len(content) >= 24:
        ways += ["cut", "flipped", "reversed", "shifted"]
    way = rng.choice(ways)
    if way == "deleted":
        path.unlink()
    elif way == "emptied":
        path.write_bytes(b"")
    elif way == "zeros":
        path.write_bytes(bytes(len(content)))
    elif way == "noise":
        path.write_bytes(rng.randbytes(len(content)))
    elif way == "longer":
        path.write_bytes(content + rng.randbytes(rng.choice((1, 8, 12, 24))))
    elif way == "cut":
        path.write_bytes(content[:rng.randrange(1, len(content))])
    elif way == "flipped":
        flip(path, rng.randrange(len(content)), rng.randrange(8))
    elif way == "reversed":
        path.write_bytes(content[::-1])
    elif way == "shifted":
        # Each entry points to where another is: plausible, and wrong.
        entry = 8 if path.suffix == ".index" else 12
        path.write_bytes(content[entry:] + content[-entry:])
    return way


def assert_places_are_found(damaged, name, rng, what):
    """consume -o N and -o d@DATE start where they should, whatever the indexes say."""
    lines = damaged.lines[name]
    offset = rng.randrange(len(lines))
    found = damaged.consume(name, "-o", offset, "-c", 3)
    assert found.returncode == 0, f"{what}: -o {offset}: {found.stderr}"
    assert found.stdout.splitlines() == lines[offset:offset + 3], f"{what}: -o {offset}"
    timestamp = json.loads(lines[offset])["ts"]
    first = next(i for i, line in enumerate(lines) if json.loads(line)["ts"] >= timestamp)
    found = damaged.consume(name, "-o", f"s@{timestamp}", "-c", 3)
    assert found.returncode == 0, f"{what}: -o s@{timestamp}: {found.stderr}"
    assert found.stdout.splitlines() == lines[first:first + 3], f"{what}: -o s@{timestamp}"


def test_a_damaged_index_changes_no_answer_and_is_repaired(indexed, full, rng, seed, count):
    names = [path.relative_to(indexed.log)
             for suffix in (".index", ".timeindex") for path in indexed.files(suffix)
             if path.parent.name in TOPICS]
    wanted, found_damaged = (500 if full else 15), 0
    for _ in range(wanted):
        chosen = rng.choice(names)
        path = indexed.log / chosen
        before = path.read_bytes()
        way = damage_index(path, rng)
        what = f"{chosen} {way} (seed {seed})"
        changed = not path.exists() or path.read_bytes() != before
        name = path.parent.name
        for _ in range(3):
            assert_places_are_found(indexed, name, rng, what)
        indexed.assert_reader_is_right(name, what, may_be_short=False)
        is_last = path.stem == sorted((indexed.log / name).glob("*.log"))[-1].stem
        # The indexes of the last segment are not synced with it: a power cut leaves them behind, or
        # with zeros where the last entries were to be.
        behind = not path.exists() or before.startswith(path.read_bytes().rstrip(b"\0"))
        code, problems = indexed.problems()
        assert (code == 4) == (changed and not (is_last and behind)), f"{what}: {problems}"
        found_damaged += code == 4
        started = indexed.replay()
        assert started.returncode == 0, f"{what}: {started.stderr}"
        if is_last:
            lib.assert_same(indexed.log, indexed.oracle, f"{what}, started again")
        indexed.repair(what)
    count(f"damaged indexes, codec {indexed.options[1]}: {wanted}, {found_damaged} told by log "
          f"verify, no wrong answer, all repaired (seed {seed})")


def test_all_indexes_deleted_change_no_answer_and_are_repaired(indexed, rng):
    for path in (*indexed.files(".index"), *indexed.files(".timeindex")):
        path.unlink()
    for name in TOPICS:
        for _ in range(5):
            assert_places_are_found(indexed, name, rng, "all indexes deleted")
    done = indexed.replay()
    assert done.returncode == 0, done.stderr
    lib.assert_same(indexed.log, indexed.oracle, "all indexes deleted, started again")


def test_a_repair_killed_at_any_call_is_finished_by_the_next(tiny, full, rng, seed, count):
    lib.need_strace()
    places = [(path, rng.randrange(path.stat().st_size), rng.randrange(8))
              for path in tiny.files(".log")]
    command = [tiny.tillstream.path, *lib.replay(tiny.data, tiny.log, *tiny.options, "--repair",
                                                 "--threads", 1)]

    def damage():
        tiny.restore()
        for place in places:
            flip(*place)

    damage()
    every = lib.points(command)
    lib.assert_same(tiny.log, tiny.oracle, "repaired under strace")
    chosen = every if full else lib.spread(every, 15)
    for call, k in chosen:
        damage()
        assert lib.kill_at(command, call, k)
        tiny.repair(f"--repair killed at {call} {k} (seed {seed})")
    count(f"kill points in --repair, codec {tiny.options[1]}: {len(chosen)} of {len(every)}, all "
          f"byte-identical after the next (seed {seed})")


def test_a_segment_that_is_gone_is_found_and_repaired(damaged):
    second = sorted((damaged.log / "sales-0").glob("*.log"))[1]
    for suffix in (".log", ".index", ".timeindex"):
        second.with_suffix(suffix).unlink()
    code, problems = damaged.problems()
    assert code == 4, problems
    code, _ = damaged.assert_reader_is_right("sales-0", "a segment is gone", may_be_short=False)
    assert code == 4
    assert damaged.verify("--complete").returncode in (1, 4)
    damaged.repair("a segment is gone")
