"""The emulated account around a control plane: the cluster as TKE's API tells of it, its audit log, tags and roles."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from eipctl.dev import roles
from eipctl.dev.control_plane import ControlPlane
from eipctl.dev.delivery import Batch, Delivery
from emulator.cloud import Cloud
from shared.core import identity

CLUSTER_ID, VPC_ID, SUBNET_ID, TOPIC_ID = "cls-dev", "vpc-dev", "subnet-emulated", "topic-audit"
NAMES = {
    "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
    "EIPCLAIM_VPC_ID": VPC_ID,
    "DEPLOY_SUBNET_ID": SUBNET_ID,
    "DEPLOY_AUDIT_TOPIC_ID": TOPIC_ID,
}
"""What an operator sets about it."""


def opened(plane: ControlPlane) -> Cloud:
    """The account as `eipctl install` finds it, but for the tags and roles that the functions here need at once."""
    cloud = Cloud()
    kubeconfig = yaml.safe_dump(yaml.safe_load(plane.admin.read_text()))  # in YAML, as TKE gives it
    cloud.console.create_cluster(CLUSTER_ID, vpc_id=VPC_ID, kubeconfig=kubeconfig)
    cloud.console.create_topic(TOPIC_ID)
    cloud.console.set_audit_log(CLUSTER_ID, TOPIC_ID)
    for key, value in identity.tags(CLUSTER_ID).items():
        cloud.console.create_tag(key, value)
    roles.make(cloud, CLUSTER_ID)
    return cloud


def logged(cloud: Cloud, delivery: Delivery) -> Delivery:
    """The same delivery, with a record in the topic for each batch that the audit log had: doctor looks for its age."""

    def deliver(batch: Batch) -> Iterable[tuple[float, Batch]]:
        with cloud.lock:
            cloud.console.put_log(TOPIC_ID, {"records": len(batch)})
        return delivery(batch)

    return deliver
