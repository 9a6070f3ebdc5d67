"""Commands of ours over one dataset, one log and one registry."""

import foreign_log
from api import Registry

STORES, ITEMS, DAYS = 3, 5, 20


def emptied(server):
    """The registry, without what an earlier test left in it."""
    registry = Registry(server.url, name=server.name, user=server.user)
    for subject in registry.items("/subjects"):
        registry.remove(subject)
    return registry


def assert_done(done):
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr[-3000:]}"


class Runs:
    def __init__(self, tillstream, data, log):
        self.tillstream, self.data, self.log = tillstream, data, log

    def replay(self, url, *options, **how):
        target = ["--registry", url] if url else []
        return self.tillstream.run("replay", "--data", self.data, "--log", self.log, *target,
                                   *options, **how)

    def verify(self, url, *options):
        return self.tillstream.run("verify", "--data", self.data, "--log", self.log, "--registry",
                                   url, "--complete", *options)

    def consume(self, url, *options):
        target = ["--registry", url] if url else []
        return self.tillstream.run("consume", "--log", self.log, "-e", "-q", "--format", "json",
                                   *target, *options)

    def assert_complete(self, url, *options):
        done = self.verify(url, *options)
        assert done.returncode == 0, done.stdout + done.stderr

    def ids(self, topic="sales"):
        """The ids in the frames of a topic."""
        return {foreign_log.FRAME.unpack_from(record.value)[1]
                for partition in foreign_log.partitions(self.log, topic)
                for record in foreign_log.records(self.log, topic, partition)}
