"""What /_emulator/state shows: everything that is there, but no secret and no kubeconfig."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud


def state(cloud: Cloud) -> dict[str, object]:
    """All there is, as JSON."""
    return {
        "now": cloud.clock(),
        "region": cloud.region,
        "behaviour": asdict(cloud.behaviour),
        "addresses": [asdict(address) for address in cloud.holdings()],
        "interfaces": [asdict(interface) for interface in cloud.interfaces],
        "instances": [asdict(instance) for instance in cloud.interfaces.instances()],
        "tags": cloud.tags.all(),
        "faults": [asdict(fault) for fault in cloud.faults.armed()],
        "calls": cloud.calls.cursor,
        **_deployed(cloud),
    }


def _deployed(cloud: Cloud) -> dict[str, object]:
    return {
        "functions": [
            {
                "name": one.name,
                "status": one.status(cloud.clock()),
                "triggers": [asdict(trigger) for trigger in one.triggers.values()],
                "reserved_mb": one.reserved_mb,
                "retries": one.retries,
                "ttl_seconds": one.ttl_seconds,
            }
            for one in cloud.functions
        ],
        "clusters": [
            {"id": one.cluster_id, "vpc": one.vpc_id, "audit": asdict(one.audit) if one.audit else None}
            for one in cloud.clusters
        ],
        "secrets": [{"name": one.name, "status": one.status, "versions": [*one.versions]} for one in cloud.secrets],
        "topics": [
            {
                "id": one.topic_id,
                "records": len(one.records),
                "deliveries": [asdict(delivery) for delivery in one.deliveries],
            }
            for one in cloud.topics
        ],
        "roles": [
            {"name": one.name, "policies": [policy.name for policy in cloud.access.attached(one)]}
            for one in cloud.access.roles()
        ],
        "policies": [{"id": one.policy_id, "name": one.name} for one in cloud.access.policies()],
    }
