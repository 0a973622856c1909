"""Rows for an EIP that is bound at its pod: what is told, and what is set in place."""

from __future__ import annotations

import pytest

from shared.core import identity
from shared.core.actions import Done, Publish, SetBandwidth, Told
from shared.core.table import Role
from tests.core.cases import Case, check, named
from tests.core.worlds import (
    AT,
    AT_OLD_PLACE,
    BINDING,
    BOUND,
    ELSEWHERE,
    FREE,
    HERE,
    IP,
    KEEP,
    LIVE,
    PUBLISHED,
    TOLD,
    Json,
    ago,
    condition,
    conditions,
    eip,
    intent,
    made,
    owning,
    pod,
    settled,
    stands,
    world,
    written,
)

GIVE, BOTH = (Role.GIVE,), (Role.GIVE, Role.TAKE)

BOUND_TOLD = (Told("AssociatedEIP", "EIP 1.2.3.4 (eip-1) is bound"),)
SAYS = stands("Bound", bound=True, published=True)
PLACED: Json = {
    "publicIP": "1.2.3.4",
    "bindings": [HERE],
    "intent": None,
    "podMissingSince": None,
    "expiresAt": None,
}
PLACED_BEFORE: Json = {**PLACED, "bindings": [BINDING]}
KEPT: Json = {"phase": "Bound", "observedGeneration": 1, "conditions": settled().model_dump()["status"]["conditions"]}
KEPT["conditions"] = conditions("Bound", bound=True, published=True, at="2026-11-24T11:00:00Z")
GATED = pod(annotations=PUBLISHED, readinessGates=[{"conditionType": identity.CONDITION}])
GATE = {
    "type": identity.CONDITION,
    "status": "True",
    "reason": "Bound",
    "message": "",
    "lastTransitionTime": AT,
}
ISP_TEXT = "the pod asks for ISP CMCC, but an EIP's ISP (BGP) cannot be changed"
ASKS_CMCC = pod(attributes='{"ISP": "CMCC"}', annotations=PUBLISHED)
ASKS_NONSENSE = pod(attributes='{"Bandwidth": "abc"}', annotations=PUBLISHED)
NONSENSE_TEXT = "Bandwidth must be a whole number of Mbps, not 'abc'; the pod keeps what it has"
NONSENSE_CONDITIONS = [
    condition("Allocated", "True", "InvalidBandwidth", NONSENSE_TEXT, "2026-11-24T11:00:00Z"),
    *KEPT["conditions"][1:],
]
ISP_CONDITIONS = [
    condition("Allocated", "True", "ISPUnchangeable", ISP_TEXT, "2026-11-24T11:00:00Z"),
    *KEPT["conditions"][1:],
]

TELLING = (
    Case(
        "bound at last: the pod is told, the place recorded",
        "Publish",
        world(owning(phase="Binding", bindings=[BINDING, ELSEWHERE], intent=intent("Associate")), LIVE, BOUND),
        Publish(PUBLISHED, None, {**SAYS, **PLACED_BEFORE}, BOUND_TOLD),
        GIVE,
        unless=(
            (world(owning(bindings=[BINDING]), LIVE, FREE), "Associate"),
            (world(owning(bindings=[BINDING]), LIVE, AT_OLD_PLACE), "BoundElsewhere"),
            (world(owning(bindings=[BINDING]), LIVE, eip(ip=IP, network_interface_id="eni-9")), "BoundElsewhere"),
        ),
    ),
    Case(
        "bound by hand, but where it belongs",
        "Publish",
        world(owning(), LIVE, eip(ip=IP, network_interface_id=None)),
        Publish(PUBLISHED, None, {**SAYS, **PLACED}, BOUND_TOLD),
        GIVE,
    ),
    Case(
        "only the pod differs: only the pod is written",
        "Publish",
        world(settled(), pod(annotations={**PUBLISHED, "tke.cloud.tencent.com/eip-id": "eip-0"}), BOUND),
        Publish({"tke.cloud.tencent.com/eip-id": "eip-1"}, None, {}, ()),
        GIVE,
        unless=((world(settled(), TOLD, BOUND), "Settled"),),
    ),
    Case(
        "only the claim differs: only the claim is written",
        "Publish",
        world(settled(publicIP=None), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE}, ()),
        GIVE,
    ),
    Case(
        "a readiness gate is opened",
        "Publish",
        world(settled(), GATED, BOUND),
        Publish({}, GATE, {}, ()),
        GIVE,
    ),
    Case(
        "a condition that says otherwise is put right, gate or not",
        "Publish",
        world(settled(), pod(annotations=PUBLISHED, status={"conditions": [{**GATE, "status": "False"}]}), BOUND),
        Publish({}, GATE, {}, ()),
        GIVE,
        unless=((world(settled(), pod(annotations=PUBLISHED, status={"conditions": [GATE]}), BOUND), "Settled"),),
    ),
    Case(
        "a refusal that is over is forgotten",
        "Publish",
        world(settled(retry={"action": "Associate", "at": ago(5)}), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE, "retry": None}, ()),
        GIVE,
        unless=((world(settled(retry={"action": "Release", "at": ago(5)}), TOLD, BOUND), "Settled"),),
    ),
    Case(
        "and one of the bandwidth, once it is as asked for",
        "Publish",
        world(settled(retry={"action": "SetBandwidth", "at": ago(5)}), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE, "retry": None}, ()),
        GIVE,
    ),
    Case(
        "an older generation was observed",
        "Publish",
        world(settled(observedGeneration=None), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE}, ()),
        GIVE,
    ),
    Case(
        "a new pod of the name at the same place",
        "Publish",
        world(
            settled(static=True, bindings=[{**BINDING, "podUID": "pod-0"}]),
            pod(annotations={**PUBLISHED, **KEEP}),
            BOUND,
        ),
        Publish({}, None, {**KEPT, **PLACED}, BOUND_TOLD),
        GIVE,
    ),
    Case(
        "an ISP cannot be changed, and that is said",
        "Publish",
        world(settled(), ASKS_CMCC, BOUND),
        Publish(
            {},
            None,
            {**KEPT, "conditions": ISP_CONDITIONS, **PLACED_BEFORE},
            (Told("ISPUnchangeable", ISP_TEXT, warning=True, on=("Pod", "EIPClaim")),),
        ),
        GIVE,
        unless=((world(settled(conditions=ISP_CONDITIONS), ASKS_CMCC, BOUND), "Settled"),),
    ),
    Case(
        "what is asked for anew makes no sense: the pod keeps what it has, and that is said",
        "Publish",
        world(settled(), ASKS_NONSENSE, BOUND),
        Publish(
            {},
            None,
            {**KEPT, "conditions": NONSENSE_CONDITIONS, **PLACED_BEFORE},
            (Told("InvalidBandwidth", NONSENSE_TEXT, warning=True, on=("Pod", "EIPClaim")),),
        ),
        GIVE,
        unless=((world(settled(conditions=NONSENSE_CONDITIONS), ASKS_NONSENSE, BOUND), "Settled"),),
    ),
    Case(
        "and taken back when the pod asks for it no more",
        "Publish",
        world(settled(conditions=ISP_CONDITIONS), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE}, ()),
        GIVE,
    ),
)

SLOW = eip(ip=IP, bandwidth_mbps=50)
BANDWIDTH = SetBandwidth(
    made("SetBandwidth", target="eip-1", parameters={"mbps": 100}),
    written("SetBandwidth", target="eip-1", parameters={"mbps": 100}),
    "eip-1",
    100,
)
FASTER = (
    Case(
        "once all is told, the bandwidth is set in place",
        "Publish",
        world(settled(), TOLD, SLOW),
        BANDWIDTH,
        GIVE,
        unless=(
            (world(settled(), TOLD, BOUND), "Settled"),
            (world(settled(), TOLD, eip(ip=IP, bandwidth_mbps=None)), "Settled"),
            (world(settled(), TOLD, eip(ip=IP, bandwidth_mbps=50, name="renamed")), "Settled"),
        ),
    ),
    Case(
        "an older wish of which nothing came is written over",
        "Publish",
        world(settled(intent=intent("SetBandwidth", target="eip-1", parameters={"mbps": 70})), TOLD, SLOW),
        BANDWIDTH,
        GIVE,
    ),
    Case(
        "the wish came true: its intent is cleared",
        "Publish",
        world(settled(intent=intent("SetBandwidth", target="eip-1", parameters={"mbps": 100})), TOLD, BOUND),
        Publish({}, None, {**KEPT, **PLACED_BEFORE}, ()),
        GIVE,
    ),
)

SETTLED = (
    Case("nothing to do, nothing written", "Settled", world(settled(), TOLD, BOUND), Done),
    Case(
        "also for a retry of what is done beside it",
        "Settled",
        world(settled(retry={"action": "Release", "at": ago(-30)}), TOLD, BOUND),
        Done,
    ),
)


@pytest.mark.parametrize(**named((*TELLING, *FASTER, *SETTLED)))
def test_an_eip_that_is_bound_at_its_pod(case: Case) -> None:
    check(case)
