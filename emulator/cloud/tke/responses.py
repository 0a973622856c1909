"""The operations on clusters: what their parameters may be, and the form of their replies."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from emulator.cloud.dispatch import Call, Json, Operation, flag, number, records, text, texts
from emulator.cloud.errors import CloudError
from emulator.cloud.tke.models import AuditLog, Cluster

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_SERVER = re.compile(r"server:\s*[\"']?(?P<url>https?://[^\s\"'}]+)")
_AUTHORITY = re.compile(r"certificate-authority-data:\s*[\"']?(?P<data>[0-9A-Za-z+/=]+)")
_MOST = 100


def _kubeconfig(cloud: Cloud, call: Call) -> Json:
    cluster = cloud.clusters.find(call.params["ClusterId"])
    public = call.params.get("IsExtranet", False)
    return {"Kubeconfig": cluster.kubeconfig(call.identity, public=public)}


def _describe(cloud: Cloud, call: Call) -> Json:
    offset, limit = call.params.get("Offset", 0), call.params.get("Limit", 20)
    if offset < 0 or not 0 < limit <= _MOST:
        raise CloudError("InvalidParameter.Param", f"Limit is 1 to {_MOST}, Offset not negative.")
    if "Filters" in call.params:
        raise CloudError("InvalidParameter.Param", "This cloud finds clusters by ClusterIds only.")
    wanted = call.params.get("ClusterIds") or [one.cluster_id for one in cloud.clusters]
    found = [one for one in cloud.clusters if one.cluster_id in wanted]
    return {"TotalCount": len(found), "Clusters": [_show(one) for one in found[offset : offset + limit]]}


def _endpoints(cloud: Cloud, call: Call) -> Json:
    cluster = cloud.clusters.find(call.params["ClusterId"])
    authority = _AUTHORITY.search(cluster.private or cluster.public or "")
    domain = f"{cluster.cluster_id}.ccs.tencent-cloud.com"
    return {
        "CertificationAuthority": authority["data"] if authority else "",
        "ClusterExternalEndpoint": _server(cluster.public),
        "ClusterIntranetEndpoint": _server(cluster.private),
        "ClusterDomain": domain,
        "ClusterExternalACL": None,
        "ClusterExternalDomain": domain if cluster.public else "",
        "ClusterIntranetDomain": domain if cluster.private else "",
        "SecurityGroup": "",
        "ClusterIntranetSubnetId": "",
    }


def _endpoint_status(cloud: Cloud, call: Call) -> Json:
    cluster = cloud.clusters.find(call.params["ClusterId"])
    given = cluster.public if call.params.get("IsExtranet", False) else cluster.private
    return {"Status": "Created" if given else "NotFound", "ErrorMsg": ""}


def _log_switches(cloud: Cloud, call: Call) -> Json:
    found = [cloud.clusters.find(one) for one in call.params["ClusterIds"]]
    off = dict.fromkeys(("Event", "Log", "MasterLog"), _switch(cloud, None))
    return {"SwitchSet": [{"ClusterId": one.cluster_id, "Audit": _switch(cloud, one.audit), **off} for one in found]}


def _switch(cloud: Cloud, log: AuditLog | None) -> Json:
    return {
        "Enable": log is not None,
        "ErrorMsg": "",
        "LogsetId": log.logset_id if log else "",
        "Status": "opened" if log else "closed",
        "TopicId": log.topic_id if log else "",
        "TopicRegion": cloud.region if log else "",
        "UpgradeAble": False,
        "Version": "",
    }


def _server(kubeconfig: str | None) -> str:
    server = _SERVER.search(kubeconfig or "")
    return server["url"] if server else ""


def _show(cluster: Cluster) -> Json:
    created = datetime.fromtimestamp(int(cluster.created_at), timezone.utc)
    return {
        "ClusterId": cluster.cluster_id,
        "ClusterName": cluster.name,
        "ClusterDescription": "",
        "ClusterVersion": cluster.version,
        "ClusterOs": "tlinux3.1x86_64",
        "ClusterType": "MANAGED_CLUSTER",
        "ClusterNetworkSettings": _network(cluster),
        "ClusterNodeNum": cluster.nodes,
        "ProjectId": 0,
        "TagSpecification": [],
        "ClusterStatus": cluster.status,
        "Property": "{}",
        "ClusterMaterNodeNum": 0,
        "ImageId": "",
        "OsCustomizeType": "GENERAL",
        "ContainerRuntime": "containerd",
        "CreatedTime": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "DeletionProtection": False,
        "EnableExternalNode": False,
        "ClusterLevel": "L5",
        "AutoUpgradeClusterLevel": False,
        "QGPUShareEnable": False,
        "RuntimeVersion": "1.6.9",
        "ClusterEtcdNodeNum": 0,
        "IsHighAvailability": False,
    }


def _network(cluster: Cluster) -> Json:
    return {
        "ClusterCIDR": "",
        "IgnoreClusterCIDRConflict": False,
        "MaxNodePodNum": 64,
        "MaxClusterServiceNum": 1024,
        "Ipvs": True,
        "VpcId": cluster.vpc_id,
        "Cni": True,
        "KubeProxyMode": "ipvs",
        "ServiceCIDR": "172.16.0.0/22",
        "Subnets": [],
        "IgnoreServiceCIDRConflict": False,
        "IsDualStack": False,
        "Ipv6ServiceCIDR": "",
        "CiliumMode": "",
    }


OPERATIONS = {
    "DescribeClusterKubeconfig": Operation(
        _kubeconfig, {"ClusterId": text, "IsExtranet": flag}, required=("ClusterId",), changes=False
    ),
    "DescribeClusters": Operation(
        _describe,
        {"ClusterIds": texts, "Offset": number, "Limit": number, "Filters": records, "ClusterType": text},
        changes=False,
    ),
    "DescribeClusterEndpoints": Operation(_endpoints, {"ClusterId": text}, required=("ClusterId",), changes=False),
    "DescribeClusterEndpointStatus": Operation(
        _endpoint_status, {"ClusterId": text, "IsExtranet": flag}, required=("ClusterId",), changes=False
    ),
    "DescribeLogSwitches": Operation(
        _log_switches, {"ClusterIds": texts, "ClusterType": text}, required=("ClusterIds",), changes=False
    ),
}
