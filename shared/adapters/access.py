"""Who an invocation is in the cluster: from a kubeconfig in SSM, at TKE or in a file, or as the pod that it runs in.

What the cloud answered is kept for the next invocations of a warm instance, as text and for a short time. No client
is kept, so a frozen instance still holds nothing that could act later; and a text that is too old ends in a 401, on
which it is read anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from shared.adapters.cloud.kubeconfigs import Vault
from shared.adapters.kubernetes import Access, kubeconfig
from shared.core.errors import InputRejected
from shared.core.table import Role
from shared.settings import Settings

KEEP_SECONDS = 300.0

Source = tuple[str | Role | None, ...]
"""All that an answer depends on: TKE's is the caller's own."""


class Kept:
    """The kubeconfig that was read last in the cloud, and since when it is kept."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Holds nothing yet."""
        self._monotonic = monotonic
        self._source: Source | None = None
        self._text = ""
        self._since = 0.0

    def find(self, source: Source) -> str | None:
        """The text that this source gave in the last minutes, if any is kept."""
        fresh = 0 <= self._monotonic() - self._since < KEEP_SECONDS
        return self._text if fresh and source == self._source else None

    def keep(self, source: Source, text: str) -> None:
        """Keep it instead of what was kept."""
        self._source, self._text, self._since = source, text, self._monotonic()

    def forget(self) -> None:
        """Keep nothing."""
        self._source, self._text = None, ""


@dataclass(frozen=True)
class Reader:
    """Reads the access of one invocation."""

    settings: Settings
    vault: Vault
    role: Role
    environ: Mapping[str, str] = field(repr=False)
    kept: Kept
    service_account: Path = kubeconfig.SERVICE_ACCOUNT

    async def read(self) -> Access:
        """The access, perhaps from what is kept. Raises what `anew` raises."""
        return await self._read()

    async def anew(self) -> Access:
        """The access, from where it stands now.

        Raises InputRejected where the settings name no cluster or the kubeconfig is none that may be used, and what
        the cloud's refusals mean.
        """
        self.kept.forget()
        return await self._read()

    async def _read(self) -> Access:
        named = self.settings.kubeconfig
        if named is None:
            return self._here()
        if not named.startswith(("ssm:", "tke:")):
            return kubeconfig.load(Path(named))
        source = (named, self.role, self.settings.cluster_id, self.vault.region, self.vault.endpoint)
        kept = self.kept.find(source)
        if kept is not None:
            return _parsed(kept, named)
        text = await self._ask(named)
        access = _parsed(text, named)  # what is none is not kept: once it is mended, it counts at once
        self.kept.keep(source, text)
        return access

    async def _ask(self, named: str) -> str:
        if named.startswith("ssm:"):
            return await self.vault.of_secret(named[len("ssm:") :])
        return await self.vault.of_cluster(self.settings.cluster_id)

    def _here(self) -> Access:
        """The pod's own service account, then KUBECONFIG."""
        own = kubeconfig.in_cluster(self.environ, self.service_account)
        if own is not None:
            return own
        path = self.environ.get("KUBECONFIG")
        if not path:
            message = "no cluster: set EIPCLAIM_KUBECONFIG to ssm:NAME, tke: or the path of a kubeconfig"
            raise InputRejected("InvalidSettings", message)
        return kubeconfig.load(Path(path))


def _parsed(text: str, named: str) -> Access:
    origin = named.rstrip(":")
    try:
        access = replace(kubeconfig.read(text), origin=origin)
    except InputRejected as error:
        raise InputRejected(error.reason, f"{origin}: {error.message}") from None
    if named != "tke:":
        return access
    # While that access is off, TKE names a host that nobody reaches, and does not say so (API 2018-05-25).
    host = urlsplit(access.server).hostname
    return replace(access, unreachable=f"is the cluster's private access on? its kubeconfig names {host}")
