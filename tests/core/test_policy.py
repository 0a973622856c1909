"""Who may have an EIP, for how long it is kept, and within which caps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from shared.core.claim import Isp, OwnerReference, Retention
from shared.core.pod import Node
from shared.core.policy import Policy, Rejection, Request, read, wants
from tests.core.worlds import KEEP, POLICY, Json, pod, with_policy

PREFIX = "tke.cloud.tencent.com"
DEFAULT = Request(Retention.POD, 100, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", None)
KEPT = Request(Retention.STATIC, 100, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", "1h")


def mbps(value: int, notes: tuple[tuple[str, str], ...] = ()) -> Request:
    """A request of that bandwidth."""
    return Request(Retention.POD, value, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", None, notes)


def no(reason: str, message: str) -> Rejection:
    """A rejection."""
    return Rejection(reason, message)


@pytest.mark.parametrize(
    ("cap", "attributes", "expected"),
    [
        (20, "", 20),
        (200, "", 100),
        (200, '{"Bandwidth": "150"}', 150),
    ],
    ids=["the default stays within a lower cap", "a higher cap does not raise it", "but allows more"],
)
def test_the_cap_on_bandwidth_is_the_operators(cap: int, attributes: str, expected: int) -> None:
    assert read(pod(attributes=attributes), None, with_policy(max_bandwidth_mbps=cap)) == mbps(expected)


DELETE_POLICY, EXPIRY = f"{PREFIX}/eip-claim-delete-policy", f"{PREFIX}/claim-expired-duration"
RETENTION: tuple[tuple[str, dict[str, str], Request | Rejection], ...] = (
    ("absent: the EIP ends with the pod", {}, DEFAULT),
    ("empty", {DELETE_POLICY: ""}, DEFAULT),
    ("the value of the annotation for private IPs that means the same", {DELETE_POLICY: "Immediate"}, DEFAULT),
    ("kept for the name, for as long as the operator says", {DELETE_POLICY: "Never"}, KEPT),
    (
        "anything else",
        {DELETE_POLICY: "never"},
        no("InvalidDeletePolicy", f"{DELETE_POLICY} must be Never or absent, not 'never'"),
    ),
    (
        "kept for as long as the pod says",
        {**KEEP, EXPIRY: "90m"},
        Request(Retention.STATIC, 100, Isp.BGP, "TRAFFIC_POSTPAID_BY_HOUR", "90m"),
    ),
    ("an empty one is absent", {**KEEP, EXPIRY: ""}, KEPT),
    (
        "too short",
        {**KEEP, EXPIRY: "4m59s"},
        no("InvalidDuration", f"{EXPIRY}: '4m59s' is shorter than 5m, the shortest that is allowed"),
    ),
    (
        "no duration",
        {**KEEP, EXPIRY: "1 hour"},
        no("InvalidDuration", f"{EXPIRY}: '1 hour' is neither a duration such as 1h, 90m or 1h30m nor Never"),
    ),
    ("what is not kept does not expire", {EXPIRY: "nonsense"}, DEFAULT),
)


@pytest.mark.parametrize(("reason", "annotations", "expected"), RETENTION, ids=[row[0] for row in RETENTION])
def test_how_long_an_eip_is_kept(reason: str, annotations: dict[str, str], expected: Request | Rejection) -> None:
    assert read(pod(annotations=annotations), None, POLICY) == expected, reason


@pytest.mark.parametrize(
    ("kind", "expiry", "warned"),
    [
        ("ReplicaSet", "Never", True),
        ("ReplicaSet", "1h", False),
        ("DaemonSet", "Never", True),
        ("Job", "Never", True),
        ("StatefulSet", "Never", False),
        ("GameServer", "Never", False),
    ],
)
def test_keeping_without_end_is_warned_of_where_no_name_returns(kind: str, expiry: str, *, warned: bool) -> None:
    template = pod(annotations={**KEEP, EXPIRY: expiry})
    owner = OwnerReference(api_version="v1", kind=kind, name="web", uid="owner-1", controller=True)
    owned = template.model_copy(update={"metadata": replace(template.metadata, owner_references=(owner,))})

    asked = read(owned, None, POLICY)

    assert isinstance(asked, Request)
    assert asked.expire_after == expiry
    assert [reason for reason, _ in asked.notes] == (["NameDoesNotReturn"] if warned else [])


SUPER_NODE = Node.model_validate(
    {"metadata": {"name": "eklet-1", "uid": "n", "labels": {"node.kubernetes.io/instance-type": "eklet"}}}
)
NODE = Node.model_validate({"metadata": {"name": "node-1", "uid": "n"}})
RESOURCE = [{"resources": {"requests": {f"{PREFIX}/eip": "1"}}}]
ALONE = no(
    "AttributesMissing",
    f"resource {PREFIX}/eip is asked for, but annotation {PREFIX}/eip-attributes is not there; add it",
)
OWN_IDS = no("Unsupported", f"{PREFIX}/eip-id-list: EIPs of one's own are not supported; remove it")
ONLY_SHOP = with_policy(namespaces=frozenset({"shop"}))
ONLY_BANK = with_policy(namespaces=frozenset({"bank"}))
NOT_HERE = no("NamespaceNotAllowed", "pods of namespace shop may not have EIPs")


@dataclass(frozen=True)
class Eligible:
    """Such a pod may have an EIP, or is told why not, or does not ask."""

    reason: str
    pod: Json
    means: Request | Rejection | None
    node: Node | None = NODE
    policy: Policy = POLICY


ELIGIBLE = (
    Eligible("an ordinary pod", {}, DEFAULT),
    Eligible("before it has a node", {"node": None}, DEFAULT, None),
    Eligible("it does not ask", {"attributes": None}, None),
    Eligible("it asks with the resource alone", {"attributes": None, "containers": RESOURCE}, ALONE),
    Eligible("the resource beside the annotation", {"containers": RESOURCE}, DEFAULT),
    Eligible(
        "another resource alone", {"attributes": None, "containers": [{"resources": {"limits": {"cpu": "1"}}}]}, None
    ),
    Eligible(
        "the resource alone where nobody may have one",
        {"attributes": None, "containers": RESOURCE},
        None,
        NODE,
        ONLY_BANK,
    ),
    Eligible("on a super node the platform is asked", {}, None, SUPER_NODE),
    Eligible("also with EIPs of its own", {"annotations": {f"{PREFIX}/eip-id-list": "eip-1"}}, None, SUPER_NODE),
    Eligible("EIPs of one's own", {"annotations": {f"{PREFIX}/eip-id-list": "eip-1,eip-2"}}, OWN_IDS),
    Eligible(
        "EIPs of one's own, without attributes",
        {"attributes": None, "annotations": {f"{PREFIX}/eip-id-list": "eip-1"}},
        OWN_IDS,
    ),
    Eligible(
        "EIPs of one's own where nobody may have one: another's business",
        {"attributes": None, "annotations": {f"{PREFIX}/eip-id-list": "eip-1"}},
        None,
        NODE,
        ONLY_BANK,
    ),
    Eligible(
        "no IP of its own",
        {"hostNetwork": True},
        no("HostNetwork", "a pod with hostNetwork has no IP of its own to bind an EIP to"),
    ),
    Eligible(
        "no IP of the VPC",
        {"annotations": {f"{PREFIX}/networks": "tke-bridge"}},
        no("NetworkNotSupported", "a pod of network mode tke-bridge has no VPC IP to bind an EIP to"),
    ),
    Eligible("a shared interface", {"annotations": {f"{PREFIX}/networks": "tke-route-eni"}}, DEFAULT),
    Eligible("an exclusive interface", {"annotations": {f"{PREFIX}/networks": "tke-direct-eni"}}, DEFAULT),
    Eligible("its namespace is allowed", {}, DEFAULT, NODE, ONLY_SHOP),
    Eligible("its namespace is not", {}, NOT_HERE, NODE, ONLY_BANK),
    Eligible("no namespace is", {}, NOT_HERE, NODE, with_policy(namespaces=frozenset())),
    Eligible("another prefix is another's", {}, None, NODE, with_policy(prefix="eipclaim.io")),
    Eligible(
        "the prefix is a setting",
        {"attributes": None, "annotations": {"eipclaim.io/eip-attributes": ""}},
        DEFAULT,
        NODE,
        with_policy(prefix="eipclaim.io"),
    ),
)


@pytest.mark.parametrize("case", ELIGIBLE, ids=lambda case: case.reason)
def test_who_may_have_an_eip(case: Eligible) -> None:
    its_pod = pod(**case.pod)

    assert read(its_pod, case.node, case.policy) == case.means, case.reason


@pytest.mark.parametrize("case", ELIGIBLE, ids=lambda case: case.reason)
def test_a_pod_whose_attributes_turn_to_nonsense_keeps_its_eip(case: Eligible) -> None:
    """Only a pod that may have none at all loses it."""
    broken = pod(**{**case.pod, "attributes": None if case.pod.get("attributes", "") is None else "nonsense"})
    asks = f"{case.policy.prefix}/eip-attributes" in broken.metadata.annotations
    of_one_s_own = case.means == OWN_IDS

    expected = asks and (isinstance(case.means, Request) or of_one_s_own)
    assert wants(broken, case.node, case.policy) is expected, case.reason


def test_system_pods_have_no_eip_unless_their_namespace_is_named() -> None:
    assert not POLICY.allows("kube-system")
    assert POLICY.allows("default")
    assert with_policy(namespaces=frozenset({"kube-system"})).allows("kube-system")
