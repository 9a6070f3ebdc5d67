"""What the binary says about a registry, and how it ends: the one place for it. A pattern is looked
for in the last line of stderr; {url} is the registry's, {subject} the one that is asked for."""

import re

# name: (exit code, pattern)
SAID = {
    # The schema does not fit.
    "incompatible": (3, r"schema: subject \"{subject}\": incompatible \(BACKWARD\): .*"
                        r"(sold|/fields/6)"),  # Apicurio names a field by its place
    "not registered": (3, r"schema: subject \"{subject}\": this schema is not registered in "
                          r"registry {url}; register it with tillstream schema register, or leave "
                          r"out --no-register$"),
    # The registry cannot be asked, or does not want to be.
    "refused connection": (5, r"registry {url}: connection refused \(.* of at most 2 s, \d+ tries\)$"),
    "no answer": (5, r"registry {url}: no answer within \d+ ms \(.* of at most 2 s, \d tries\)$"),
    "cut": (5, r"registry {url}: the connection was cut before the answer ended \(.* (try|tries)\)$"),
    "unauthorized": (5, r"registry {url}: \w+ \S+: 401.*; give --registry-user or "
                        r"--registry-token-file$"),
    "forbidden": (5, r"registry {url}: \w+ \S+: 403.*; this user may not do that$"),
    "invalid": (5, r"registry {url}: \w+ \S+: 42201 invalid$"),
    "too many requests": (5, r"registry {url}: 429 .*\(.* (try|tries)\)$"),
    "server error": (5, r"registry {url}: 500 .*\(.* (try|tries)\)$"),
    "html": (5, r"registry {url}: 502 with text/html\S* that is no JSON, as of a proxy \(.* (try|tries)\)$"),
    "not json": (5, r"registry {url}: \w+ \S+: found \S+.* that is no JSON, as of a proxy or another "
                    r"server; is the base URL right$"),
    "not as documented": (5, r"registry {url}: \w+ \S+: found \".*\", needed an object with a "
                             r"(number \"id\"|text \"schema\")$"),
    "certificate": (5, r"{url}: its certificate is not trusted \(.*\); give its authority with "
                       r"--registry-ca$"),
    "client certificate": (5, r"registry {url}: no TLS connection \(.*alert.*\); does it speak https, "
                              r"and does it ask for --registry-cert$"),
    # What is in the log does not fit the registry.
    "unknown id": (4, r"sales-\d offset 0: schema: id \d+ is not registered in registry {url}; "),
    "other id": (7, r"schema"),
    "registry needed": (2, r"run: the schema ids of topic \"sales\" are those of a registry; "
                           r"give it with --registry URL$"),
}


def assert_said(done, name, url, subject="sales-value"):
    """The process ended with the code and said why, once, in one line."""
    code, pattern = SAID[name]
    shown = f"{name}: exit code {done.returncode}, {code} expected\n{done.stderr[-3000:]}"
    assert done.returncode == code, shown
    lines = done.stderr.splitlines()
    assert lines and lines[-1].startswith("error: "), shown
    filled = pattern.replace("{url}", re.escape(url)).replace("{subject}", re.escape(subject))
    assert re.search(filled, lines[-1]), f"{filled!r} is not in the last line; {shown}"
