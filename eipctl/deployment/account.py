"""What the account holds for a cluster: two tags, two policies, and two roles that the functions take on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from eipctl.deployment.absence import drop, find
from eipctl.deployment.changes import Seen
from eipctl.deployment.manifests import FOLDER
from eipctl.deployment.ports import Cloud, Json, Sides
from shared.core import identity
from shared.core.errors import Conflict

PAGE = 200
DESCRIPTION = "eipclaim: made by eipctl install, taken away by eipctl teardown"


@dataclass(frozen=True)
class Tag:
    """A tag that EIPs of this cluster carry: the EIP API takes only tags that exist. Implements Removable."""

    key: str
    value: str
    cluster_id: str

    @property
    def name(self) -> str:
        """Such as tag managed-by=eipclaim."""
        return f"tag {self.key}={self.value}"

    async def look(self, sides: Sides) -> Seen:
        """Whether it is there."""
        return Seen({} if self.value in await values(sides.cloud, self.key) else None, {})

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Make it."""
        del seen
        await sides.cloud.call("tag", "CreateTag", {"TagKey": self.key, "TagValue": self.value})

    async def there(self, sides: Sides) -> bool:
        """Whether it is, and no other cluster of the account needs it."""
        if self.key == identity.TAG_MANAGED_BY and await values(sides.cloud, identity.TAG_CLUSTER) - {self.cluster_id}:
            return False
        return self.value in await values(sides.cloud, self.key)

    async def remove(self, sides: Sides) -> None:
        """Delete it."""
        await drop(sides.cloud, "tag", "DeleteTag", {"TagKey": self.key, "TagValue": self.value})


async def values(cloud: Cloud, key: str) -> set[str]:
    """All values that there are of a tag key."""
    token, found = "", set[str]()
    while True:
        page = await cloud.call("tag", "GetTags", {"TagKeys": [key], "MaxResults": PAGE, "PaginationToken": token})
        found |= {str(one["TagValue"]) for one in page["Tags"] if one["TagKey"] == key}
        token = str(page.get("PaginationToken") or "")
        if not token:
            return found


@dataclass(frozen=True)
class Policy:
    """A policy of the account. Implements Removable."""

    title: str
    document: Json

    @property
    def name(self) -> str:
        """Such as CAM policy eipclaim-cls-1-give."""
        return f"CAM policy {self.title}"

    async def look(self, sides: Sides) -> Seen:
        """Its document."""
        policy_id = await self.identify(sides.cloud)
        reply = None if policy_id is None else await find(sides.cloud, "cam", "GetPolicy", {"PolicyId": policy_id})
        return Seen(None if reply is None else _document(reply["PolicyDocument"]), self.document)

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Make it, or change its document."""
        written = {"PolicyName": self.title, "PolicyDocument": json.dumps(self.document)}
        if seen.found is None:
            await sides.cloud.call("cam", "CreatePolicy", {**written, "Description": DESCRIPTION})
        else:
            await sides.cloud.call("cam", "UpdatePolicy", {**written, "PolicyId": await self.identify(sides.cloud)})

    async def there(self, sides: Sides) -> bool:
        """Whether there is one of its name."""
        return await self.identify(sides.cloud) is not None

    async def remove(self, sides: Sides) -> None:
        """Delete it."""
        policy_id = await self.identify(sides.cloud)
        if policy_id is not None:
            await drop(sides.cloud, "cam", "DeletePolicy", {"PolicyId": [policy_id]})

    async def identify(self, cloud: Cloud) -> int | None:
        """Its id. The keyword of the listing finds longer names too."""
        async for one in pages(cloud, "ListPolicies", {"Scope": "Local", "Keyword": self.title}):
            if one["PolicyName"] == self.title:
                return int(one["PolicyId"])
        return None


@dataclass(frozen=True)
class Role:
    """A role, with the policy that makes its rights. Implements Removable."""

    title: str
    trust: Json
    policy: Policy

    @property
    def name(self) -> str:
        """Such as CAM role eipclaim-cls-1-give."""
        return f"CAM role {self.title}"

    async def look(self, sides: Sides) -> Seen:
        """Who may take it on, and whether it has its policy. What else somebody attached is left alone."""
        reply = await self._found(sides.cloud)
        wanted = {"trust": self.trust, "policy": self.policy.title}
        if reply is None:
            return Seen(None, wanted)
        titles = {str(one["PolicyName"]) for one in await self.attached(sides.cloud)}
        policy = self.policy.title if self.policy.title in titles else None
        return Seen({"trust": _document(reply["RoleInfo"]["PolicyDocument"]), "policy": policy}, wanted)

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Make it, or put right what differs."""
        found, trust = seen.found or {}, json.dumps(self.trust)
        if not found:
            made = {"RoleName": self.title, "PolicyDocument": trust, "Description": DESCRIPTION}
            await sides.cloud.call("cam", "CreateRole", made)
        elif found["trust"] != self.trust:
            params = {"RoleName": self.title, "PolicyDocument": trust}
            await sides.cloud.call("cam", "UpdateAssumeRolePolicy", params)
        if not found.get("policy"):
            policy_id = await self.policy.identify(sides.cloud)
            if policy_id is None:
                raise Conflict("PolicyMissing", f"the policy {self.policy.title} is not to be seen yet: run it again")
            attachment = {"AttachRoleName": self.title, "PolicyId": policy_id}
            await sides.cloud.call("cam", "AttachRolePolicy", attachment)

    async def there(self, sides: Sides) -> bool:
        """Whether there is one of its name."""
        return await self._found(sides.cloud) is not None

    async def remove(self, sides: Sides) -> None:
        """Delete it, after whatever is attached to it."""
        for one in await self.attached(sides.cloud):
            params = {"DetachRoleName": self.title, "PolicyId": one["PolicyId"]}
            await drop(sides.cloud, "cam", "DetachRolePolicy", params)
        await drop(sides.cloud, "cam", "DeleteRole", {"RoleName": self.title})

    async def attached(self, cloud: Cloud) -> list[Json]:
        """The policies that it has; none where there is no role."""
        if await self._found(cloud) is None:
            return []
        return [one async for one in pages(cloud, "ListAttachedRolePolicies", {"RoleName": self.title})]

    async def _found(self, cloud: Cloud) -> Json | None:
        return await find(cloud, "cam", "GetRole", {"RoleName": self.title})


async def pages(cloud: Cloud, action: str, params: Json) -> AsyncIterator[Json]:
    """All entries of one of cam's listings."""
    page, seen = 1, 0
    while True:
        reply = await cloud.call("cam", action, {**params, "Page": page, "Rp": PAGE})
        entries, total = reply["List"] or (), int(reply["TotalNum"])
        for one in entries:
            yield one
        seen += len(entries)
        if not entries or seen >= total:
            return
        page += 1


def _document(text: object) -> Json:
    try:
        parsed = json.loads(str(text))
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {"unreadable": True}


def document(name: str, variables: Mapping[str, str], folder: Path = FOLDER) -> Json:
    """A document of `deploy/cam` for one cluster."""
    text = Template((folder / "cam" / f"{name}.json").read_text(encoding="utf-8")).substitute(variables)
    content: Json = json.loads(text)
    return content
