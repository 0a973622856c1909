"""Small stories, each in a world of its own: what was there before, and what a user or the cloud then does.

A story's deeds come at fixed times and wait for nothing that the functions do: so it is the same story under any fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import yaml

from eipctl.demo.stage import EXAMPLES, NAMESPACE, NODES, Stage
from emulator.cluster.resources import NODES as NODE_KIND
from emulator.cluster.resources import Ref
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN
from shared.core import identity
from tests.loop.scenes import PREFIX, pod

Deed = Callable[[Stage], object]


def after(seconds: float) -> Deed:
    """Let so many seconds pass in which no function runs."""
    return lambda stage: stage.timeline.advance(seconds)


@dataclass(frozen=True)
class Scenario:
    """A story: `before` is played without faults, `deed` begins it, and for so many seconds something is still to come.

    `meetings` lead from the deed to moments at which two invocations at once have most to do.
    """

    name: str
    title: str
    before: Deed
    deed: Deed
    lasts: float = 0.0
    meetings: tuple[Deed, ...] = (after(1.0),)
    meanwhile: Deed | None = None
    """What else happens while an invocation is held up at such a meeting."""
    settings: Mapping[str, str] = field(default_factory=dict)
    cloud: Mapping[str, object] = field(default_factory=dict)
    """Knobs of the cloud's behaviour."""
    by_hand: frozenset[str] = frozenset()
    writes_only: bool = False
    """Whether only its writes are meddled with: one that polls for minutes reads a great deal."""


def nothing(stage: Stage) -> None:
    """Begin with an empty world."""
    del stage


def served(**annotations: str) -> Deed:
    """Begin with a bare pod that has its EIP."""

    def before(stage: Stage) -> None:
        stage.cluster.apply(pod("a", **annotations))
        stage.until_served("a")

    return before


def retained(stage: Stage) -> None:
    """Begin with a static claim whose pod is gone."""
    served(eip_claim_delete_policy="Never")(stage)
    stage.delete("Pod", "a")
    stage.until("a is Retained", lambda: stage.sees.phase("a") == "Retained")


def taken(stage: Stage) -> None:
    """Begin with such a claim, whose EIP somebody has made his own by its tags."""
    retained(stage)
    for address in stage.cloud.holdings():
        stage.cloud.console.retag(address.address_id, {identity.TAG_CLUSTER: "another"})


def long_retained(stage: Stage) -> None:
    """Begin with such a claim, whose EIP is older than an hour."""
    retained(stage)
    for address in stage.cloud.holdings():
        stage.cloud.addresses.overwrite(replace(address, created_at=address.created_at - 4000))


def served_without_collector(stage: Stage) -> None:
    """Begin with a bare pod that has its EIP, in a cluster whose garbage collector comes late."""
    stage.cluster.behaviour.collector = 90.0
    served()(stage)


def same_name(stage: Stage) -> None:
    """The pod is deleted by force, and another one takes its name."""
    stage.cluster.delete("Pod", NAMESPACE, "a", force=True)
    stage.cluster.apply(pod("a"))


def statefulset(stage: Stage) -> None:
    """Begin with a StatefulSet of one pod, static, which has its EIP."""
    manifest = yaml.safe_load((EXAMPLES / "statefulset.yaml").read_text(encoding="utf-8"))
    stage.cluster.apply({**manifest, "spec": {**manifest["spec"], "replicas": 1}})
    stage.until_served("busybox-0")


def delete_pod(name: str, *, force: bool = False) -> Deed:
    """As kubectl delete pod does."""
    return lambda stage: stage.cluster.delete("Pod", NAMESPACE, name, force=force)


def lose_address(stage: Stage) -> None:
    """Somebody gives the EIP back by hand."""
    for address in stage.cloud.holdings():
        stage.cloud.addresses.remove(address.address_id)


def replace_claim(stage: Stage) -> None:
    """The claim is deleted in use, and then its pod: the next pod of the name gets another claim."""
    stage.delete("EIPClaim", "busybox-0")
    stage.timeline.after(20.0, lambda: stage.delete("Pod", "busybox-0"))


def ask_for_more(stage: Stage) -> None:
    """The annotation asks for another bandwidth."""
    stage.cluster.annotate("Pod", NAMESPACE, "a", {f"{PREFIX}/eip-attributes": '{"Bandwidth":"50"}'})


def expired(stage: Stage) -> None:
    """The claim has just expired, and no sweep has seen that."""
    stage.until("a is Retained", lambda: stage.sees.phase("a") == "Retained")
    stage.pass_time(265)  # which is up to the sweep of allocate before the one of reclaim that would see it
    stage.timeline.advance(33)


def missed(stage: Stage) -> None:
    """The EIP was missed once, two minutes ago."""
    stage.until("the EIP is missed", lambda: any(one.status.address_missing_since for one in stage.sees.claims()))
    stage.pass_time(85)  # which is up to the sweep of reclaim before the one of allocate that would believe it
    stage.timeline.advance(32)


def unpublished(stage: Stage) -> None:
    """Begin with nodes on which nobody publishes the resource, in a cluster where we may."""
    stage.cluster.api.installed = Installed(capacity=True)
    for name in NODES:
        gone = {"status": {part: {f"{PREFIX}/eip": None} for part in ("capacity", "allocatable")}}
        stage.cluster.api.patch(ADMIN, Ref(NODE_KIND, "", name), gone, "status")


def deploy(stage: Stage) -> None:
    """A Deployment of one pod with a static EIP."""
    manifest = yaml.safe_load((EXAMPLES / "deployment.yaml").read_text(encoding="utf-8"))
    template = manifest["spec"]["template"]
    template["metadata"]["annotations"][f"{PREFIX}/eip-claim-delete-policy"] = "Never"
    stage.cluster.apply({**manifest, "spec": {**manifest["spec"], "replicas": 1, "template": template}})


def two(stage: Stage) -> None:
    """Two pods come at once, and the one that is served first where nothing fails ends two minutes later."""
    stage.cluster.apply(pod("a"))
    stage.cluster.apply(pod("b"))
    stage.timeline.after(120.0, lambda: stage.delete("Pod", "b"))


STATIC = {"eip_claim_delete_policy": "Never"}
STAYS_BOUND = {"unbind_with_private_ip": False}
"""An EIP stays bound to a private IP that has gone: one of two behaviours that may be the real cloud's."""

LAGGING = {"read_lag_seconds": 70.0, "token_lifetime_seconds": 0.0}
"""Listings show what was 70 s ago, and a ClientToken is forgotten at once: the worst that the grace must survive."""

EXPIRING = {**STATIC, "claim_expired_duration": "5m"}
CASCADE, CAP = {"EIPCLAIM_ENABLE_OWNERREF": "true"}, {"EIPCLAIM_MAX_EIPS": "1"}


def number_of(name: str) -> int:
    """The place of the scenario of that name."""
    return next(number for number, scenario in enumerate(SCENARIOS) if scenario.name == name)


SCENARIOS = (
    Scenario("first bind", "a pod gets its EIP", nothing, lambda stage: stage.cluster.apply(pod("a"))),
    Scenario(
        "lagging",
        "a pod gets its EIP while the listings lag",
        nothing,
        lambda stage: stage.cluster.apply(pod("a")),
        lasts=120.0,
        cloud=LAGGING,
        writes_only=True,
    ),
    Scenario(
        "static return",
        "a pod is deleted, comes back elsewhere and takes its EIP again",
        statefulset,
        delete_pod("busybox-0"),
        meetings=(after(2.6), after(6.0)),
    ),
    Scenario(
        "move",
        "a pod is there again at another IP while its EIP is still at the old one",
        statefulset,
        delete_pod("busybox-0", force=True),
        meetings=(after(4.0),),
        cloud=STAYS_BOUND,
    ),
    Scenario(
        "end",
        "a pod ends, and its EIP with it",
        served(),
        delete_pod("a"),
        meetings=(after(5.0),),
        cloud=STAYS_BOUND,
    ),
    Scenario(
        "expiry",
        "a static EIP expires",
        served(**EXPIRING),
        delete_pod("a"),
        lasts=330.0,
        meetings=(after(5.0), expired),
        cloud=STAYS_BOUND,
    ),
    Scenario("claim deleted", "a retained claim is deleted", retained, lambda stage: stage.delete("EIPClaim", "a")),
    Scenario(
        "by hand",
        "reclaim is invoked for a retained claim",
        retained,
        lambda stage: stage.reclaim("a"),
        meetings=(),
        by_hand=frozenset({"a"}),
    ),
    Scenario(
        "cascade",
        "a static claim goes with its workload",
        statefulset,
        lambda stage: stage.delete("StatefulSet", "busybox"),
        meetings=(after(6.0),),
        settings=CASCADE,
        cloud=STAYS_BOUND,
    ),
    Scenario(
        "lost",
        "an EIP is gone by somebody's hand",
        served(**STATIC),
        lose_address,
        lasts=180.0,
        meetings=(after(1.0), missed),
    ),
    Scenario(
        "replaced",
        "a claim is deleted in use, then its pod",
        statefulset,
        replace_claim,
        lasts=60.0,
        meetings=(after(1.0), after(24.0)),
    ),
    Scenario(
        "same name",
        "a pod is deleted, and another one of its name is there before its claim is gone",
        served_without_collector,
        same_name,
        meetings=(after(6.0),),
        cloud=STAYS_BOUND,
    ),
    Scenario(
        "late return",
        "a pod comes back while its claim expires",
        served(**EXPIRING),
        delete_pod("a"),
        lasts=330.0,
        meetings=(expired,),
        meanwhile=lambda stage: stage.cluster.apply(pod("a", **EXPIRING)),
        cloud=STAYS_BOUND,
    ),
    Scenario(
        "orphans",
        "orphans may be released, and there are none",
        long_retained,
        nothing,
        settings={"EIPCLAIM_ORPHANS": "release"},
        meetings=(),
    ),
    Scenario("workload", "a pod gets its EIP, which goes with its Deployment", nothing, deploy, settings=CASCADE),
    Scenario(
        "capacity",
        "nodes are told how many EIPs their pods may have",
        unpublished,
        nothing,
        settings={"EIPCLAIM_PUBLISH_CAPACITY": "true"},
        meetings=(after(0.0),),
    ),
    Scenario(
        "abandoned",
        "a retained claim is deleted, whose EIP somebody has taken",
        taken,
        lambda stage: stage.delete("EIPClaim", "a"),
    ),
    Scenario(
        "capped", "two pods want the one EIP that is allowed", nothing, two, 150.0, settings=CAP, writes_only=True
    ),
    Scenario("bandwidth", "the annotation asks for another bandwidth", served(), ask_for_more),
)
