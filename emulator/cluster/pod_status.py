"""What a kubelet writes into a pod's status; the parts of patches, each for one event in the pod's life."""

from __future__ import annotations

from typing import Any

from emulator.cluster.objects import condition, deleting, ended, is_true
from emulator.cluster.resources import Object
from emulator.cluster.timestamps import timestamp


def startable(pod: Object) -> bool:
    """Whether its containers are still to be started."""
    return not deleting(pod) and not ended(pod) and not pod["status"].get("podIP")


def started(pod: Object, ip: str, now: float) -> Object:
    """The containers run, on that IP; the pod is ready if nothing else is waited for."""
    at = timestamp(now)
    running = [_container(one, {"running": {"startedAt": at}}, ready=True) for one in pod["spec"].get("containers", ())]
    return {
        "phase": "Running",
        "startTime": at,
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "containerStatuses": running,
        "conditions": [
            {"type": "Initialized", "status": "True", "lastTransitionTime": at},
            {"type": "ContainersReady", "status": "True", "lastTransitionTime": at},
            _ready(pod, at),
        ],
    }


def changed_readiness(pod: Object, now: float) -> Object | None:
    """The condition Ready, if a readiness gate has opened or closed since."""
    ready = _ready(pod, timestamp(now))
    return None if condition(pod, "Ready").get("status") == ready["status"] else {"conditions": [ready]}


def stopped(pod: Object, now: float) -> Object:
    """The containers, if there were any, have ended; the phase stays, since the pod is about to go."""
    at = timestamp(now)
    ended_at = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": at}}
    running = pod["status"].get("containerStatuses", ())
    status: dict[str, Any] = {"conditions": _not_ready("PodCompleted" if ended(pod) else "ContainersNotReady", at)}
    if running:
        status["containerStatuses"] = [_container(one, ended_at, ready=False) for one in running]
    return status


def finished(pod: Object, phase: str, reason: str | None, now: float) -> Object:
    """The pod has run its course: `Succeeded`, or `Failed` for a reason such as `Evicted`."""
    status = {**stopped(pod, now), "phase": phase}
    return status if reason is None else {**status, "reason": reason}


def _container(container: Object, state: Object, *, ready: bool) -> Object:
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "ready": ready,
        "restartCount": 0,
        "state": state,
    }


def _ready(pod: Object, at: str) -> dict[str, Any]:
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", ())]
    closed = [gate for gate in gates if not is_true(pod, gate)]
    if not closed:
        return {"type": "Ready", "status": "True", "lastTransitionTime": at, "reason": None, "message": None}
    message = f"corresponding condition of pod readiness gate {closed[0]!r} is not True"
    reason = "ReadinessGatesNotReady"
    return {"type": "Ready", "status": "False", "lastTransitionTime": at, "reason": reason, "message": message}


def _not_ready(reason: str, at: str) -> list[Object]:
    return [
        {"type": kind, "status": "False", "lastTransitionTime": at, "reason": reason}
        for kind in ("Ready", "ContainersReady")
    ]
