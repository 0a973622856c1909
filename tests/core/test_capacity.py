"""How many EIPs a node takes, and on which nodes that is ours to say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.core import identity
from shared.core.capacity import eips, publication
from shared.core.pod import INSTANCE_LABEL, SUPER_NODE, SUPER_NODE_LABEL, Node
from tests.core.worlds import with_policy

RESOURCE = "tke.cloud.tencent.com/eip"
PUBLIC_IPS = {
    1: 2, 5: 2, 6: 3, 11: 3, 12: 4, 17: 4, 18: 5, 23: 5, 24: 6, 29: 6, 30: 7, 35: 7, 36: 8, 41: 8, 42: 9, 47: 9,
    48: 10, 512: 10,
}  # fmt: skip
"""The table of the documentation, at both ends of each of its rows."""


def node(
    published: str | None = None,
    eip: str | int | None = None,
    cpu: str = "24",
    labels: Mapping[str, str] = {INSTANCE_LABEL: "ins-1"},
) -> Node:
    """An instance; `published` is our annotation, `eip` the resource."""
    annotations = {} if published is None else {identity.PUBLISHED: published}
    metadata = {"name": "n", "uid": "u", "labels": dict(labels), "annotations": annotations}
    capacity = {"cpu": cpu} if eip is None else {"cpu": cpu, RESOURCE: eip}
    return Node.model_validate({"metadata": metadata, "status": {"capacity": capacity}})


@pytest.mark.parametrize(("vcpus", "public_ips"), PUBLIC_IPS.items())
def test_pods_have_all_public_ips_of_the_table_but_the_nodes_own(vcpus: int, public_ips: int) -> None:
    assert eips(vcpus) == public_ips - 1


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (node(), "nobody publishes it"),
        (node(published="5", eip="0"), "the kubelet was started anew on another boot"),
        (node(published="3", eip="3"), "the instance has got more vCPUs"),
        (node(published="5"), "somebody has taken it off"),
        (node(published="3", eip=3), "a number for a string"),
    ],
)
def test_it_is_published_where_it_is_missing_or_was_ours(seen: Node, reason: str) -> None:
    published = publication(seen, with_policy())

    assert published is not None, reason
    assert (published.resource, published.amount) == (RESOURCE, "5")
    assert published.annotations == {"eipclaim.io/published-eips": "5"}


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (node(published="5", eip="5"), "it says so already"),
        (node(eip="9"), "another component publishes it"),
        (node(eip="0"), "another component publishes that there is no room"),
        (node(published="5", eip="9"), "another component publishes it by now"),
        (node(cpu="many"), "its cores make no sense"),
        (node(cpu="3500m"), "no instance has half a core"),
        (node(labels={INSTANCE_LABEL: "np-1"}), "it is no instance"),
        (node(labels={INSTANCE_LABEL: "ins-1", SUPER_NODE_LABEL: SUPER_NODE}), "super nodes are the platform's"),
        (Node.model_validate({"metadata": {"name": "n", "uid": "u"}, "status": None}), "it has said nothing yet"),
    ],
)
def test_nothing_is_published_where_it_is_right_or_not_ours(seen: Node, reason: str) -> None:
    assert publication(seen, with_policy()) is None, reason


def test_the_resource_has_the_prefix_of_the_annotations() -> None:
    published = publication(node(), with_policy(prefix="eipclaim.io"))

    assert published is not None
    assert published.resource == "eipclaim.io/eip"
