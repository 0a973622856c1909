"""A world in which every pod's claim meets an error code of its own at one call, again and again, until that stops."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from eipctl.demo.stage import CLUSTER_ID, Stage
from emulator.cloud import Fault
from emulator.cluster.users import GIVE, TAKE
from shared.adapters.cloud.sdk import Params, Secret
from shared.adapters.cloud.vpc import VpcCloud
from shared.core import identity
from shared.core.claim import Claim, Phase
from shared.core.table import Role
from shared.observe import Ports
from shared.settings import Settings
from tests.demo.interference import direct_call
from tests.faults.watch import watched
from tests.loop.scenes import PREFIX, pod, warnings

TEN_MINUTES = 600.0
TICKS = 6
"""Minutes in which everything must go on: four of back-off, and the sweep."""

EARLY = ("AllocateAddresses", "AssociateAddress")
"""What a new pod's claim meets; the others' calls come later in its life."""


def refusing(call_name: str, code_of: Callable[[Params], str | None]) -> Stage:
    """A stage on whose cloud that call meets the code, as long as there is one for it."""

    @asynccontextmanager
    async def connect(stage: Stage, settings: Settings, secret: Secret, role: Role) -> AsyncIterator[Ports]:
        del secret
        direct = direct_call(stage.cloud, role.value)

        async def call(action: str, params: Params) -> Mapping[str, object]:
            code = code_of(params) if action == call_name else None
            if code is not None:
                stage.cloud.faults.arm(Fault("code", action, code=code))
            return await direct(action, params)

        cluster = stage.cluster.port(GIVE if role is Role.GIVE else TAKE)
        yield Ports(cluster, VpcCloud(call, settings.cluster_id, settings.vpc_id))

    return Stage(connect=connect)


class Play:
    """Pods `p-0`, `p-1`, ... whose claims meet these codes at that call."""

    def __init__(self, call: str, codes: Sequence[str]) -> None:
        self._call = call
        self.codes = {f"p-{number}": code for number, code in enumerate(codes)}
        self.sent: dict[str, list[float]] = {name: [] for name in self.codes}
        self._names: dict[str, str] = {}
        self._on = True
        self.stage = refusing(call, self._code)
        # A pod's EIP must be left to be unbound by us.
        self.stage.cloud.behaviour.unbind_with_private_ip = False
        self._watch = watched(self.stage)

    def _code(self, params: Params) -> str | None:
        if not self._on:
            return None
        name = self._claim_of(params)
        self.sent[name].append(self.stage.now())
        return self.codes[name]

    def _claim_of(self, params: Params) -> str:
        """Whose call it is: a purchase carries the mark, the other calls an EIP that does."""
        ids = params.get("AddressIds", [params.get("AddressId")])
        held = {address.address_id: address.name for address in self.stage.cloud.holdings()}
        first = ids[0] if isinstance(ids, list) else None
        mark = params["AddressName"] if "AddressName" in params else held[str(first)]
        if mark not in self._names:
            self._names = {identity.mark(CLUSTER_ID, claim.uid): name for name, claim in self.claims().items()}
        return self._names[str(mark)]

    def claims(self) -> Mapping[str, Claim]:
        """All claims by name."""
        return {claim.metadata.name: claim for claim in self.stage.sees.claims()}

    def warned(self, name: str, reason: str) -> int:
        """How many events of that reason the pod has."""
        return warnings(self.stage, name).count(reason)

    # --- the play ---------------------------------------------------------------------------------------------------

    def meet(self, seconds: float) -> None:
        """So long nothing but these codes."""
        if self._call not in EARLY:
            self._on = False
            self._bring_up()
            self._on = True
            self._ask()
        else:
            self._apply()
        self.stage.pass_time(seconds)

    def end(self) -> None:
        """The cloud answers again: raises StepFailedError unless all have what they want soon."""
        self._on = False
        self.stage.until("all go on", self._goal(), within=TICKS * 60.0)

    def _apply(self) -> None:
        for name in self.codes:
            self.stage.cluster.apply(pod(name))

    def _bring_up(self) -> None:
        self._apply()
        self.stage.until("all are served", self._served)

    def _ask(self) -> None:
        for name in self.codes:
            if self._call == "ModifyAddressesBandwidth":
                asked = {f"{PREFIX}/eip-attributes": '{"Bandwidth":"50"}'}
                self.stage.cluster.annotate("Pod", "default", name, asked)
            else:
                self.stage.cluster.complete_pod("default", name)

    def _goal(self) -> Callable[[], bool]:
        if self._call in EARLY:
            return self._served
        return self._widened if self._call == "ModifyAddressesBandwidth" else self._given_back

    def _served(self) -> bool:
        claims = self.claims()
        return all(name in claims and claims[name].status.phase is Phase.BOUND for name in self.codes)

    def _widened(self) -> bool:
        return all(address.bandwidth == 50 for address in self.stage.cloud.holdings())

    def _given_back(self) -> bool:
        return not self.stage.cloud.holdings() and not self.stage.sees.claims()

    def at_rest(self) -> list[str]:
        """What is wrong once all has gone on: invariants that were broken, and changes that do not end."""
        before = self.stage.cloud.calls.cursor
        self.stage.pass_time(120.0)
        changes = [f"{record.action} at rest" for record in self.stage.cloud.calls.changes(before)]
        return [str(finding) for finding in self._watch.at_rest()] + changes


class Look:
    """A pod that waits for its EIP while a look meets one of these codes after the other."""

    def __init__(self, call: str, codes: Sequence[str]) -> None:
        self._call, self._codes = call, itertools.cycle(codes)
        self.met: set[str] = set()
        self._on = True
        self.stage = refusing(call, self._code)
        self._watch = watched(self.stage)

    def _code(self, params: Params) -> str | None:
        del params
        if not self._on:
            return None
        code = next(self._codes)
        self.met.add(code)
        return code

    def meet(self) -> None:
        """Ten minutes without one look."""
        self.stage.cluster.apply(pod("a"))
        self.stage.pass_time(TEN_MINUTES)

    def end(self) -> None:
        """The cloud answers again: raises StepFailedError unless the pod is served soon."""
        self._on = False
        self.stage.until("the pod is served", lambda: self.stage.sees.phase("a") == "Bound", within=TICKS * 60.0)

    def at_rest(self) -> list[str]:
        """Which invariants were broken."""
        return [str(finding) for finding in self._watch.at_rest()]
