"""What is loaded for the cluster's client reads no CAs, and leaves the process as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

LOADED = """
import json, os, ssl
import functions.bind
from aiohttp import connector
contexts = [one for one in vars(connector).values() if isinstance(one, ssl.SSLContext)]
trusted = [one.cert_store_stats()["x509_ca"] for one in (*contexts, ssl.create_default_context())]
print(json.dumps({"trusted": trusted, "variables": {k: v for k, v in os.environ.items() if k.startswith("SSL_CERT")}}))
"""


@pytest.mark.parametrize("named", [False, True])
def test_only_what_is_asked_for_later_trusts_the_system_s_cas(*, named: bool, tmp_path: Path) -> None:
    file, end = tmp_path / "cas.pem", "-----END CERTIFICATE-----\n"
    file.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    given = {"SSL_CERT_FILE": str(file), "SSL_CERT_DIR": str(tmp_path)} if named else {}
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}

    done = subprocess.check_output([sys.executable, "-c", LOADED], env={**environ, **given}, text=True)  # noqa: S603 - ours
    *of_aiohttp, later = json.loads(done)["trusted"]

    assert set(of_aiohttp) == {0}
    assert later == 1 or not named
    assert json.loads(done)["variables"] == given
