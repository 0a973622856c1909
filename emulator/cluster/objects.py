"""What controllers read off an object."""

from __future__ import annotations

from collections.abc import Iterable

from emulator.cluster.resources import Object


def uid(thing: Object) -> str:
    """Its UID."""
    return str(thing["metadata"]["uid"])


def deleting(thing: Object) -> bool:
    """Whether it has been asked to go."""
    return "deletionTimestamp" in thing["metadata"]


def ended(pod: Object) -> bool:
    """Whether the pod has run its course."""
    return pod["status"].get("phase") in {"Succeeded", "Failed"}


def active(pod: Object) -> bool:
    """Whether it counts as one of the replicas that are wanted."""
    return not deleting(pod) and not ended(pod)


def condition(thing: Object, kind: str) -> Object:
    """The condition of that type; empty if it is not there."""
    conditions: Iterable[Object] = thing.get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == kind), {})


def is_true(thing: Object, kind: str) -> bool:
    """Whether the condition of that type is True."""
    return condition(thing, kind).get("status") == "True"


def controlled_by(owner: Object, things: Iterable[Object]) -> list[Object]:
    """Those of the things whose controller the owner is."""
    wanted = uid(owner)
    return [
        thing
        for thing in things
        if any(one["uid"] == wanted and one.get("controller") for one in thing["metadata"].get("ownerReferences", ()))
    ]
