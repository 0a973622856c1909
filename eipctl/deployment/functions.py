"""What `scf deploy` leaves undone about the functions: retries, how long an event waits, instances, the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eipctl.deployment.absence import drop, find
from eipctl.deployment.changes import Seen
from eipctl.deployment.ports import Cloud, Json, Sides

NAMESPACE = "default"
INSTANCES = 4
"""So many of `bind` run at once at most: a flood of records is a flood of reads."""

STOPPED_MB = 0
DELIVERY = {"Namespace": NAMESPACE, "Qualifier": "$DEFAULT", "Timeout": 3, "MaxMsgNum": 1000}


@dataclass(frozen=True)
class Extras:
    """The settings of one function, which go with it. Implements Resource; without the function there are none.

    A timer's event is not repeated: the next tick does all that is left. An event of the audit log is, twice, and
    after ten minutes the sweeps have done what it could say.
    """

    title: str
    retries: int
    wait_seconds: int
    instances: int | None = None

    @property
    def name(self) -> str:
        """Such as function cls-1-prod-eipclaim-bind."""
        return f"function {self.title}: retries, waiting, instances"

    async def look(self, sides: Sides) -> Seen:
        """As they are and ought to be."""
        function = await read(sides.cloud, self.title)
        if function is None:
            return Seen(None, None)
        events = await sides.cloud.call("scf", "GetFunctionEventInvokeConfig", self._named())
        config = events["AsyncTriggerConfig"]
        retries = [int(one["RetryNum"]) for one in config["RetryConfig"]][:1]
        found = {"retries": retries, "waits": int(config["MsgTTL"]), "reservedMB": await self.reserved(sides.cloud)}
        reserved = None if self.instances is None else self.instances * int(function["MemorySize"])
        return Seen(found, {"retries": [self.retries], "waits": self.wait_seconds, "reservedMB": reserved})

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Set what differs."""
        found, wanted = seen.found or {}, seen.wanted or {}
        if (found["retries"], found["waits"]) != (wanted["retries"], wanted["waits"]):
            config = {"RetryConfig": [{"RetryNum": self.retries}], "MsgTTL": self.wait_seconds}
            params = {**self._named(), "AsyncTriggerConfig": config}
            await sides.cloud.call("scf", "UpdateFunctionEventInvokeConfig", params)
        if found["reservedMB"] != wanted["reservedMB"]:
            await self._reserve(sides.cloud, wanted["reservedMB"])

    async def stop(self, cloud: Cloud) -> None:
        """Have it run no more; a run that goes on comes to its end."""
        if await read(cloud, self.title) is not None and await self.reserved(cloud) != STOPPED_MB:
            await self._reserve(cloud, STOPPED_MB)

    async def reserved(self, cloud: Cloud) -> int | None:
        """The MB that are reserved for it; None where it takes from what all share."""
        reply = await find(cloud, "scf", "GetReservedConcurrencyConfig", self._named())
        reserved = None if reply is None else reply.get("ReservedMem")
        return None if reserved is None else int(reserved)

    async def _reserve(self, cloud: Cloud, megabytes: int | None) -> None:
        if megabytes is None:
            await drop(cloud, "scf", "DeleteReservedConcurrencyConfig", self._named())
        else:
            params = {**self._named(), "ReservedConcurrencyMem": megabytes}
            await cloud.call("scf", "PutReservedConcurrencyConfig", params)

    def _named(self) -> dict[str, Any]:
        return {"FunctionName": self.title, "Namespace": NAMESPACE}


@dataclass(frozen=True)
class Delivery:
    """The audit log's way to `bind`. Implements Resource; `scf deploy` makes it too, and `scf remove` ends it."""

    title: str
    topic_id: str

    @property
    def name(self) -> str:
        """Such as delivery of the topic 0123-... to cls-1-prod-eipclaim-bind."""
        return f"delivery of the topic {self.topic_id} to {self.title}"

    async def look(self, sides: Sides) -> Seen:
        """Whether there is a trigger of that topic."""
        if await read(sides.cloud, self.title) is None:
            return Seen(None, None)
        there = any(delivers(one, self.topic_id) for one in await triggers(sides.cloud, self.title))
        return Seen({} if there else None, {})

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Make it: a topic wakes one function, and one that it woke before is woken no more."""
        del seen
        params = {"TopicId": self.topic_id, "FunctionName": self.title, **DELIVERY}
        await sides.cloud.call("cls", "CreateDeliverCloudFunction", params)


async def read(cloud: Cloud, title: str) -> Json | None:
    """The function, if it is deployed."""
    return await find(cloud, "scf", "GetFunction", {"FunctionName": title, "Namespace": NAMESPACE, "ShowCode": "FALSE"})


async def triggers(cloud: Cloud, title: str) -> list[Json]:
    """All triggers of a function."""
    params = {"FunctionName": title, "Namespace": NAMESPACE, "Limit": 100}
    reply = await find(cloud, "scf", "ListTriggers", params)
    return [] if reply is None else list(reply.get("Triggers") or ())


def delivers(trigger: Json, topic_id: str) -> bool:
    """Whether it is woken by that topic, and switched on."""
    told = (str(trigger.get(field) or "") for field in ("TriggerName", "TriggerDesc", "ResourceId"))
    return trigger.get("Type") == "cls" and bool(trigger.get("Enable")) and any(topic_id in one for one in told)
