"""The demo's story: each step does what a user would, waits until the cluster shows what it should, and says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from eipctl.demo.stage import EXAMPLES, Stage
from eipctl.demo.views import StepFailedError
from emulator.cloud import Fault


@dataclass(frozen=True)
class Step:
    """What came of one step."""

    step: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Scene:
    """One step: its name for programs, what it shows in words, and how it is done; returns what was seen."""

    name: str
    title: str
    play: Callable[[Stage], str]


def play(stage: Stage, scenes: tuple[Scene, ...]) -> Iterator[tuple[Scene, Step]]:
    """The steps as they are done. The first that fails is the last: what follows would only show its consequences."""
    for scene in scenes:
        try:
            detail = scene.play(stage)
        except StepFailedError as error:
            yield scene, Step(scene.name, ok=False, detail=str(error))
            return
        yield scene, Step(scene.name, ok=True, detail=detail)


def _statefulset(stage: Stage) -> str:
    stage.apply(EXAMPLES / "statefulset.yaml")
    first, second = (stage.until_served(f"busybox-{ordinal}") for ordinal in (0, 1))
    return f"busybox-0 has {first}, busybox-1 has {second}"


def _deployment(stage: Stage) -> str:
    stage.apply(EXAMPLES / "deployment.yaml")
    pod = stage.until_pod_of("web")
    return f"{pod} has {stage.until_served(pod)}"


def _static_return(stage: Stage) -> str:
    before, address = stage.sees.pod("busybox-0"), stage.sees.served("busybox-0")
    stage.delete("Pod", "busybox-0")
    stage.until("busybox-0 is back", lambda: stage.sees.uid("busybox-0") not in {None, before.uid})
    again = stage.until_served("busybox-0")
    after = stage.sees.pod("busybox-0")
    stage.check(again == address, f"busybox-0 came back with {again}, not {address}")
    stage.check(after.spec.node_name != before.spec.node_name, "busybox-0 came back on the same node")
    return (
        f"busybox-0 is back as another pod on {after.spec.node_name} (was {before.spec.node_name}), still with {again}"
    )


def _deleted_in_use(stage: Stage) -> str:
    address, claim, pod = stage.sees.served("busybox-1"), stage.sees.claim_uid("busybox-1"), stage.sees.uid("busybox-1")
    stage.delete("EIPClaim", "busybox-1")
    stage.until("busybox-1 is Terminating, InUse", lambda: stage.sees.ready_reason("busybox-1") == "InUse")
    stage.check(stage.sees.bound_at("busybox-1") == address, f"{address} did not stay bound")
    stage.delete("Pod", "busybox-1")
    stage.until("a new claim", lambda: stage.sees.claim_uid("busybox-1") not in {None, claim})
    stage.check(stage.sees.uid("busybox-1") != pod, "the pod is still the old one")
    new = stage.until_served("busybox-1")
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"{address} stayed bound while the pod lived and went with it; the next busybox-1 has {new}"


def _deleted_after(stage: Stage) -> str:
    address = stage.sees.served("busybox-1")
    stage.scale("StatefulSet", "busybox", 1)
    stage.until("busybox-1 is Retained", lambda: stage.sees.phase("busybox-1") == "Retained")
    stage.check(stage.sees.exists(address), f"{address} was not kept")
    stage.delete("EIPClaim", "busybox-1")
    stage.until("the claim is gone", lambda: stage.sees.claim_uid("busybox-1") is None)
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"{address} was kept without a pod, and given back when its claim was deleted"


def _expiry(stage: Stage) -> str:
    stage.apply(EXAMPLES / "statefulset-expiring.yaml")
    stage.until_served("game-0")
    address = stage.until_served("game-1")
    stage.scale("StatefulSet", "game", 1)
    stage.until("game-1 is Retained", lambda: stage.sees.phase("game-1") == "Retained")
    kept_from = stage.now()
    stage.until("game-1's claim has expired", lambda: stage.sees.claim_uid("game-1") is None, within=600)
    minutes = (stage.now() - kept_from) / 60
    stage.check(minutes >= 5, f"{address} was given back after {minutes:.1f} minutes, not 5")  # noqa: PLR2004 - the example says 5m
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"{address} was kept for 5 minutes and given back after {minutes:.1f}"


def _by_invocation(stage: Stage) -> str:
    stage.scale("StatefulSet", "busybox", 2)
    address = stage.until_served("busybox-1")
    refused = stage.reclaim("busybox-1")
    stage.check("PodAlive" in str(refused["failed"]), f"reclaim did not refuse a claim in use: {refused}")
    stage.scale("StatefulSet", "busybox", 1)
    stage.until("busybox-1's pod is gone", lambda: stage.sees.uid("busybox-1") is None)
    stage.reclaim("busybox-1")
    stage.until("the claim is gone", lambda: stage.sees.claim_uid("busybox-1") is None)
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"reclaim refused busybox-1 while its pod lived, and gave {address} back at once when it was gone"


def _rolling_update(stage: Stage) -> str:
    old = stage.until_pod_of("web")
    address = stage.sees.served(old)
    stage.set_environment("Deployment", "web", "VERSION", "2")
    stage.until("the old pod is gone", lambda: stage.sees.uid(old) is None)
    stage.until("the old claim is gone", lambda: stage.sees.claim_uid(old) is None)
    new = stage.until_pod_of("web")
    again = stage.until_served(new)
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"{new} has {again}; {address} went with {old}"


def _lost_reply(stage: Stage) -> str:
    bought = stage.sees.calls("AllocateAddresses")
    stage.cloud.faults.arm(Fault("drop_reply", "AllocateAddresses"))
    stage.scale("Deployment", "web", 2)
    stage.until("both pods of web are served", lambda: len(stage.sees.served_pods("web")) == 2)  # noqa: PLR2004
    count = stage.sees.calls("AllocateAddresses") - bought
    marks = [address.name for address in stage.cloud.holdings()]
    stage.check(len(marks) == len(set(marks)), "an EIP was bought twice")
    return f"the EIP of the lost reply was found by its mark and adopted: {count} purchase, none twice"


def _cascade(stage: Stage) -> str:
    address = stage.sees.served("game-0")
    stage.delete("StatefulSet", "game")
    stage.until("game-0's claim is gone", lambda: stage.sees.claim_uid("game-0") is None)
    stage.check(not stage.sees.exists(address), f"{address} was not given back")
    return f"{address} went with its workload, though its claim was static"


def _teardown(stage: Stage) -> str:
    stage.delete("Deployment", "web")
    stage.delete("StatefulSet", "busybox")
    stage.until("no claim is left", lambda: not stage.sees.claims())
    stage.until("no EIP is left", lambda: not stage.cloud.holdings())
    return "every claim is gone, and every EIP was given back"


SCENES = (
    Scene("statefulset", "A StatefulSet with static EIPs comes up", _statefulset),
    Scene("deployment", "A Deployment comes up; its EIPs end with their pods", _deployment),
    Scene(
        "static-return",
        "A static pod is deleted and takes its EIP again, under a new UID, on another node",
        _static_return,
    ),
    Scene("deleted-in-use", "A claim is deleted by hand while its pod lives", _deleted_in_use),
    Scene("deleted-after", "A claim is deleted by hand after its pod", _deleted_after),
    Scene("by-invocation", "reclaim is invoked by hand for a claim", _by_invocation),
    Scene("expiry", "A static EIP expires", _expiry),
    Scene("rolling-update", "A rolling update: new pods, new EIPs", _rolling_update),
    Scene("lost-reply", "The reply of AllocateAddresses is lost", _lost_reply),
    Scene("cascade", "A static claim goes with its workload", _cascade),
    Scene("teardown", "Everything is deleted", _teardown),
)
