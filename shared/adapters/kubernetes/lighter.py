"""aiohttp without what it prepares when it is loaded and nothing of ours uses: TLS that trusts all of the system's CAs.

To read 140 certificates is a seventh of the CPU of a cold start. What is opened for an apiserver has a context of its
own, and reads the system's CAs where they are to count; in aiohttp's there are none, so it fails closed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "SSL_CERT_FILE"
"""Where OpenSSL looks for the system's CAs, if it is set (SSL_CTX_set_default_verify_paths(3))."""


@contextmanager
def _no_authorities() -> Iterator[None]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = os.devnull
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        if before is not None:
            os.environ[VARIABLE] = before


with _no_authorities():
    import aiohttp as aiohttp  # noqa: PLC0414 - it is all that is done here
