"""A writer of src/kafka and the errors that brokers answer with, as a gtest program over a mock."""

from concurrent.futures import ThreadPoolExecutor

import programs

# It waits more than it works.
AT_ONCE = 6


def shard(index):
    return programs.tests_passed("kafka_faults_test", GTEST_TOTAL_SHARDS=str(AT_ONCE),
                                 GTEST_SHARD_INDEX=str(index))


def test_no_error_of_a_broker_loses_or_doubles_what_was_confirmed(count):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cases = sum(pool.map(shard, range(AT_ONCE)))
    count(f"kafka: {cases} errors injected on 5 kinds of requests, nothing confirmed lost or "
          "doubled")
