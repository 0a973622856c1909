"""What a kubelet says of a pod, beyond what the cluster in memory has to hear: a real one merges strategically."""

from __future__ import annotations

from typing import Any

from emulator.cluster import pod_status
from emulator.cluster.resources import Object

_STATES = ("waiting", "running", "terminated")


def started(pod: Object, ip: str, host_ip: str, now: float) -> Object:
    """The containers run, on that IP."""
    return {**pod_status.started(pod, ip, now), "hostIP": host_ip, "hostIPs": [{"ip": host_ip}]}


def changed_readiness(pod: Object, now: float) -> Object | None:
    """The condition Ready, if a readiness gate has opened or closed since."""
    return pod_status.changed_readiness(pod, now)


def stopped(pod: Object, now: float) -> Object:
    """The containers have ended because the pod is to go; since Kubernetes 1.27 its phase says so."""
    phase = pod.get("status", {}).get("phase")
    return _exclusive({**pod_status.stopped(pod, now), "phase": phase if phase == "Failed" else "Succeeded"})


def completed(pod: Object, now: float) -> Object:
    """The containers have done their work."""
    return _exclusive(pod_status.finished(pod, "Succeeded", None, now))


def _exclusive(status: Object) -> Object:
    """A container's old state has to be taken away by name, or it stays beside the new one."""
    containers: list[dict[str, Any]] = [
        {**one, "state": {**dict.fromkeys(_STATES), **one["state"]}} for one in status.get("containerStatuses", ())
    ]
    return {**status, "containerStatuses": containers} if containers else status


def seconds_of_work(pod: Object) -> float | None:
    """How long its containers run by themselves: `sleep N` takes so long, any other command of a job a second.

    None where they run for ever, since they would be started anew.
    """
    if pod["spec"].get("restartPolicy", "Always") == "Always":
        return None
    return max((_seconds(one) for one in pod["spec"]["containers"]), default=1.0)


def _seconds(container: Object) -> float:
    command = [*container.get("command", ()), *container.get("args", ())]
    told = command[1] if len(command) > 1 and command[0] == "sleep" else ""
    return float(told) if told.isdecimal() else 1.0
