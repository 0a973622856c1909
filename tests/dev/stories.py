"""A life of two workloads from apply to release, and what may be compared of its end, however it went."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable

from eipctl.dev.invocations import Invocation
from eipctl.dev.world import World
from emulator.cloud.calls import CallRecord
from emulator.cloud.vpc.models.address import Address
from tests.dev.clusters import Cluster, Raw, deleting, example

POD_OF_DEPLOYMENT = re.compile(r"(web)-[a-z0-9]+-[a-z0-9]+")
Facts = dict[str, object]


class Life:
    """TKE's StatefulSet and the Deployment of `examples/` in a namespace."""

    def __init__(self, world: World, cluster: Cluster) -> None:
        """What the cloud is asked from now on counts as theirs."""
        self._world, self._cluster = world, cluster
        self._cursor = world.cloud.calls.cursor

    def begin(self) -> None:
        """Both are there."""
        self._cluster.apply(example("statefulset.yaml"), example("deployment.yaml"))

    def served(self) -> None:
        """Every pod has its EIP."""
        for name in ("busybox-0", "busybox-1", self._cluster.new_pod(but=["busybox-0", "busybox-1"])):
            self._cluster.bound(name)

    def change(self) -> None:
        """A pod comes back, and a rolling update replaces another."""
        before = self._cluster.get("pod", "busybox-0")
        old = self._cluster.new_pod(but=["busybox-0", "busybox-1"])
        self._cluster.kubectl("delete", "pod", "busybox-0", "--wait=false")
        self._cluster.kubectl("set", "env", "deployment/web", "VERSION=2")
        self._cluster.successor(before)
        new = self._cluster.new_pod(but=["busybox-0", "busybox-1", old])
        for name in ("busybox-0", new):
            self._cluster.bound(name)
        self._cluster.gone("eipc", old)

    def shrink(self) -> Raw:
        """A pod goes for a while; returns its claim, whose EIP is kept and with which nobody is busy any more."""
        self._cluster.kubectl("scale", "statefulset", "busybox", "--replicas=1")

        def retained() -> Raw | None:
            claim = self._cluster.find("eipc", "busybox-1")
            status = claim["status"] if claim else {}
            return claim if status.get("expiresAt") and not {"intent", "retry"} & set(status) else None

        return self._cluster.eventually("busybox-1 is retained", retained)

    def end(self) -> None:
        """All of it is deleted, and every EIP is given back."""
        self._cluster.kubectl("delete", "statefulset,deployment,eipc", "--all", "--wait=false")
        self._cluster.eventually("no claim is left", lambda: not self._cluster.names("eipc"))

        assert self._held() == ()

    def facts(self) -> Facts:
        """What there is, without what differs from life to life: names, ids, addresses, times."""
        facts: Facts = {}
        for claim in json.loads(self._cluster.kubectl("get", "eipc", "--output=json"))["items"]:
            status, target = claim["status"], self._cluster.target(claim)
            pod = self._cluster.find("pod", claim["metadata"]["name"])
            facts[POD_OF_DEPLOYMENT.sub(r"\1", claim["metadata"]["name"])] = {
                "phase": status["phase"],
                "conditions": {one["type"]: one["status"] for one in status["conditions"]},
                "remembered": sorted({"intent", "retry", "podMissingSince", "expiresAt"} & set(status)),
                "at": [one["podUID"] == (pod and pod["metadata"]["uid"]) for one in status.get("bindings", ())],
                "bound": bool(pod) and not deleting(pod or {}) and target == (pod or {})["status"]["podIP"],
            }
        return {**facts, "EIPs": len(self._held()), **self.purchases()}

    def purchases(self) -> Facts:
        """How often was bought and given back, and which claims (by their marks) were bought for more than once."""
        done = self._done(self._cursor)
        marks = Counter(call.params["AddressName"] for call in done if call.action == "AllocateAddresses")
        released = sum(call.action == "ReleaseAddresses" for call in done)
        return {
            "bought": marks.total(),
            "bought twice": [mark for mark, times in marks.items() if times > 1],
            "released": released,
        }

    def comes_to_rest(self, came: list[Invocation], sweeps: int = 2) -> None:
        """Wait until nothing is written to the cloud or to a claim while both sweeps come so many times."""

        def at_rest() -> bool:
            before, cursor, begun = self._versions(), self._world.cloud.calls.cursor, len(came)

            def swept() -> bool:
                times = Counter(one.function for one in came[begun:])
                return min(times["allocate"], times["reclaim"]) > sweeps  # the first may have begun before

            self._cluster.eventually(f"{sweeps} sweeps have come", swept)
            return self._done(cursor) == [] and self._versions() == before

        self._cluster.eventually("nothing is written any more", at_rest)

    def _held(self) -> tuple[Address, ...]:
        with self._world.cloud.lock:
            return self._world.cloud.holdings()

    def _done(self, cursor: int) -> list[CallRecord]:
        with self._world.cloud.lock:
            return self._world.cloud.calls.changes(cursor)

    def _versions(self) -> str:
        return self._cluster.kubectl("get", "eipc", "--output=jsonpath={.items[*].metadata.resourceVersion}")


def play(life: Life, meanwhile: Callable[[], None] = lambda: None) -> Facts:
    """The whole life; something else may happen just after its beginning. Returns the facts before all is deleted."""
    life.begin()
    meanwhile()
    life.served()
    life.change()
    life.shrink()
    facts = life.facts()
    life.end()
    return {**facts, **life.purchases()}
