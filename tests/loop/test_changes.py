"""What changes around a claim that stands: annotations, hands, outages, namespaces; and events that say little."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TypeVar

import pytest

from eipctl.demo.scf import PERIOD, cls_event
from eipctl.demo.stage import EXAMPLES, START, Stage
from emulator.cloud import Fault
from shared.core import identity
from shared.core.table import Role
from shared.ports import Listing
from tests.demo.interference import SimulatedCrash, connection, run_to_the_death
from tests.loop.scenes import PREFIX, TICK, pod, warnings, with_pods

T = TypeVar("T")


def test_a_pod_that_does_not_want_it_any_more_loses_it_and_says_nothing_of_it() -> None:
    """The pod lives on, without the annotations of an EIP that it does not have."""
    stage = with_pods("a")

    stage.cluster.annotate("Pod", "default", "a", {f"{PREFIX}/eip-attributes": None})
    stage.until("nothing is left", lambda: not stage.cloud.holdings() and not stage.sees.claims())

    assert stage.sees.pod("a").metadata.annotations == {}


def test_never_taken_away_lets_the_claim_end_with_this_pod() -> None:
    """The live pod's annotations win."""
    stage = with_pods("a", eip_claim_delete_policy="Never")

    stage.cluster.annotate("Pod", "default", "a", {f"{PREFIX}/eip-claim-delete-policy": None})
    stage.pass_time(65)
    stage.delete("Pod", "a")

    stage.until("nothing is left", lambda: not stage.cloud.holdings() and not stage.sees.claims())


def test_an_eip_that_was_released_by_hand_is_replaced() -> None:
    """After two looks, two minutes apart."""
    stage = with_pods("a")
    before, lost = stage.sees.served("a"), stage.cloud.holdings()[0].address_id
    stage.cloud.console.unbind(lost)
    stage.cloud.console.release(lost)

    stage.until("another one is bound", lambda: stage.sees.bound_at("a") not in {None, before})

    assert warnings(stage, "a") == ["EIPLost"]


class Moving:
    """The first invocation dies when it has made the claim; then EIPs come and go, by other hands: no list is whole."""

    def __init__(self, seconds: float) -> None:
        self.until = START + seconds
        self.stage: Stage | None = None
        self.dead = False

    def begin(self, role: Role) -> None:
        del role

    async def call(self, name: str, make: Callable[[], Coroutine[object, object, T]]) -> T:
        result = await make()
        if name == "create_claim" and not self.dead:
            self.dead = True
            raise SimulatedCrash(name)
        if name == "addresses" and self.stage is not None and self.stage.now() < self.until:
            assert isinstance(result, Listing)
            return replace(result, complete=False)
        return result


def test_a_pod_whose_eip_cannot_be_bought_for_lists_that_move_is_not_left_to_the_next_sweep() -> None:
    """In a burst several invocations buy at once, and each one's list of more than a page moves."""
    moving = Moving(PERIOD + 20)
    stage = moving.stage = Stage(connect=connection(moving), run=run_to_the_death)
    stage.cluster.apply(pod("a"))

    stage.until_served("a")

    assert moving.dead
    assert PERIOD + 20 < stage.now() - START < 2 * PERIOD


def test_an_eip_that_was_unbound_by_hand_is_bound_again() -> None:
    """Drift is repaired by the sweep, with no event at all."""
    stage = with_pods("a")
    stage.cloud.console.unbind(stage.cloud.holdings()[0].address_id)

    stage.until("it is bound again", lambda: stage.sees.bound_at("a") is not None)


def test_a_pod_that_completes_gives_its_eip_back_though_its_object_stays() -> None:
    """Garbage collection would never collect that claim."""
    stage = with_pods("a")

    stage.cluster.complete_pod("default", "a")
    stage.until("nothing is left", lambda: not stage.cloud.holdings() and not stage.sees.claims())

    assert stage.sees.find_pod("a") is not None


def test_the_clocks_of_expiry_start_anew_after_a_gap_of_the_sweeps() -> None:
    """Nobody knows whether the pod was there in the meantime."""
    stage = with_pods("a", eip_claim_delete_policy="Never", claim_expired_duration="20m")
    stage.delete("Pod", "a")
    stage.until("it is retained", lambda: stage.sees.phase("a") == "Retained")
    stage.pass_time(120)
    stage.timeline.advance(31 * 60)

    stage.pass_time(19 * 60)
    kept = len(stage.cloud.holdings())
    stage.until("it has expired", lambda: not stage.cloud.holdings())

    assert kept == 1


def test_a_namespace_that_is_deleted_takes_its_pods_claims_and_eips_with_it() -> None:
    """Nothing can be created in it any more, not even an event, and that stops nothing."""
    stage = Stage()
    stage.cluster.create_namespace("team")
    stage.cluster.apply(pod("a", "team"))
    stage.until_served("a")

    stage.cluster.delete("Namespace", "", "team")

    stage.until("nothing is left", lambda: not stage.cloud.holdings() and not stage.sees.claims())
    stage.until("the namespace is gone", lambda: stage.cluster.get("Namespace", "", "team") is None)


def test_a_rollout_waits_for_the_address_where_the_pod_has_the_readiness_gate() -> None:
    """The kubelet does not say Ready before the condition is True."""
    stage = Stage()
    stage.apply(EXAMPLES / "statefulset-expiring.yaml")
    stage.until(
        "the pod has its IP", lambda: stage.sees.uid("game-0") is not None and stage.sees.pod("game-0").ipv4 is not None
    )
    early = stage.sees.pod("game-0").condition("Ready")

    stage.until("the next pod is there", lambda: stage.sees.uid("game-1") is not None)

    assert early is None or early.status != "True"
    assert stage.sees.told(stage.sees.pod("game-0")) is not None


@pytest.mark.parametrize("event", [TICK, {}, {"claims": []}, [], "x", None, {"clslogs": {"data": "!"}}])
def test_bind_rejects_what_is_no_batch_of_records_without_raising(event: object) -> None:
    """It would be as wrong the next time: the platform must not send it again and again."""
    result = Stage().scf.invoke("bind", event)

    assert ": " in str(result["error"])


def test_bind_looks_at_nothing_where_no_record_matters() -> None:
    """Not one request, neither to the cluster nor to the cloud."""
    stage = Stage()
    read = {
        "verb": "get",
        "stage": "ResponseComplete",
        "objectRef": {"resource": "pods"},
        "responseStatus": {"code": 200},
    }

    result = stage.scf.invoke("bind", cls_event([read], stage.now()))

    assert (result["looked"], stage.cloud.calls.cursor) == (0, 0)


def test_a_record_of_a_whole_namespace_serves_all_of_its_pods() -> None:
    """A deletecollection names nobody; what is there is looked at."""
    stage = Stage()
    stage.cluster.create_namespace("team")
    for name in ("a", "b"):
        stage.cluster.apply(pod(name, "team"))
    stage.timeline.advance(2.9)
    record = {
        "verb": "deletecollection",
        "stage": "ResponseComplete",
        "user": {"username": "admin"},
        "objectRef": {"resource": "pods", "namespace": "team"},
        "responseStatus": {"code": 200},
    }

    result = stage.scf.invoke("bind", cls_event([record], stage.now()))

    assert result["looked"] == 2
    assert stage.sees.told(stage.sees.pod("a")) is not None


def test_a_foreign_eip_on_the_pods_ip_is_left_alone_and_told() -> None:
    """Somebody, maybe the platform's own component, was there first."""
    stage = Stage()
    stage.cluster.apply(pod("a"))
    stage.timeline.advance(2.9)
    ip = stage.sees.pod("a").ipv4
    there = [{"Name": "address-ip", "Values": [ip]}, {"Name": "ip-exact-match", "Values": ["true"]}]
    (interface,) = stage.cloud.call("vpc", "DescribeNetworkInterfaces", {"Filters": there})["NetworkInterfaceSet"]
    (foreign,) = stage.cloud.console.buy(1, name="theirs")
    stage.cloud.console.bind(foreign, interface["NetworkInterfaceId"], str(ip))

    stage.pass_time(200)

    assert warnings(stage, "a") == ["AlreadyHasAddress"]
    assert [address.address_id for address in stage.cloud.holdings()] == [foreign]


def test_an_eip_whose_tags_were_taken_off_is_not_touched() -> None:
    """It may be anybody's now; the claim goes without it, and an event names it."""
    stage = with_pods("a")
    address = stage.cloud.holdings()[0]
    stage.cloud.console.retag(address.address_id, dict.fromkeys(identity.tags(stage.policy.cluster_id)))
    calls = stage.cloud.calls.cursor

    stage.delete("Pod", "a")
    stage.until("the claim is gone", lambda: not stage.sees.claims())

    assert stage.cloud.calls.changes(calls) == []
    assert any(
        event["reason"] == "Abandoned" and address.address_id in str(event["message"]) for event in stage.sees.events()
    )


def test_a_refusal_that_lasts_is_told_once() -> None:
    """Not at every retry: ten of them in half an hour are noise, and the first was as true."""
    stage = Stage()
    stage.cloud.behaviour.address_quota = 0
    stage.cluster.apply(pod("a"))

    stage.pass_time(1800)

    assert warnings(stage, "a") == ["FailedAllocateEIP"]
    assert sum(call.action == "AllocateAddresses" for call in stage.cloud.calls.since(0)) > 5


def test_a_pod_whose_name_has_a_claim_that_makes_no_sense_is_told_so_once() -> None:
    """It waits for somebody to delete that claim, and then is served."""
    stage = Stage()
    claim = {
        "apiVersion": identity.API_VERSION,
        "kind": identity.KIND,
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"bandwidthMbps": -7},
    }
    stage.cluster.apply(claim)
    stage.cluster.apply(pod("a"))
    stage.pass_time(200)
    told = warnings(stage, "a")

    stage.delete("EIPClaim", "a")
    stage.until_served("a")

    assert told == ["UnreadableClaim"]


def test_nothing_expires_right_after_an_outage_not_even_where_the_first_sweep_saw_too_little() -> None:
    """The clock of a claim that the first sweep could not judge starts anew all the same."""
    stage = with_pods("a", eip_claim_delete_policy="Never", claim_expired_duration="5m")
    stage.delete("Pod", "a")
    stage.until("it is retained", lambda: stage.sees.phase("a") == "Retained")
    stage.timeline.advance(2 * 3600)
    stage.cluster.annotate("EIPClaim", "default", "a", {identity.PAUSED: "true"})
    stage.scf.invoke("reclaim", TICK)
    stage.cluster.annotate("EIPClaim", "default", "a", {identity.PAUSED: None})
    for _ in range(4):
        stage.timeline.advance(60)
        stage.scf.invoke("reclaim", TICK)
    kept = len(stage.cloud.holdings())

    stage.until("it has expired", lambda: not stage.cloud.holdings())

    assert kept == 1


def test_a_claim_that_the_cloud_is_busy_with_for_ever_stops_no_other_from_expiring() -> None:
    """One stuck release must not keep the heartbeat from beating."""
    stage = with_pods("stuck")
    stage.cloud.faults.arm(Fault("linger", "ReleaseAddresses", seconds=1e9))
    stage.delete("Pod", "stuck")
    stage.cluster.apply(pod("a", eip_claim_delete_policy="Never", claim_expired_duration="5m"))
    stage.until_served("a")
    stage.delete("Pod", "a")

    stage.until("it has expired", lambda: stage.sees.claim_uid("a") is None, within=900)

    assert stage.sees.claim_uid("stuck") is not None
