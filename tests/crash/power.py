"""A disk whose power can be cut: an ext4 file system in a file, mounted through a loop device.

What the file holds is what the disk was given; what its file system still keeps in memory is what
the power cut takes. So a copy of the file, taken while it is mounted, is the disk after the cut:
mounted again, its journal is replayed as after a real one."""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess

import pytest

IMAGE_BYTES = 64 << 20
# The journal is written every so many seconds by itself: never while a test runs, so that only what
# was synced is on the disk.
COMMIT_SECONDS = 300

# ioctl EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: from now on every access fails.
SHUTDOWN_REQUEST = 0x8004587D
SHUTDOWN_WITHOUT_FLUSH = struct.pack("I", 2)


class NoDisk(Exception):
    """This machine cannot mount a file system in a file."""


def command(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip() or f"exit code {done.returncode}"
        raise NoDisk(reason.splitlines()[0])


@contextlib.contextmanager
def mounted(image, folder):
    folder.mkdir(exist_ok=True)
    command("mount", "-o", f"loop,commit={COMMIT_SECONDS}", image, folder)
    try:
        yield folder
    finally:
        command("umount", folder)


@contextlib.contextmanager
def new_disk(work):
    """(image, folder): an empty disk that is mounted while the block runs."""
    image = work / "disk.img"
    image.unlink(missing_ok=True)
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    command("mkfs.ext4", "-q", "-F", image)
    with mounted(image, work / "disk") as folder:
        yield image, folder


def cut(image, after):
    """What the disk holds if its power goes now. Nobody may be writing, or the copy would hold
    moments that never were: the writer is killed before, which is what a power cut does to it."""
    command("cp", "--sparse=always", image, after)


def shut_down(folder):
    """The disk is gone, now, whoever is writing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(descriptor, SHUTDOWN_REQUEST, SHUTDOWN_WITHOUT_FLUSH)
    finally:
        os.close(descriptor)


def write_some_back(folder, rng):
    """What the kernel may do at any moment and in any order: writes some files to the disk."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in rng.sample(files, rng.randrange(0, len(files) + 1)):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def need_disk(work, what, count):
    """Skips the test, with the reason, where disks like this cannot be had."""
    try:
        if os.geteuid() != 0:
            raise NoDisk("mount needs root")
        for tool in ("mount", "umount", "mkfs.ext4"):
            if shutil.which(tool) is None:
                raise NoDisk(f"{tool} is not installed")
        with new_disk(work):
            pass
    except NoDisk as reason:
        count(f"{what}: skipped, {reason}")
        pytest.skip(str(reason))
