"""Certificates for a server on the loopback interface and for its client, made by openssl."""

import ssl
import subprocess

DAYS = 2
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Certificates:
    """Files in a folder: ca.pem, server.pem/.key for 127.0.0.1 and localhost, client.pem/.key, and
    elsewhere.pem/.key, which is right but for another host."""

    def __init__(self, folder):
        self.folder = folder
        self._authority("ca")
        self._signed("server", "subjectAltName=IP:127.0.0.1,DNS:localhost", "serverAuth")
        self._signed("elsewhere", "subjectAltName=DNS:elsewhere.example", "serverAuth")
        self._signed("client", "subjectAltName=DNS:client", "clientAuth")
        self.ca = folder / "ca.pem"
        self.client_certificate, self.client_key = folder / "client.pem", folder / "client.key"

    def context(self, server="server", client_needed=False):
        """What a server needs to serve with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{server}.pem", self.folder / f"{server}.key")
        if client_needed:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
            # With 1.3 a client hears of a refusal only when it reads its first answer.
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _openssl(self, name, *options):
        command = ["openssl", "req", "-x509", *NEW_KEY, "-keyout", self.folder / f"{name}.key",
                   "-out", self.folder / f"{name}.pem", "-days", str(DAYS), "-subj", f"/CN={name}",
                   *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def _authority(self, name):
        self._openssl(name, "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def _signed(self, name, names, usage):
        self._openssl(name, "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key",
                      "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", f"extendedKeyUsage={usage}")
