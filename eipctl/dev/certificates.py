"""An authority of its own for one control plane, and kubeconfigs of whoever it vouches for."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
from pathlib import Path

from shared.core.errors import InputRejected

CONTEXT = "eipclaim-dev"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Certificates in a folder: `NAME.crt` and `NAME.key`, the authority's own as `ca`."""

    def __init__(self, home: Path) -> None:
        """A new authority, and the certificate of the apiserver on 127.0.0.1."""
        self.home = home
        _openssl("req", "-x509", *_NEW_KEY, "-keyout", f"{home}/ca.key", "-out", f"{home}/ca.crt", "-subj", "/CN=ca")
        self.issue("apiserver", "/CN=apiserver", "subjectAltName=IP:127.0.0.1")

    def issue(self, name: str, subject: str, extension: str = "extendedKeyUsage=clientAuth") -> None:
        """A certificate for that subject."""
        signed = ("-CA", f"{self.home}/ca.crt", "-CAkey", f"{self.home}/ca.key")
        target = ("-keyout", f"{self.home}/{name}.key", "-out", f"{self.home}/{name}.crt")
        _openssl("req", "-x509", *signed, *_NEW_KEY, *target, "-subj", subject, "-addext", extension)

    def trusted(self, user: str | None = None) -> ssl.SSLContext:
        """For clients of the apiserver; with the certificate of that user, if one is named."""
        context = ssl.create_default_context(cafile=f"{self.home}/ca.crt")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # its certificates are as plain as many clusters' own
        if user is not None:
            context.load_cert_chain(f"{self.home}/{user}.crt", f"{self.home}/{user}.key")
        return context

    def kubeconfig(self, user: str, group: str, url: str) -> Path:
        """The kubeconfig of a new client certificate, for a user of that group (none where it is empty)."""
        self.issue(user, f"/O={group}/CN={user}" if group else f"/CN={user}")
        identity = {
            "client-certificate-data": self._encoded(f"{user}.crt"),
            "client-key-data": self._encoded(f"{user}.key"),
        }
        return self._write(user, identity, url)

    def kubeconfig_of_token(self, user: str, token: str, url: str) -> Path:
        """The kubeconfig of who has that token."""
        return self._write(user, {"token": token}, url)

    def _write(self, user: str, identity: dict[str, str], url: str) -> Path:
        cluster = {"server": url, "certificate-authority-data": self._encoded("ca.crt")}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": user, "user": identity}],
        }
        path = self.home / f"{user}.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def _encoded(self, file: str) -> str:
        return base64.b64encode((self.home / file).read_bytes()).decode()


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise InputRejected("NoOpenssl", "openssl is needed to make the certificates of the control plane")
    done = subprocess.run([program, *arguments], check=False, capture_output=True, text=True)  # noqa: S603 - of this module
    if done.returncode:
        raise InputRejected(
            "NoCertificates", f"{program} {arguments[0]} (OpenSSL 3 is needed): {done.stderr.strip()[-300:]}"
        )
