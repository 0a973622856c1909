"""Asks the real `carry_out` what it does next: it is run anew with the replies it has had, up to the next call.

So an invocation between two calls is a value (a world and some replies) that can be stored, forked and compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn, cast

from shared.core.actions import Act
from shared.core.claim import Claim
from shared.core.errors import Ambiguous, Conflict, EipclaimError, Gone, Refused, Throttled, Unavailable
from shared.core.pod import Pod
from shared.core.table import Role
from shared.core.world import World
from shared.effects import Effect, carry_out
from shared.observe import Ports
from shared.ports import Cloud, Cluster
from tests.core.worlds import NOW
from tests.model.objects import ID_KEY, Claims, number, patched, pod_of
from tests.model.state import PodFacts

ERRORS: Mapping[str, type[EipclaimError]] = {
    error.__name__: error for error in (Ambiguous, Conflict, Gone, Refused, Throttled, Unavailable)
}
Call = tuple[object, ...]
Reply = tuple[object, ...]
OK: Reply = ("ok",)


class Ended(NamedTuple):
    """What came of it, as far as it goes on to matter in the same invocation."""

    done: bool
    failed: bool
    claim: int
    sent: str
    """The mutation whose intent was written, or nothing."""
    outcome: str


class _NextCallError(BaseException):
    """There is no reply to this call yet. Not an Exception: nothing on the way may handle it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class _Wire:
    """Both ports: answers with the replies there are, and stops the run at the call after them."""

    def __init__(self, replies: tuple[Reply, ...], claims: Claims, *, static: bool) -> None:
        self._replies, self._claims, self._static = iter(replies), claims, static

    def _ask(self, *call: object) -> Reply:
        reply = next(self._replies, None)
        if reply is None:
            raise _NextCallError(call)
        if reply[0] == "error":
            raise ERRORS[str(reply[1])](str(reply[1]), "so the model says")
        return reply

    def now(self) -> datetime:
        return NOW

    async def get_pod(self, namespace: str, name: str) -> Pod | None:
        del namespace, name
        facts = self._ask("get pod")[1]
        return pod_of(cast("PodFacts", facts), static=self._static)

    async def get_claim(self, namespace: str, name: str) -> Claim | None:
        """The look before a pod is told of a strange EIP comes too early here: the false alarm is the worse case."""
        del namespace, name
        return None

    def _write(self, claim: Claim, patch: Mapping[str, object]) -> Claim:
        written = patched(claim, patch)
        held = written.held or not written.deleting
        index = self._claims.intern(written) if held else 0
        self._ask("write", index)
        return written  # as it was written, not as it is kept here: the reply is compared with that

    async def patch_claim_status(self, claim: Claim, status: Mapping[str, object]) -> Claim:
        return self._write(claim, {"status": status})

    async def patch_claim(self, claim: Claim, patch: Mapping[str, object]) -> Claim:
        return self._write(claim, patch)

    async def create_claim(self, manifest: Mapping[str, object]) -> Claim:
        reply = self._ask("create", json.dumps(manifest))
        return self._claims[cast("int", reply[1])]

    async def delete_claim(self, claim: Claim) -> None:
        del claim
        self._ask("delete")

    async def patch_pod_status(
        self, pod: Pod, annotations: Mapping[str, str | None], condition: Mapping[str, Any] | None
    ) -> Pod:
        told = number(annotations[ID_KEY]) if ID_KEY in annotations else None
        why = (
            None if condition is None or condition["status"] == "True" else (condition["reason"], condition["message"])
        )
        self._ask("tell pod", number(pod.uid), told, condition is not None, why)
        return pod

    async def create_event(self, manifest: Mapping[str, object]) -> None:
        """Events decide nothing."""

    async def allocate(self, parameters: Mapping[str, str | int], token: str, within: float) -> str:
        del within
        return f"eip-{self._ask('allocate', token, json.dumps(parameters, sort_keys=True))[1]}"

    async def associate(self, address_id: str, network_interface_id: str, private_ip: str, within: float) -> None:
        del network_interface_id, within
        self._ask("associate", number(address_id), number(private_ip))

    async def disassociate(self, address_id: str, within: float) -> None:
        del within
        self._ask("disassociate", number(address_id))

    async def release(self, address_id: str, within: float) -> None:
        del within
        self._ask("release", number(address_id))

    async def set_bandwidth(self, address_id: str, mbps: int, within: float) -> NoReturn:
        raise AssertionError(f"no bandwidth differs in the model: {address_id} {mbps} {within}")


class Replay:
    """Memoised: the same world and replies always lead to the same call."""

    def __init__(self, claims: Claims, *, static: bool) -> None:
        """Nothing is known yet."""
        self._claims, self._static = claims, static
        self._known: dict[tuple[int, tuple[Reply, ...]], Call | Ended] = {}

    def after(self, index: int, act: Act, world: World, role: Role, replies: tuple[Reply, ...]) -> Call | Ended:
        """The next call of the deed `act`, decided on world `index`, or what came of it."""
        key = index, replies
        if key not in self._known:
            self._known[key] = self._run(act, world, role, replies)
        return self._known[key]

    def _run(self, act: Act, world: World, role: Role, replies: tuple[Reply, ...]) -> Call | Ended:
        wire = _Wire(replies, self._claims, static=self._static)
        running = carry_out(act, world, role, Ports(cast("Cluster", wire), cast("Cloud", wire)))
        try:
            running.send(None)
        except _NextCallError as stop:
            return stop.call
        except StopIteration as stop:
            return self._ended(stop.value)
        raise AssertionError("the model's ports never wait")

    def _ended(self, effect: Effect) -> Ended:
        return Ended(
            effect.done,
            effect.failure is not None,
            self._claims.intern(effect.claim) if effect.claim is not None else 0,
            effect.intent.action.value if effect.intent is not None else "",
            effect.outcome.name if effect.outcome is not None else "",
        )
