"""deploy/Dockerfile against the built binary, without a container engine: it installs the package
of every shared library that the binary needs."""

import os
import pathlib
import re
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ.get("TILLSTREAM_SOURCE", pathlib.Path(__file__).parents[2]))
DOCKERFILE = SOURCE / "deploy" / "Dockerfile"
# Not for a library.
OTHERS = {"ca-certificates"}
SECONDS = 60


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS,
                          check=True).stdout


def instructions(text):
    """The lines of a Dockerfile, joined and without comments."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [line for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines() if line]


def stages(text):
    """The instructions of each stage."""
    found = []
    for line in instructions(text):
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(line)
    return found


def installed_packages(text):
    """What apt-get installs in the last stage."""
    packages = set()
    for line in stages(text)[-1]:
        for arguments in re.findall(r"apt-get install ([^&]*)", line):
            packages |= {word for word in arguments.split() if not word.startswith("-")}
    return packages


def libraries(binary):
    """The shared libraries that it names itself, as files."""
    named = set(re.findall(r"NEEDED.*\[(.*)\]", output("readelf", "-d", binary)))
    there = dict(re.findall(r"(\S+) => (/\S+)", output("ldd", binary)))
    assert named, "no shared library"
    return [there[name] for name in sorted(named)]


def package_of(library):
    # On a system with /lib as a link the package may know it under either name.
    for path in (library, os.path.realpath(library), library.removeprefix("/usr")):
        done = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True, timeout=SECONDS,
                              check=False)
        if done.returncode == 0:
            return done.stdout.partition(":")[0]
    raise AssertionError(f"{library}: of no package")


def with_dependencies(packages):
    """The packages and all that they depend on, as dpkg knows them."""
    depends = {}
    for line in output("dpkg-query", "-W", "-f", "${Package}|${Pre-Depends}, ${Depends}\n"
                       ).splitlines():
        name, _, names = line.partition("|")
        depends[name] = re.findall(r"(?:^|[,|]) *([a-z0-9][a-z0-9+.-]*)", names)
    found, left = set(), list(packages)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += depends.get(name, [])
    return found


@pytest.fixture(scope="module")
def text():
    return DOCKERFILE.read_text(encoding="utf-8")


def missing(text, needed):
    return needed - with_dependencies(installed_packages(text))


def test_the_image_has_every_library_of_the_binary(tillstream, text, count):
    needed = {package_of(library) for library in libraries(tillstream.path)}
    assert missing(text, needed) == set()
    without_one = text.replace("    libisal2 \\\n", "")
    assert missing(without_one, needed) == {"libisal2"}
    count(f"deploy: packages of {len(needed)} in the image, as the binary needs them")


def test_the_image_has_no_package_that_the_binary_does_not_need(tillstream, text):
    needed = {package_of(library) for library in libraries(tillstream.path)}
    assert installed_packages(text) - needed == OTHERS


def test_both_stages_are_of_one_debian_and_the_last_is_small(text):
    assert [stage[0] for stage in stages(text)] == ["FROM debian:12 AS builder",
                                                    "FROM debian:12-slim"]


def test_it_runs_the_binary_as_a_user_without_rights(text):
    last = stages(text)[-1]
    user = next(line for line in last if line.startswith("USER ")).split()[1]
    assert int(user) >= 1000
    assert any(f"useradd --uid {user} " in line for line in last)
    assert 'ENTRYPOINT ["tillstream"]' in last


def test_what_is_copied_is_sent_to_the_builder(text):
    ignored = {line.strip("/") for line in (SOURCE / ".dockerignore").read_text(
        encoding="utf-8").splitlines() if line and not line.startswith("#")}
    for line in instructions(text):
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (SOURCE / source).exists(), source
                assert pathlib.PurePath(source).parts[:1] not in [(name,) for name in ignored]
    needed = {"CMakeLists.txt", "CMakePresets.json", "Makefile", "cmake", "schemas", "src", "tools"}
    assert needed & ignored == set()
