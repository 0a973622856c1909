"""`eipctl plan` and `eipctl explain`: what the next runs would do, and why, with nothing done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import anyio

from shared.core.address import Address
from shared.core.decide import decide
from shared.core.policy import Policy
from shared.core.table import Role
from shared.core.world import World
from shared.functions import planned_line
from shared.observe import Ports, Question, Scope
from shared.picture import Picture, orphan_world
from shared.reconcile import Task, look_once

FUNCTIONS = {Role.GIVE: ("allocate", "bind"), Role.TAKE: ("reclaim",)}
"""Which functions look with a role: those of one role decide the same, bind for the objects that events name."""

Line = Mapping[str, object]


@dataclass(frozen=True)
class Happening:
    """An event about the pod or its claim."""

    at: str
    kind: str
    warning: bool
    reason: str
    message: str


async def plan(ports: Ports, policy: Policy) -> list[Line]:
    """A line for each object and role, in order of role, namespace and name; orphans last."""
    lines: list[Line] = []
    picture = await _picture(ports, policy, Scope(everything=True))
    for role, functions in FUNCTIONS.items():
        lines += [{"functions": functions, **planned_line(world, decide(world, role))} for world in picture.worlds()]
    question = Question(policy, "plan")
    for address in picture.orphans():
        world = orphan_world(address, question, picture.now)
        lines.append({"functions": FUNCTIONS[Role.TAKE], **planned_line(world, decide(world, Role.TAKE))})
    return lines


async def explain(ports: Ports, policy: Policy, key: tuple[str, str]) -> Line | None:
    """The world of one pod or claim as it is seen now, and what each role would do; None where there is neither."""
    picture = await _picture(ports, policy, Scope(keys=frozenset({key})))
    world = next(iter(picture.worlds()), None)
    if world is None:
        return None
    return {
        "namespace": key[0],
        "name": key[1],
        "world": _world(world),
        "decisions": [{"functions": f, **planned_line(world, decide(world, role))} for role, f in FUNCTIONS.items()],
    }


async def _picture(ports: Ports, policy: Policy, scope: Scope) -> Picture:
    task = Task(Role.GIVE, scope, Question(policy, "plan"), ports, anyio.current_time(), _no_log)
    return await look_once(task)


def _no_log(event: str, **fields: object) -> None:
    """Nothing is done, so nothing is logged."""


def _world(world: World) -> Line:
    claim, pod = world.claim, world.pod
    seen: dict[str, object] = {"now": world.now.isoformat(), "podState": world.state.value}
    if pod is not None:
        seen["pod"] = {"uid": pod.uid, "node": pod.spec.node_name, "ip": pod.ipv4, "phase": pod.status.phase}
    if world.place is not None:
        seen["place"] = {"networkInterfaceID": world.place.network_interface_id, "privateIP": world.place.ip}
    if claim is not None:
        seen["claim"] = {
            "uid": claim.uid,
            "retention": claim.spec.retention.value,
            "phase": claim.status.phase.value if claim.status.phase else None,
            "addressID": claim.status.address_id,
            "deleting": claim.deleting,
            "intent": claim.status.intent.model_dump(mode="json", by_alias=True) if claim.status.intent else None,
            "retry": claim.status.retry.model_dump(mode="json", by_alias=True) if claim.status.retry else None,
            "expiresAt": claim.status.expires_at.isoformat() if claim.status.expires_at else None,
        }
    seen["addresses"] = [_address(address, world) for address in world.mine]
    return seen


def _address(address: Address, world: World) -> Line:
    return {
        "addressID": address.address_id,
        "publicIP": address.public_ip,
        "status": address.status.value,
        "privateIP": address.private_ip,
        "recorded": address == world.recorded,
        "marked": world.marks(address),
    }


def history(events: Iterable[Mapping[str, object]], name: str) -> list[Line]:
    """What the events (v1) tell about a pod and its claim, oldest first."""
    found: list[Happening] = []
    for event in events:
        involved = event.get("involvedObject")
        if (
            isinstance(involved, Mapping)
            and involved.get("name") == name
            and involved.get("kind") in {"Pod", "EIPClaim"}
        ):
            found.append(
                Happening(
                    at=str(event.get("lastTimestamp") or event.get("firstTimestamp") or ""),
                    kind=str(involved["kind"]),
                    warning=event.get("type") == "Warning",
                    reason=str(event.get("reason")),
                    message=str(event.get("message")),
                )
            )
    return [asdict(happening) for happening in sorted(found, key=lambda happening: (happening.at, happening.kind))]
