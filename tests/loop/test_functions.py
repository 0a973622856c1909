"""The three functions on a whole world, through their handlers: sweeps, caps, freezing, orphans, dry runs."""

from __future__ import annotations

import pytest

from eipctl.demo.stage import Stage
from emulator.cluster.resources import LEASES, Ref
from emulator.cluster.users import ADMIN, GIVE
from emulator.timeline import run
from shared.core import identity
from shared.core.actions import Act, RejectInput
from shared.core.table import Role
from shared.core.world import World
from shared.effects import Effect, carry_out
from tests.demo.interference import ports
from tests.faults.meddling import Meddler
from tests.loop.scenes import PREFIX, TICK, lines, pod, warnings, with_pods


def test_sweeps_at_rest_write_nothing_but_the_heartbeat() -> None:
    """Not a call that changes the cloud, not a write to the cluster."""
    stage = with_pods("a", "b")
    stage.cluster.apply(pod("bad", eip_attributes="nonsense"))
    stage.pass_time(130)
    calls, version = stage.cloud.calls.cursor, stage.cluster.api.store.version

    for function in ("allocate", "reclaim", "allocate", "reclaim"):
        stage.scf.invoke(function, TICK)

    assert stage.cloud.calls.changes(calls) == []
    assert stage.cluster.api.store.version == version + 2


def test_a_pod_with_a_hostile_annotation_is_told_once_and_the_others_are_served() -> None:
    """One clear line on the pod; the rest of the batch goes on."""
    stage = Stage()
    for name, attributes in {"deep": "[" * 3000, "long": "x" * 5000, "odd": '{"Bandwidth":"\u202e1"}'}.items():
        stage.cluster.apply(pod(name, eip_attributes=attributes))
    stage.cluster.apply(pod("good"))

    stage.until_served("good")
    stage.pass_time(200)

    assert warnings(stage, "deep") == warnings(stage, "long") == ["InvalidAttributes"]
    assert warnings(stage, "odd") == ["InvalidBandwidth"]
    assert [claim.metadata.name for claim in stage.sees.claims()] == ["good"]


def test_both_names_of_a_value_that_differ_are_told_and_the_apis_wins() -> None:
    """Mixed vocabularies are what the vendor's own examples show."""
    stage = with_pods("a", eip_attributes='{"Bandwidth":"100","InternetMaxBandwidthOut":50}')

    assert stage.cloud.holdings()[0].bandwidth == 50
    assert warnings(stage, "a") == ["AttributesDiffer"]


def test_a_claim_written_by_hand_with_nonsense_in_it_hides_no_other() -> None:
    """It is named in the result, and nothing is done about it."""
    stage = Stage()
    claim = {
        "apiVersion": identity.API_VERSION,
        "kind": identity.KIND,
        "metadata": {"name": "odd", "namespace": "default"},
        "spec": {"bandwidthMbps": -7},
    }
    stage.cluster.apply(claim)
    stage.cluster.apply(pod("good"))

    stage.until_served("good")

    result = stage.scf.invoke("reclaim", TICK)
    assert result["failed"] == [{"namespace": "default", "name": "odd", "reason": "Unreadable"}]


def test_the_cap_gives_the_oldest_claim_the_right_of_way() -> None:
    """The other one is Blocked, says so, and has its turn when the first is gone."""
    stage = with_pods("a", settings={"EIPCLAIM_MAX_EIPS": "1"})
    stage.cluster.apply(pod("b"))

    stage.until("b is blocked", lambda: stage.sees.phase("b") == "Blocked")

    assert stage.sees.ready_reason("b") == "OverCap"
    assert warnings(stage, "b") == ["OverCap"]
    stage.delete("Pod", "a")
    stage.until_served("b")
    assert len(stage.cloud.holdings()) == 1


def test_a_frozen_cluster_buys_and_binds_and_takes_nothing() -> None:
    """EIPCLAIM_FREEZE is for the day when the operator does not trust us."""
    stage = with_pods("a", "b", settings={"EIPCLAIM_FREEZE": "true"})

    stage.delete("Pod", "a")
    stage.delete("EIPClaim", "b")
    stage.pass_time(300)

    assert {call.action for call in stage.cloud.calls.changes(0)} == {"AllocateAddresses", "AssociateAddress"}
    assert len(stage.cloud.holdings()) == 2


def test_a_paused_claim_is_left_alone_until_it_is_not() -> None:
    """The operator's annotation stops everything about this claim."""
    stage = with_pods("a")
    stage.cluster.annotate("EIPClaim", "default", "a", {identity.PAUSED: "true"})
    stage.delete("Pod", "a")
    stage.pass_time(200)
    held = len(stage.cloud.holdings())

    stage.cluster.annotate("EIPClaim", "default", "a", {identity.PAUSED: None})
    stage.until("nothing is left", lambda: not stage.cloud.holdings())

    assert held == 1


@pytest.mark.parametrize(("setting", "left"), [("report", 1), ("release", 0)])
def test_an_orphan_is_named_and_given_back_only_if_that_is_switched_on(setting: str, left: int) -> None:
    """With our tags and a mark, unbound, over an hour old, and no claim has it in two complete looks."""
    stage = Stage(settings={"EIPCLAIM_ORPHANS": setting})
    mark = identity.mark(stage.policy.cluster_id, "a claim that is no more")
    stage.cloud.console.buy(1, name=mark, tags=identity.tags(stage.policy.cluster_id))
    young = stage.scf.invoke("reclaim", TICK)
    stage.timeline.advance(3601)

    old = stage.scf.invoke("reclaim", TICK)
    stage.timeline.advance(5)

    assert len(lines(young, "orphans")) == len(lines(old, "orphans")) == 1
    assert young["done"] == {}
    assert len(stage.cloud.holdings()) == left


def test_of_a_thousand_orphans_the_first_are_named_and_all_are_counted() -> None:
    """The result has to stay small: the platform cuts it, and bills its log."""
    stage = Stage()
    mark = identity.mark(stage.policy.cluster_id, "a claim that is no more")
    stage.cloud.console.buy(1000, name=mark, tags=identity.tags(stage.policy.cluster_id))

    result = stage.scf.invoke("reclaim", TICK)

    assert (len(lines(result, "orphans")), result["orphansInAll"]) == (100, 1000)


def test_a_dry_run_by_hand_says_what_would_be_done() -> None:
    """And which claims would be refused, or are not there."""
    stage = with_pods("a", eip_claim_delete_policy="Never")
    stage.cluster.apply(pod("gone", eip_claim_delete_policy="Never"))
    stage.until_served("gone")
    stage.delete("Pod", "gone")
    stage.until("it is retained", lambda: stage.sees.phase("gone") == "Retained")
    names = ("a", "gone", "never-was")

    result = stage.scf.invoke(
        "reclaim", {"claims": [{"namespace": "default", "name": name} for name in names], "dryRun": True}
    )

    assert {(one["name"], one["rule"], one["does"]) for one in lines(result, "planned")} == {
        ("a", "Settled", "done"),
        ("gone", "Requested", "act"),
    }
    assert {(one["name"], one["reason"]) for one in lines(result, "failed")} == {
        ("a", "PodAlive: the pod is live"),
        ("never-was", "NotFound"),
    }
    assert len(stage.cloud.holdings()) == 2


def test_the_bandwidth_follows_the_annotation_in_place_and_the_isp_does_not() -> None:
    """The one is changed on the EIP, the other is told, once."""
    stage = with_pods("a")
    address = stage.sees.served("a")

    stage.cluster.annotate("Pod", "default", "a", {f"{PREFIX}/eip-attributes": '{"Bandwidth":7,"ISP":"CMCC"}'})
    stage.until("the EIP is slower", lambda: stage.cloud.holdings()[0].bandwidth == 7)
    stage.pass_time(200)

    assert stage.sees.served("a") == address
    assert warnings(stage, "a") == ["ISPUnchangeable"]


def test_a_wrong_value_under_a_pod_that_has_its_eip_is_told_once_and_changes_nothing() -> None:
    stage = with_pods("a")
    address = stage.sees.served("a")

    stage.cluster.annotate("Pod", "default", "a", {f"{PREFIX}/eip-attributes": '{"Bandwidth":"abc"}'})
    stage.pass_time(200)

    assert stage.sees.served("a") == address
    assert warnings(stage, "a") == ["InvalidBandwidth"]


def test_a_pod_is_not_told_of_a_strange_eip_that_another_invocation_has_bound_for_it_meanwhile() -> None:
    """allocate had listed the cluster before bind made the claim, and the cloud after bind had bound its EIP."""
    stage = with_pods("a")
    now = stage.cluster.port(GIVE).now()
    before_the_claim = World("default", "a", stage.policy, now, "late", pod=stage.sees.pod("a"))
    told = Act("InputRejected", "", RejectInput("AlreadyHasAddress", "the pod's IP has eip-1"))

    effect = run(stage.timeline, carry_out(told, before_the_claim, Role.GIVE, ports(stage, Role.GIVE, Meddler())))

    assert effect == Effect(done=False)
    assert warnings(stage, "a") == []


@pytest.mark.parametrize("field", ["renewTime", "acquireTime"])
def test_a_heartbeat_from_the_future_starts_the_clocks_anew_and_is_mended(field: str) -> None:
    """With acquireTime in the future each sweep wrote every retained claim anew, and nothing expired until then."""
    stage = with_pods("a", eip_claim_delete_policy="Never", claim_expired_duration="5m")
    lease = Ref(LEASES, identity.SYSTEM_NAMESPACE, identity.LEASE)
    stage.delete("Pod", "a")
    stage.until("a is Retained", lambda: stage.sees.phase("a") == "Retained")
    stage.cluster.api.patch(ADMIN, lease, {"spec": {field: "2126-01-01T00:00:00.000000Z"}})

    stage.until("it has expired", lambda: stage.sees.claim_uid("a") is None, within=480)

    assert not stage.cloud.holdings()
    assert str(stage.cluster.api.store.find(lease)).count("2126") == 0
