"""aiohttp without what it prepares when it is loaded and nothing of ours uses: TLS that trusts all of the system's CAs.

To read 140 certificates takes a twelfth of the CPU of a cold start. What is opened for an apiserver has a context of
its own, and reads the system's CAs where they are to count. aiohttp's own, which is the whole process's, trusts nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Where OpenSSL looks for the system's CAs, if they are set (SSL_CTX_set_default_verify_paths(3))."""


@contextmanager
def _no_authorities() -> Iterator[None]:
    before = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    os.environ.update(dict.fromkeys(VARIABLES, os.devnull))
    try:
        yield
    finally:
        for name in VARIABLES:
            del os.environ[name]
        os.environ.update(before)


with _no_authorities():
    import aiohttp as aiohttp  # noqa: PLC0414 - it is all that is done here
