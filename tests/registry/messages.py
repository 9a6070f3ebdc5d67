"""What the binary says about a registry, and how it ends: the one place for it. A pattern is looked
for in the last line of stderr; {url} is the registry's, {subject} the one that is asked for."""

import re

# name: (exit code, pattern)
SAID = {
    # The schema does not fit.
    "incompatible": (3, r"{subject}.*BACKWARD.*sold"),
    "not registered": (3, r"{subject}.*not registered"),
    "invalid": (3, r"{subject}.*422"),
    # The registry cannot be asked, or does not want to be.
    "refused connection": (5, r"{url}.*refused"),
    "no answer": (5, r"{url}.*(timed out|no answer)"),
    "reset": (5, r"{url}.*(reset|closed)"),
    "cut": (5, r"{url}.*(ended|closed|bytes)"),
    "unauthorized": (5, r"{url}.*401"),
    "forbidden": (5, r"{url}.*403"),
    "too many requests": (5, r"{url}.*429"),
    "server error": (5, r"{url}.*500"),
    "html": (5, r"{url}.*502.*text/html"),
    "not json": (5, r"{url}.*JSON"),
    "not as documented": (5, r"{url}.*\"?id\"?"),
    "certificate": (5, r"{url}.*certificate"),
    "client certificate": (5, r"{url}.*"),
    # What is in the log does not fit the registry.
    "unknown id": (4, r"{url}.*id \d+"),
    "other id": (7, r"schema"),
    "registry needed": (4, r"--registry"),
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
