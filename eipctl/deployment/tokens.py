"""A service account's kubeconfig in the account's secret store: with a token of bounded life, renewed in time.

It is read back to be judged, and is neither printed nor written to a file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from eipctl.deployment.absence import drop, find
from eipctl.deployment.account import DESCRIPTION
from eipctl.deployment.changes import Seen
from eipctl.deployment.ports import Cluster, Json, Sides
from eipctl.deployment.ports import find as find_object
from shared.adapters.kubernetes import Access, kubeconfig
from shared.adapters.kubernetes.client import path
from shared.core.errors import InputRejected
from shared.core.identity import SYSTEM_NAMESPACE

VERSION = "SSM_Current"
"""The store's own name of a secret's one version; it is what a reader asks for who names none."""

ENABLED = "Enabled"
UNREADABLE = {"server": "unreadable", "ca": "", "account": "", "token": "", "due": ""}
LIFE = timedelta(days=30)
ACCOUNTS = path("/api/v1", "namespaces", SYSTEM_NAMESPACE, "serviceaccounts")


@dataclass(frozen=True)
class Token:
    """What a token says of itself: whose it is, and from when until when it is good."""

    account_uid: str
    since: datetime
    until: datetime

    @property
    def due(self) -> datetime:
        """When it is to be renewed: half its life is left for whoever forgets."""
        return self.since + (self.until - self.since) / 2


def read_token(text: str) -> Token:
    """The claims of a service account's token. Raises ValueError for any other text."""
    try:
        payload = text.split(".")[1]
        claims: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        uid = str(claims["kubernetes.io"]["serviceaccount"]["uid"])
        since, until = (datetime.fromtimestamp(int(claims[name]), timezone.utc) for name in ("iat", "exp"))
    except (binascii.Error, LookupError, TypeError, ValueError, OverflowError):
        raise ValueError("not a service account's token") from None
    return Token(uid, since, until)


@dataclass(frozen=True)
class Kubeconfig:
    """The secret of one service account; functions reach the apiserver by `server`. Implements Removable."""

    title: str
    account: str
    server: str
    ca: str | None
    life: timedelta = LIFE

    @property
    def name(self) -> str:
        """Such as secret eipclaim-cls-1-give."""
        return f"secret {self.title}"

    async def look(self, sides: Sides) -> Seen:
        """What is in it, but for the token, and what it ought to be."""
        secret = await self._found(sides)
        account = await find_object(sides.cluster, path(ACCOUNTS, self.account))
        uid = str(account["metadata"]["uid"]) if account else "of the account that is made first"
        wanted = {"status": ENABLED, "server": self.server, "ca": _short(self.ca), "account": uid}
        fresh = {**wanted, "token": f"of {self.life.days} days"}
        if secret is None:
            return Seen(None, fresh)
        status = str(secret["Status"])
        found = {"status": status, **(await self._content(sides) if status == ENABLED else UNREADABLE)}
        token, due = found.pop("token"), found.pop("due")
        if found == wanted and due > sides.cluster.now().isoformat():
            return Seen({**found, "token": token}, {**found, "token": token})
        return Seen({**found, "token": token}, fresh)

    async def _content(self, sides: Sides) -> Mapping[str, str]:
        """What is no kubeconfig of ours is to be written anew. Raises EipclaimError where it cannot be read."""
        content = await self._parsed(sides)
        if content is None:
            return UNREADABLE
        access, token = content
        return {
            "server": access.server,
            "ca": _short(access.ca),
            "account": token.account_uid,
            "token": f"until {token.until:%Y-%m-%d %H:%M} UTC",
            "due": token.due.isoformat(),
        }

    async def read(self, sides: Sides) -> Access | None:
        """The access that it gives; None where there is no such secret. Raises EipclaimError for what is none."""
        asked = {"SecretName": self.title, "VersionId": VERSION}
        reply = await find(sides.cloud, "ssm", "GetSecretValue", asked)
        return None if reply is None else kubeconfig.read(str(reply.get("SecretString") or ""))

    async def token(self, sides: Sides) -> Token | None:
        """What its token says of itself; None where there is none that can be read."""
        content = await self._parsed(sides)
        return content[1] if content else None

    async def _parsed(self, sides: Sides) -> tuple[Access, Token] | None:
        try:
            access = await self.read(sides)
            return (access, read_token(access.token or "")) if access else None
        except (InputRejected, ValueError):
            return None

    async def put(self, sides: Sides, seen: Seen) -> None:
        """A new token into it; the old one stays good until its end."""
        content = {"SecretName": self.title, "VersionId": VERSION, "SecretString": await self._made(sides.cluster)}
        if seen.found is None:
            await sides.cloud.call("ssm", "CreateSecret", {**content, "Description": DESCRIPTION})
            return
        if seen.found["status"] == "PendingDelete":
            await sides.cloud.call("ssm", "RestoreSecret", {"SecretName": self.title})
        if seen.found["status"] != ENABLED:
            await sides.cloud.call("ssm", "EnableSecret", {"SecretName": self.title})
        await sides.cloud.call("ssm", "UpdateSecret", content)

    async def _made(self, cluster: Cluster) -> str:
        token = await token_of(cluster, self.account, self.life)
        embedded = {"certificate-authority-data": base64.b64encode(self.ca.encode()).decode()} if self.ca else {}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.account,
            "contexts": [{"name": self.account, "context": {"cluster": "cluster", "user": self.account}}],
            "clusters": [{"name": "cluster", "cluster": {"server": self.server, **embedded}}],
            "users": [{"name": self.account, "user": {"token": token}}],
        }
        return json.dumps(content)

    async def there(self, sides: Sides) -> bool:
        """Whether there is one that nobody has deleted: the store keeps it for a while for whoever asks for that."""
        secret = await self._found(sides)
        return secret is not None and secret["Status"] != "PendingDelete"

    async def remove(self, sides: Sides) -> None:
        """Delete it at once: its token ends with the service account anyway."""
        secret = await self._found(sides)
        if secret is not None and secret["Status"] != "Disabled":
            await drop(sides.cloud, "ssm", "DisableSecret", {"SecretName": self.title})
        await drop(sides.cloud, "ssm", "DeleteSecret", {"SecretName": self.title, "RecoveryWindowInDays": 0})

    async def _found(self, sides: Sides) -> Json | None:
        return await find(sides.cloud, "ssm", "DescribeSecret", {"SecretName": self.title})


async def token_of(cluster: Cluster, account: str, life: timedelta) -> str:
    """A new token of a service account of ours; the apiserver may give it a shorter life."""
    request: Json = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": int(life.total_seconds())},
    }
    reply = await cluster.send("POST", path(ACCOUNTS, account, "token"), request)
    token = reply.get("status", {}).get("token")
    if not isinstance(token, str):
        raise InputRejected("NoToken", f"the apiserver gave no token for {account}")
    return token


def _short(ca: str | None) -> str:
    return hashlib.sha256((ca or "").strip().encode()).hexdigest()[:16]
