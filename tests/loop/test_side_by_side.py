"""Two invocations at once, of which one ends what the other one looks at."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

import anyio
import pytest

from eipctl.demo.scf import cls_event
from eipctl.demo.stage import Stage, over_http
from emulator.cloud.cloud import DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY
from emulator.timeline import run
from shared.adapters.cloud.sdk import Secret
from shared.core import identity
from shared.functions import ALLOCATE, BIND, RECLAIM, Function, Invocation
from tests.loop.scenes import TICK, hints, pod, with_pods

SECONDS = 50.0
FEW_SECONDS = 10.0
IP_SECONDS = 2.1
"""From a pod's creation to its IP, by the stage's scheduler and kubelet."""

Seconds = dict[str, float]
Act = Callable[[Seconds], Coroutine[object, object, None]]


def invoked(stage: Stage, function: Function, event: object = TICK) -> Act:
    """One run of that function, which says how long it took."""

    async def act(seconds: Seconds) -> None:
        began, key = stage.now(), Secret(DEFAULT_SECRET_ID, DEFAULT_SECRET_KEY)
        async with over_http(stage, stage.settings, key, function.role) as ports:
            await function.plan(event)(Invocation(ports, stage.policy, function.name, SECONDS, _quiet))
        seconds[function.name] = stage.now() - began

    return act


def applied(stage: Stage, name: str) -> Act:
    """A pod of that name."""

    async def act(seconds: Seconds) -> None:
        del seconds
        stage.cluster.apply(pod(name))

    return act


def found_with_ip(stage: Stage, name: str, *, ip: bool) -> Act:
    """That pod has its IP by then, or not yet."""

    async def act(seconds: Seconds) -> None:
        del seconds
        assert bool(stage.sees.pod(name).ipv4) is ip

    return act


def woken_by_all(stage: Stage, every: float, until: float) -> Act:
    """A run of bind for whatever the audit log has to tell, so often, beside those that still run."""

    async def act(seconds: Seconds) -> None:
        heard = 0
        async with anyio.create_task_group() as group:
            while anyio.current_time() < until:
                await anyio.sleep(every)
                records = stage.cluster.audit[heard:]
                heard += len(records)
                if records:
                    group.start_soon(invoked(stage, BIND, cls_event(records, stage.now())), seconds)

    return act


def at_once(stage: Stage, *acts: tuple[float, Act]) -> Seconds:
    """Each begun after so many seconds; how long the runs took, by function."""
    seconds: Seconds = {}

    async def later(after: float, act: Act) -> None:
        await anyio.sleep(after)
        await act(seconds)

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for seconds, act in acts:
                group.start_soon(later, seconds, act)

    run(stage.timeline, all_of_them())
    return seconds


def _quiet(event: str, **fields: object) -> None:
    del event, fields


@pytest.mark.parametrize("after", [0.2, 0.4, 1.5])
def test_nobody_waits_for_a_claim_that_another_invocation_has_ended(after: float) -> None:
    """It was worth another look while the cloud was at work, and then it is not there any more."""
    stage = with_pods("a", "b")
    stage.delete("Pod", "a")
    stage.timeline.advance(31)

    seconds = at_once(stage, (0, invoked(stage, RECLAIM)), (after, invoked(stage, ALLOCATE)))

    assert [claim.metadata.name for claim in stage.sees.claims()] == ["b"]
    assert max(seconds.values()) < FEW_SECONDS


def test_a_claim_that_is_gone_with_its_deletion_is_not_waited_for() -> None:
    """Nothing holds a claim that was made by hand and never had an EIP."""
    stage = Stage()
    spec = {"retention": "Pod", "podUID": "0" * 8}
    metadata = {"name": "a", "namespace": "default"}
    stage.cluster.apply({"apiVersion": identity.API_VERSION, "kind": identity.KIND, "metadata": metadata, "spec": spec})

    seconds = at_once(stage, (0, invoked(stage, RECLAIM)))

    assert list(stage.sees.claims()) == []
    assert seconds["reclaim"] < FEW_SECONDS


def test_the_next_claim_of_a_name_does_not_inherit_the_rank_of_the_one_before() -> None:
    """`a` had the only EIP that the cap allows; while it is given back, `b` waits longer than the next `a`."""
    stage = with_pods("a", settings={"EIPCLAIM_MAX_EIPS": "1"})
    stage.cluster.apply(pod("b"))
    stage.until("b is blocked", lambda: stage.sees.phase("b") == "Blocked")
    stage.delete("Pod", "a")
    stage.timeline.advance(35)

    at_once(
        stage,
        (0, invoked(stage, RECLAIM)),
        (0.2, invoked(stage, ALLOCATE)),
        (0.6, applied(stage, "a")),
        (4, invoked(stage, BIND, hints(["b"], stage.now()))),
    )

    assert (stage.sees.phase("a"), stage.sees.phase("b")) == ("Blocked", "Bound")
    assert len(stage.cloud.holdings()) == 1


@pytest.mark.parametrize("before", [0.02, 0.04, 0.06, 0.08, 0.1])
@pytest.mark.parametrize("after", [0.01, 0.03, 0.05])
def test_a_pod_whose_ip_comes_while_its_eip_is_bought_is_bound_by_one_of_those_it_has_woken(
    before: float, after: float
) -> None:
    """Whom the IP wakes finds the purchase under way and leaves; the buyer had read the pod before, and left it too."""
    stage = Stage()
    woken = {IP_SECONDS - before: False, IP_SECONDS + after: True}
    looks = [(at, found_with_ip(stage, "a", ip=ip)) for at, ip in woken.items()]
    runs = [(at, invoked(stage, BIND, hints(["a"], stage.now() + at))) for at in woken]

    at_once(stage, (0, applied(stage, "a")), *looks, *runs)

    assert stage.sees.phase("a") == "Bound"


@pytest.mark.parametrize("every", [0.05, 0.3, 1.0])
def test_of_a_burst_that_wakes_many_invocations_none_is_left_to_the_next_sweep(every: float) -> None:
    """Each takes up what the records say, and finds others at work on it."""
    stage = Stage()
    names = [f"p-{index}" for index in range(12)]
    creations = [(index * 0.07, applied(stage, name)) for index, name in enumerate(names)]

    at_once(stage, *creations, (0, woken_by_all(stage, every, stage.now() + 20)))

    assert {stage.sees.phase(name) for name in names} == {"Bound"}
    assert len(stage.cloud.holdings()) == len(names)
