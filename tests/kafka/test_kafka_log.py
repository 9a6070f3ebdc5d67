"""src/kafka against a real broker: the contract and what transactions promise, as a gtest program;
and a writer that is killed again and again."""

import random
import re
import subprocess

import programs

KILLS = 5


def test_the_log_on_kafka_keeps_its_promises(bootstrap, count):
    count(f"kafka: {programs.promises_kept(bootstrap)} promises of the log kept on a real broker")


def test_a_writer_that_is_killed_goes_on_where_it_committed(bootstrap, count):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    stream = programs.Stream(bootstrap, "killed", blocks=800, block_events=300, sync_blocks=3)
    begins = []
    for kill in range(KILLS):
        process = stream.start()
        try:
            # Its first tenths of a second are the start: fencing, the position.
            process.wait(chance.uniform(0.1, 0.5))
        except subprocess.TimeoutExpired:
            pass
        ended = process.poll()
        process.kill()
        out, err = process.communicate()
        assert ended is None, f"seed {seed}: ended by itself at kill {kill}: {out}{err}"
        begins += [int(begin) for begin in re.findall(r"begins at (\d+)", out)]
    stream.finish(stream.start())
    aborted = stream.check(f"seed {seed}")
    assert begins == sorted(begins), f"seed {seed}"
    count(f"kafka: a writer killed {KILLS} times, {stream.event_count} events read once each by "
          f"read_committed, {aborted} more by read_uncommitted")
