"""Older CRDs drop without a word what they do not know: each field of the status, dropped alone."""

from __future__ import annotations

import pytest

from eipctl.demo.stage import Stage
from emulator.cloud import Fault
from emulator.cloud.calls import CallRecord
from emulator.cluster.schema import Installed
from emulator.cluster.users import GIVE, TAKE
from tests import crds
from tests.loop.scenes import TICK, lines, pod

pytestmark = pytest.mark.no_cover

SWEEPS, CLAIMS = 3, 2
OURS = {GIVE.name, TAKE.name}


STATUS = crds.status(crds.current())
FIELDS = list(crds.fields(STATUS))
UNREADABLE = set(crds.required(STATUS))
"""Without one of these a claim makes no sense any more, and a person must see to it."""

NOT_SERVED = UNREADABLE | {
    "addressID", "bindings", "bindings.nodeName",
    "intent", "intent.attempt", "intent.parameters", "intent.target", "intent.token",
}  # fmt: skip
KEPT = {
    "addressID", "expiresAt", "intent.target", "podMissingSince",
    *(field for field in UNREADABLE if field.startswith("bindings.")),
}  # fmt: skip
"""Without one of these an EIP is not given back in time."""


class Scene:
    """A pod with an EIP of its own and one with a static EIP; a purchase is refused, and a release's reply lost."""

    def __init__(self, without: str) -> None:
        self.stage = Stage()
        self.stage.cluster.api.installed = Installed(unknown_status=frozenset({without}))
        self.stage.cloud.faults.arm(Fault("code", "AllocateAddresses", code="AddressQuotaLimitExceeded"))
        self.stage.cloud.faults.arm(Fault("drop_reply", "ReleaseAddresses"))
        self.stage.cluster.apply(pod("own"))
        self.stage.cluster.apply(pod("kept", eip_claim_delete_policy="Never", claim_expired_duration="5m"))
        self.stage.pass_time(200)

    def served(self) -> bool:
        """Whether both pods have their EIPs and were told."""
        return all(self.stage.sees.told(self.stage.sees.pod(name)) for name in ("own", "kept"))

    def end(self) -> None:
        """Delete the pods, and wait for as long as the release and the expiry take."""
        for name in ("own", "kept"):
            self.stage.delete("Pod", name)
        self.stage.pass_time(480)

    def writes(self) -> int:
        """How many writes to claims some sweeps make; nothing may be asked of the cloud meanwhile."""
        audit, calls = len(self.stage.cluster.audit), self.stage.cloud.calls.cursor
        self.stage.pass_time(60 * SWEEPS)

        assert self.stage.cloud.calls.changes(calls) == []
        records = self.stage.cluster.audit[audit:]
        return sum(one["verb"] == "patch" and one["user"]["username"] in OURS for one in records)

    def complaints(self) -> set[str]:
        """What the functions and the claims say of the CRD."""
        results = [self.stage.scf.invoke(function, TICK) for function in ("allocate", "reclaim")]
        told = {str(one["reason"]) for result in results for one in lines(result, "failed")}
        claims = {str(self.stage.sees.ready_reason(name)) for name in ("own", "kept")}
        return (told | claims) & {"OldCRD", "Unreadable"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_dropped_field_costs_no_eip_and_says_so_until_the_crd_is_applied(field: str) -> None:
    """One was bought without its mark, again and again, where `intent.parameters` was dropped and the token was not.

    Where `addressID` or `podMissingSince` was dropped, an invocation wrote it twenty times a second until its end.
    """
    scene = Scene(field)

    assert scene.served() is (field not in NOT_SERVED)
    assert scene.writes() <= SWEEPS * CLAIMS
    assert scene.complaints() or scene.served()

    scene.end()

    assert scene.writes() <= SWEEPS * CLAIMS
    left = scene.stage.cloud.holdings()
    assert bool(left) is (field in KEPT)
    assert scene.complaints() or not left

    scene.stage.cluster.api.installed = Installed()
    scene.stage.pass_time(500)

    marks = [call.params.get("AddressName") for call in scene.stage.cloud.calls.changes(0) if bought(call)]
    assert None not in marks
    assert len(marks) == len(set(marks))
    if field not in UNREADABLE:
        assert not scene.stage.cloud.holdings()
        assert scene.stage.sees.claims() == []


def bought(call: CallRecord) -> bool:
    return call.action == "AllocateAddresses" and call.done
