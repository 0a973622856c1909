"""What the two service accounts may do to the cluster in memory, and what they may not."""

from __future__ import annotations

import pytest

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import CLAIMS, EVENTS, LEASES, NAMESPACES, NODES, PODS, Ref
from emulator.cluster.schema import Installed
from emulator.cluster.users import ADMIN, GIVE, TAKE, User
from emulator.timeline import Timeline
from shared.core import identity
from tests.emulator.clusters import bare_claim, bare_pod

POD = Ref(PODS, "default", "web-0")
CLAIM = Ref(CLAIMS, "default", "web-0")


@pytest.fixture
def api(timeline: Timeline) -> ApiServer:
    return ApiServer(timeline.now)


def test_only_take_removes_the_finalizer_not_even_the_administrator(api: ApiServer) -> None:
    api.create(GIVE, CLAIMS, bare_claim(finalizers=[identity.FINALIZER]))
    off = {"metadata": {"finalizers": None}}

    for user in (GIVE, ADMIN):
        with pytest.raises(Refusal, match="403 Forbidden"):
            api.patch(user, CLAIM, off)

    assert "finalizers" not in api.patch(TAKE, CLAIM, off)["metadata"]


def test_without_the_admission_policy_anybody_who_may_patch_removes_the_finalizer(api: ApiServer) -> None:
    api.installed = Installed(finalizer_policy=False)
    api.create(GIVE, CLAIMS, bare_claim(finalizers=[identity.FINALIZER]))

    assert "finalizers" not in api.patch(GIVE, CLAIM, {"metadata": {"finalizers": None}})["metadata"]


@pytest.mark.parametrize("account", [GIVE, TAKE], ids=["give", "take"])
def test_the_accounts_touch_no_pods_and_read_nothing_else(api: ApiServer, account: User) -> None:
    pod = api.create(ADMIN, PODS, bare_pod())

    for attempt in (
        lambda: api.patch(account, POD, {"metadata": {"labels": {"a": "b"}}}),
        lambda: api.delete(account, POD),
        lambda: api.create(account, PODS, bare_pod("web-1")),
        lambda: api.list(account, EVENTS),
        lambda: api.find(account, Ref(NAMESPACES, "", "default")),
        lambda: api.delete(account, Ref(NODES, "", "node-0")),
    ):
        with pytest.raises(Refusal, match="403 Forbidden"):
            attempt()

    assert api.objects(PODS) == (pod,)


def test_take_has_leases_in_the_system_namespace_and_nowhere_else(api: ApiServer) -> None:
    manifest = {"metadata": {"name": identity.LEASE, "namespace": identity.SYSTEM_NAMESPACE}}
    api.create(TAKE, LEASES, manifest)

    with pytest.raises(Refusal, match="403 Forbidden"):
        api.create(TAKE, LEASES, {"metadata": {"name": identity.LEASE, "namespace": "default"}})

    assert len(api.objects(LEASES)) == 1
