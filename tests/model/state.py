"""A state of the model: small tuples that are hashed, compared and stored by the million.

Time is not in it: all moments in a claim are kept relative to one NOW, so that to let time pass is to age the claim.
"""

from __future__ import annotations

from typing import NamedTuple

NOBODY = "nobody"
"""Whose intent it is once its invocation is over."""

ABSENT, UNSCHEDULED, EARLY, LIVE, DRAINING, ENDED = range(6)
STAGES = ("absent", "unscheduled", "early", "live", "draining", "ended")

GONE, CREATING, UNBIND, BINDING, BIND, UNBINDING, OFFLINING = range(7)
STATUSES = ("GONE", "CREATING", "UNBIND", "BINDING", "BIND", "UNBINDING", "OFFLINING")

COPIED = 0
"""The token of an EIP that none of us has bought."""

NOWHERE, ELSEWHERE = 0, 9
"""IPs are numbers; ELSEWHERE is one that only hands bind to."""


class PodFacts(NamedTuple):
    """What of a pod can differ; `told` is the number of the EIP in its annotations, `reason` its condition's."""

    uid: int
    stage: int
    ip: int
    wanted: bool = True
    kept: bool = True
    """Whether its EIP is to be kept, where the scenario's claims are static."""
    told: int = 0
    reason: str = ""
    message: str = ""

    @property
    def there(self) -> bool:
        """Whether it wants an EIP and has not ended."""
        return self.wanted and self.stage not in {ABSENT, ENDED}


class Eip(NamedTuple):
    """An EIP: whose mark it has, the token that bought it, and what the cloud knows of it."""

    owner: int
    token: int
    status: int
    ip: int = NOWHERE
    hidden: int = 0
    """For how many ticks more listings may lack it."""
    by_hand: bool = False
    """Bound by somebody else, elsewhere."""
    left: bool = False
    """An event has told that it is left behind."""
    tagged: bool = True

    @property
    def copied(self) -> bool:
        """Whether it got the mark by hand."""
        return self.token == COPIED

    @property
    def there(self) -> bool:
        """Whether it exists and costs money."""
        return self.status != GONE


class Late(NamedTuple):
    """A call whose sender has given up, and that may still take effect."""

    call: tuple[object, ...]
    ticks: int


class Run(NamedTuple):
    """An invocation under way. It has read the cluster (`world` 0), or it carries out what it decided on that world."""

    claim: int
    pod: PodFacts
    current: bool = True
    """Whether nobody has written the claim since: its resourceVersion still holds."""
    since: int = 0
    """Ticks since it read the claim."""
    life: int = 0
    known: tuple[str, str] | None = None
    """The last mutation it sent, and what it learned of it."""
    world: int = 0
    replies: tuple[tuple[object, ...], ...] = ()


class State(NamedTuple):
    """Everything."""

    pod: PodFacts
    claim: int
    eips: tuple[Eip | None, ...]
    runs: tuple[Run | None, ...]
    """The two that the search interleaves; after them those that `settle` runs one after another."""
    late: Late | None = None
    faults: int = 0
    hands: int = 0
    claims: int = 0
    """How many claims there have been."""
    long_gone: bool = False
    """No pod of the name has been there for longer than the claim's expiry."""
    foreign: int = NOWHERE
    """The IP that somebody else's EIP is on; below zero if it is another claim's, which will take it away."""


NO_POD = PodFacts(0, ABSENT, NOWHERE)
