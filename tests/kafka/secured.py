"""A broker with a listener for every kind of security, and users with and without rights."""

import pathlib
import sys

from kafka.admin import (ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern,
                         ResourceType)

from cluster import JARS, Cluster

sys.path.append(str(pathlib.Path(__file__).parents[1] / "registry"))

from certificates import Certificates

MODULES = "org.apache.kafka.common.security"
TOPICS = ("sales", "sales-days", "sales-positions")
ID = "tillstream/sales/CA_1"
# What a generator of CA_1 that makes its topics needs, and a group of consumers.
RIGHTS = [(operation, "TOPIC", topic) for topic in TOPICS
          for operation in ("CREATE", "DESCRIBE_CONFIGS", "WRITE", "READ")] + [
    ("WRITE", "TRANSACTIONAL_ID", ID), ("WRITE", "TRANSACTIONAL_ID", "tillstream/sales//run"),
    ("READ", "GROUP", "tills")]
# Users and what they may not do; "owner" may do all of the above.
LACKING = {
    "owner": [],
    "nobody": RIGHTS,
    "no-create": [right for right in RIGHTS if right[0] == "CREATE"],
    "no-configs": [("DESCRIBE_CONFIGS", "TOPIC", "sales")],
    "no-write": [("WRITE", "TOPIC", "sales")],
    "no-write-days": [("WRITE", "TOPIC", "sales-days")],
    "no-write-positions": [("WRITE", "TOPIC", "sales-positions")],
    "no-read": [("READ", "TOPIC", "sales")],
    "no-read-positions": [("READ", "TOPIC", "sales-positions")],
    "no-id": [("WRITE", "TRANSACTIONAL_ID", ID)],
    "no-group": [("READ", "GROUP", "tills")],
}


def password(user):
    return f"{user}-secret"


class SecuredBroker:
    """Listeners by name: PLAINTEXT, where everyone may do everything; SSL; MTLS, which asks for a
    certificate; SASL, with passwords over plaintext; SASLSSL, with both. Every user of LACKING has
    a password under PLAIN and SCRAM-SHA-256."""

    def __init__(self, folder, jars=JARS):
        self.certificates = Certificates(folder)
        keys = folder / "broker.pem"
        keys.write_text((folder / "server.key").read_text() + (folder / "server.pem").read_text())
        plain = " ".join(f'user_{user}="{password(user)}"' for user in LACKING)
        settings = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The names that clients have on the listeners without a login.
            "super.users": "User:ANONYMOUS;User:CN=client",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": keys,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": self.certificates.ca,
            "listener.name.mtls.ssl.client.auth": "required"}
        for listener in ("sasl", "saslssl"):
            prefix = f"listener.name.{listener}"
            settings[f"{prefix}.plain.sasl.jaas.config"] = (
                f"{MODULES}.plain.PlainLoginModule required {plain};")
            settings[f"{prefix}.scram-sha-256.sasl.jaas.config"] = (
                f"{MODULES}.scram.ScramLoginModule required;")
        scram = [option for user in LACKING for option in (
            "--add-scram", f"SCRAM-SHA-256=[name={user},password={password(user)}]")]
        self._cluster = Cluster(folder, 1, protocols={
            "SSL": "SSL", "MTLS": "SSL", "SASL": "SASL_PLAINTEXT", "SASLSSL": "SASL_SSL"},
            format_options=scram, jars=jars, **settings)
        self.addresses = self._cluster.nodes[0].addresses

    def start(self):
        self._cluster.start()
        admin = KafkaAdminClient(bootstrap_servers=self.addresses["PLAINTEXT"])
        outcome = admin.create_acls([
            ACL(f"User:{user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW,
                ResourcePattern(ResourceType[kind], name))
            for user, lacking in LACKING.items()
            for operation, kind, name in RIGHTS if (operation, kind, name) not in lacking])
        admin.close()
        assert not outcome["failed"], outcome

    def stop(self):
        self._cluster.stop()
