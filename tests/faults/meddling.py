"""What can go wrong at a port call, and doing it: twelve faults of the wire are a few behaviours of a port."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from shared.core.errors import Ambiguous, Conflict, EipclaimError, Gone, Refused, Throttled, Unavailable
from shared.core.table import Role
from shared.ports import Listing
from tests.demo.interference import SimulatedCrash
from tests.faults.watch import Watch

T = TypeVar("T")

LASTING = 150.0
"""Seconds for which a list is cut short, once it is: longer than the grace, so that two looks in a row see that."""

CRASHES = ("crash before", "crash after")
NO_ANSWER = ("reply lost", "5xx after the effect", "cut body", "garbage", "timeout")
FAULTS = (*CRASHES, *NO_ANSWER, "409", "410", "throttled", "denied", "not sent")


class Does(Enum):
    """What a port does in place of answering well."""

    DIE_BEFORE = "the process dies before it"
    DIE_AFTER = "the process dies after it"
    DONE_UNANSWERED = "done, Ambiguous"
    UNDONE_UNANSWERED = "not done, Ambiguous"
    CONFLICT = "not done, Conflict"
    GONE = "not done, Gone"
    THROTTLED = "not done, Throttled"
    UNSENT = "not done, Unavailable"
    DENIED = "not done, Refused"
    CUT_SHORT = "half of the list, incomplete"


class Kind(Enum):
    """Kinds of port calls, by what a fault can do to them."""

    GET = "read of one object"
    LIST = "listing"
    WRITE = "write to the cluster"
    MUTATION = "mutation of the cloud"


LISTINGS = frozenset({"list_pods", "list_claims", "list_nodes", "addresses", "named_addresses", "private_addresses"})
MUTATIONS = frozenset({"allocate", "associate", "disassociate", "release", "set_bandwidth"})

_READ = {
    "crash before": (Does.DIE_BEFORE,),
    **dict.fromkeys(NO_ANSWER, (Does.UNDONE_UNANSWERED,)),
    "throttled": (Does.THROTTLED,),
    "denied": (Does.DENIED,),
    "not sent": (Does.UNSENT,),
}
_WRITE = {
    **_READ,
    "crash after": (Does.DIE_AFTER,),
    **dict.fromkeys(NO_ANSWER, (Does.DONE_UNANSWERED,)),
    "timeout": (Does.DONE_UNANSWERED, Does.UNDONE_UNANSWERED),
    "409": (Does.CONFLICT,),
}
TABLE: Mapping[Kind, Mapping[str, tuple[Does, ...]]] = {
    Kind.GET: _READ,
    Kind.LIST: {**_READ, "410": (Does.CUT_SHORT,)},
    Kind.WRITE: {**_WRITE, "410": (Does.CONFLICT,)},
    Kind.MUTATION: {**_WRITE, "410": (Does.GONE,)},
}
"""How each fault shows at each kind of call; one that is not there cannot.

Dying after a read is dying before the next call. The apiserver's 410 is for lists; as the answer to a write the adapter
takes it for a conflict. The cloud's 409 is a task that runs, its 410 an EIP that it says it does not know.
"""

_RAISES: Mapping[Does, EipclaimError] = {
    Does.DONE_UNANSWERED: Ambiguous("NoAnswer", "no answer"),
    Does.UNDONE_UNANSWERED: Ambiguous("NoAnswer", "no answer"),
    Does.CONFLICT: Conflict("Conflict", "the state is another"),
    Does.GONE: Gone("AddressNotFound", "it does not exist"),
    Does.THROTTLED: Throttled("RateLimited", "too fast"),
    Does.DENIED: Refused("Denied", "not allowed"),
    Does.UNSENT: Unavailable("NotSent", "no connection"),
}


def kind_of(name: str) -> Kind:
    """The kind of the port call of that name."""
    if name in LISTINGS:
        return Kind.LIST
    if name in MUTATIONS:
        return Kind.MUTATION
    return Kind.GET if name.startswith("get_") else Kind.WRITE


def behaviours(name: str) -> list[Does]:
    """The distinct behaviours that the faults come to at that call."""
    return list(dict.fromkeys(does for some in TABLE[kind_of(name)].values() for does in some))


@dataclass
class Place:
    """A port call of a run: how much had been changed by then, who calls, what that invocation had called before.

    `whole` is all that the invocation then called.
    """

    mutations: int
    role: Role
    calls: tuple[str, ...]
    whole: list[str]
    invocation: int

    @property
    def name(self) -> str:
        """The call itself."""
        return self.calls[-1]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return kind_of(self.name) in {Kind.GET, Kind.LIST}

    def situation(self) -> tuple[object, ...]:
        """What makes it differ from other calls, but for the time; rounds that only poll are all the same."""
        writes = tuple(name for name in self.whole if kind_of(name) in {Kind.WRITE, Kind.MUTATION})
        return self.mutations, self.role, self.calls[-2:], writes


@dataclass
class Meddler:
    """Sees the port calls of a run, all watched, and meddles with one; a list cut short stays so for a while."""

    at: int | None = None
    does: Does | None = None
    watch: Watch | None = None
    places: list[Place] = field(default_factory=list)
    role: Role = Role.GIVE
    calls: list[str] = field(default_factory=list)
    invocations: int = 0
    met: list[str] = field(default_factory=list)
    """The call that it has meddled with."""
    short: str = ""
    until: float = 0.0

    def begin(self, role: Role) -> None:
        """A new invocation."""
        self.role, self.calls = role, []
        self.invocations += 1

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        """The call, with what happens to it; nothing is counted before the watch begins."""
        if self.watch is None:
            return await make()
        self.calls.append(name)
        self.places.append(Place(self.watch.mutations(), self.role, tuple(self.calls), self.calls, self.invocations))
        try:
            return await befall(name, make, self._chosen(name, self.watch.past.stage.now()))
        finally:
            self.watch.check()

    def _chosen(self, name: str, now: float) -> Does | None:
        if len(self.places) - 1 == self.at:
            self.met.append(name)
            if self.does is Does.CUT_SHORT:
                self.short, self.until = name, now + LASTING
            return self.does
        return Does.CUT_SHORT if name == self.short and now < self.until else None


async def befall(name: str, make: Callable[[], Coroutine[object, object, T]], does: Does | None) -> T:
    """The call of that name with what befalls it."""
    if does is Does.DIE_BEFORE:
        raise SimulatedCrash(name)
    if does is None or does in {Does.DIE_AFTER, Does.DONE_UNANSWERED, Does.CUT_SHORT}:
        result = await make()
        if does is None:
            return result
        if isinstance(result, Listing):
            return replace(result, items=result.items[: len(result.items) // 2], complete=False)
        if does is Does.DIE_AFTER:
            raise SimulatedCrash(name)
    raise _RAISES[does]
