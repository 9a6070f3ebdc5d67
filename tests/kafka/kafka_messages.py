"""What the binary says about brokers that do not let it in, and how it ends: the one place for it.
A pattern is looked for in the only line of stderr that is an error; {broker} is the broker's
address."""

import re

ALLOW = r"topic authorization failed; allow the user {}"
TOPIC = r'topic "sales(-days|-positions)?"'

# name: (exit code, pattern)
SAID = {
    # TLS.
    "untrusted": (5, r"{broker}: its certificate is not trusted, or not for this host name; give "
                     r"its authority with ssl\.ca\.location$"),
    "client certificate": (5, r"{broker}: it does not take this client's certificate, or wants "
                              r"one; give it with ssl\.certificate\.location and ssl\.key\.location$"),
    "no TLS there": (5, r"{broker}: it does not speak TLS; set security\.protocol=plaintext, or "
                        r"sasl_plaintext$"),
    "TLS there": (5, r"{broker}: it closes the connection, as for a client without TLS; set "
                     r"security\.protocol=ssl, or sasl_ssl$"),
    "no such file": (2, r"ssl\.ca\.location failed: .*; give a file that is there, in PEM$"),
    # Logins.
    "refused": (5, r"{broker}: the login was refused; check sasl\.username and sasl\.password$"),
    "refused SCRAM": (5, r"{broker}: the login was refused; check sasl\.username and sasl\.password"
                         r"(, and for Kafka 4 or later use sasl\.mechanism=PLAIN, since SCRAM "
                         r"there needs librdkafka 2\.6\.1)?$"),
    "other mechanisms": (5, r"{broker}: it does not take this sasl\.mechanism; use one of "
                            r"(PLAIN,SCRAM-SHA-256|SCRAM-SHA-256,PLAIN)$"),
    "login there": (5, r"{broker}: it closes the connection, as for a client without login; set "
                       r"security\.protocol=sasl_ssl, or sasl_plaintext, and sasl\.mechanism, "
                       r"sasl\.username, sasl\.password$"),
    "no login there": (5, r"{broker}: it takes no login; set security\.protocol=plaintext, or "
                          r"ssl$"),
    "no user": (2, r"sasl\.username and sasl\.password must be set$"),
    "no mechanism": (2, r"security\.protocol=sasl_plaintext: needed sasl\.mechanism too, such as "
                        r"PLAIN or SCRAM-SHA-256$"),
    # Rights.
    "no create": (5, r'topic "sales": ' + ALLOW.format(r'Create on topic "sales"$')),
    "no describe": (5, TOPIC + ": " + ALLOW.format(f"Describe on {TOPIC}$")),
    "no configs": (5, r'topic "sales": ' + ALLOW.format(r'DescribeConfigs on topic "sales"$')),
    "no write": (5, r"sales-0: " + ALLOW.format(
        r'Write on topics "sales", "sales-days", "sales-positions"$')),
    "no read": (5, r"sales-0: " + ALLOW.format(r'Read on topic "sales"$')),
    "no read of positions": (5, r"sales-positions-[01]: " + ALLOW.format(
        r'Read on topic "sales-positions"$')),
    "no id": (5, r"sales-0: transactional Id authorization failed; allow the user Write and "
                 r'Describe on transactional id "tillstream/sales/CA_1"$'),
    "no group": (5, r'group "tills": group authorization failed; allow the user Read on group '
                    r'"tills"$'),
}


def assert_said(done, name, broker):
    """The process ended with the code and said why, once, in one line; or ended well (None)."""
    code, pattern = SAID[name] if name else (0, None)
    shown = f"{name}: exit code {done.returncode}, {code} expected\n{done.stderr[-3000:]}"
    assert done.returncode == code, shown
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == (1 if name else 0), shown
    if name:
        filled = "^error: kafka: " + pattern.replace("{broker}", re.escape(broker))
        assert re.search(filled, errors[0]), f"{filled!r} does not fit; {shown}"
