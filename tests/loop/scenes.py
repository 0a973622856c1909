"""Small worlds for the tests of the functions: bare pods that ask for an EIP, and what was told about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eipctl.demo.scf import cls_event, timer_event
from eipctl.demo.stage import Stage
from eipctl.plan import history
from shared.core import identity

PREFIX = "tke.cloud.tencent.com"
TICK = timer_event(0)


def pod(name: str, namespace: str = "default", **annotations: str) -> Mapping[str, Any]:
    """A bare pod that asks for an EIP; more annotations by the part behind the slash, `_` for `-`."""
    given = {"eip-attributes": "", **{key.replace("_", "-"): value for key, value in annotations.items()}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {f"{PREFIX}/{key}": value for key, value in given.items()},
        },
        "spec": {"containers": [{"name": "c", "image": "busybox"}]},
    }


def with_pods(*names: str, settings: Mapping[str, str] | None = None, **annotations: str) -> Stage:
    """A world with these pods served."""
    stage = Stage(settings=settings or {})
    for name in names:
        stage.cluster.apply(pod(name, **annotations))
    for name in names:
        stage.until_served(name)
    return stage


def hints(names: Iterable[str], now: float) -> Mapping[str, object]:
    """What the audit log sends when something has happened to the pods and claims of these names, true or not."""
    groups = {"pods": "", identity.PLURAL: identity.GROUP}
    records = [
        {
            "verb": "delete",
            "stage": "ResponseComplete",
            "user": {"username": "admin"},
            "responseStatus": {"code": 200},
            "objectRef": {"resource": resource, "namespace": "default", "name": name, "apiGroup": group},
        }
        for name in names
        for resource, group in groups.items()
    ]
    return cls_event(records, now)


def lines(result: Mapping[str, object], name: str) -> list[Any]:
    """A list in an invocation's result."""
    found = result[name]
    assert isinstance(found, list)
    return found


def warnings(stage: Stage, name: str) -> list[str]:
    """The reasons of the warnings on the pod, one for each event."""
    found = [told for told in history(stage.sees.events(), name) if told["warning"] and told["kind"] == "Pod"]
    return sorted(str(told["reason"]) for told in found)
