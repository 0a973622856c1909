"""The contract of the port about pods: what can be told on one, and that it is told to that pod alone."""

from __future__ import annotations

import json

import pytest

from shared.core import identity
from shared.core.errors import Gone
from shared.core.pod import Pod
from tests.contract.worlds import World, pod

ADDRESS = "tke.cloud.tencent.com/eip-public-ip"
BOUND = {"type": identity.CONDITION, "status": "True", "reason": "Bound", "message": "198.51.100.7"}


async def created(world: World, name: str = "web-0") -> Pod:
    await world.create(pod(name, annotations={"kept": "as it is"}, labels={"app": "web"}))
    return await current(world, name)


async def current(world: World, name: str = "web-0") -> Pod:
    found = await world.give.get_pod(world.namespace, name)
    assert found is not None
    return found


async def test_a_pod_is_read_with_its_status(world: World) -> None:
    made = await world.create(pod("web-0"))
    ip = {"podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]}
    await world.patch("Pod", "web-0", {"status": {"phase": "Running", **ip}}, "status")

    read = await current(world)

    assert (read.key, read.uid) == ((world.namespace, "web-0"), made["metadata"]["uid"])
    assert (read.ipv4, read.ended, read.deleting) == ("10.0.0.7", False, False)
    assert read.gated_by(identity.CONDITION)


async def test_a_pod_that_is_not_there_is_none(world: World) -> None:
    assert await world.give.get_pod(world.namespace, "web-0") is None


async def test_annotations_and_a_condition_are_added_to_what_is_there(world: World) -> None:
    made = await created(world)
    ready = {"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady"}
    await world.patch("Pod", "web-0", {"status": {"conditions": [ready]}}, "status")

    patched = await world.give.patch_pod_status(made, {ADDRESS: "198.51.100.7"}, BOUND)

    assert patched.metadata.annotations == {"kept": "as it is", ADDRESS: "198.51.100.7"}
    assert {one.type: one.status for one in patched.status.conditions} == {"Ready": "False", identity.CONDITION: "True"}
    assert await current(world) == patched


async def test_a_none_removes_an_annotation(world: World) -> None:
    made = await world.give.patch_pod_status(await created(world), {ADDRESS: "198.51.100.7"}, None)

    patched = await world.give.patch_pod_status(made, {ADDRESS: None, "never-there": None}, None)

    assert patched.metadata.annotations == {"kept": "as it is"}


async def test_a_condition_takes_the_place_of_the_one_of_its_type(world: World) -> None:
    made = await world.give.patch_pod_status(await created(world), {}, BOUND)

    patched = await world.give.patch_pod_status(made, {}, {**BOUND, "status": "False", "reason": "Unbound"})

    told = [(one.status, one.reason) for one in patched.status.conditions if one.type == identity.CONDITION]
    assert told == [("False", "Unbound")]


async def test_a_patch_holds_whatever_else_has_changed_on_the_pod_since(world: World) -> None:
    stale = await created(world)
    await world.patch("Pod", "web-0", {"metadata": {"labels": {"app": "other"}}})

    patched = await world.take.patch_pod_status(stale, {ADDRESS: "198.51.100.7"}, None)

    assert patched.metadata.labels == {"app": "other"}
    assert patched.metadata.annotations[ADDRESS] == "198.51.100.7"


async def test_a_patch_that_changes_nothing_leaves_the_resource_version(world: World) -> None:
    made = await world.give.patch_pod_status(await created(world), {ADDRESS: "198.51.100.7"}, BOUND)

    assert await world.give.patch_pod_status(made, {ADDRESS: "198.51.100.7"}, BOUND) == made


async def test_the_next_pod_of_the_name_is_never_told_what_was_meant_for_the_last(world: World) -> None:
    old = await created(world)
    await world.delete("Pod", "web-0")
    new = await created(world)
    assert new.uid != old.uid

    with pytest.raises(Gone):
        await world.give.patch_pod_status(old, {ADDRESS: "198.51.100.7"}, BOUND)

    assert await current(world) == new


async def test_a_pod_that_is_not_there_cannot_be_told_anything(world: World) -> None:
    old = await created(world)
    await world.delete("Pod", "web-0")

    with pytest.raises(Gone):
        await world.give.patch_pod_status(old, {ADDRESS: "198.51.100.7"}, BOUND)


async def test_the_status_is_no_way_to_another_image(world: World) -> None:
    await created(world)
    containers = [{"name": "web", "image": "malware"}]

    await world.patch("Pod", "web-0", {"spec": {"containers": containers}, "status": {"message": "seen"}}, "status")

    written = await world.get("Pod", "web-0")
    assert written is not None
    assert [one["image"] for one in written["spec"]["containers"]] == ["busybox"]
    assert written["status"]["message"] == "seen"


async def test_a_list_has_every_pod_of_the_namespace_and_says_that_it_is_complete(world: World) -> None:
    made = [await created(world, f"web-{number}") for number in range(3)]

    listing = await world.give.list_pods(world.namespace)
    everywhere = await world.take.list_pods()

    assert (listing.items, listing.complete, listing.unreadable) == (tuple(made), True, ())
    assert everywhere.complete
    assert all(one in everywhere.items for one in made)


async def test_a_pod_nested_as_deep_as_the_apiserver_takes_it_hides_no_other(world: World) -> None:
    """Anybody who may create a pod could have stopped the functions for the whole cluster by it."""
    depth = 400
    fields = json.loads('{"f:spec":' + '{"f:a":' * depth + "{}" + "}" * depth + "}")
    entry = {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}
    await world.create(pod("deep", managedFields=[{**entry, "time": "2026-01-01T00:00:00Z"}]))
    await world.create(pod("web-0"))

    listing = await world.give.list_pods(world.namespace)

    assert sorted(found.metadata.name for found in listing.items) == ["deep", "web-0"]
    assert await world.give.get_pod(world.namespace, "deep") in listing.items
