"""TKE as one sees it from outside: kubeconfigs, endpoints, and where the audit log goes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from emulator.cloud import Cloud, CloudError

KUBECONFIG = """\
clusters: [{name: c, cluster: {server: "https://10.0.0.9", certificate-authority-data: QUJD}}]
"""


def tke(cloud: Cloud, action: str, identity: str = "default", **params: object) -> dict[str, Any]:
    return cloud.call("tke", action, {"ClusterId": "cls-web", **params}, identity=identity)


def kubeconfig(cloud: Cloud, identity: str = "default", **params: object) -> str:
    return str(tke(cloud, "DescribeClusterKubeconfig", identity, **params)["Kubeconfig"])


def test_each_caller_may_have_a_kubeconfig_of_its_own(cloud: Cloud) -> None:
    cloud.console.create_cluster("cls-web", kubeconfig=KUBECONFIG)
    cloud.console.set_kubeconfig("cls-web", "clusters: []", identity="give")
    before = (kubeconfig(cloud), kubeconfig(cloud, "give"))
    cloud.console.set_kubeconfig("cls-web", None, identity="give")

    assert before == (KUBECONFIG, "clusters: []")
    assert kubeconfig(cloud, "give") == KUBECONFIG


def test_where_there_is_no_access_the_kubeconfig_names_a_host_that_nobody_reaches(cloud: Cloud) -> None:
    cloud.console.create_cluster("cls-web", public_kubeconfig=KUBECONFIG)
    given = yaml.safe_load(kubeconfig(cloud))

    assert given["clusters"][0]["cluster"]["server"] == "https://cls-web.ccs.tencent-cloud.com"
    assert kubeconfig(cloud, IsExtranet=True) == KUBECONFIG
    assert tke(cloud, "DescribeClusterEndpointStatus")["Status"] == "NotFound"
    assert tke(cloud, "DescribeClusterEndpointStatus", IsExtranet=True)["Status"] == "Created"


def test_the_endpoints_are_those_of_the_kubeconfigs(cloud: Cloud) -> None:
    cloud.console.create_cluster("cls-web", kubeconfig=KUBECONFIG)
    reply = tke(cloud, "DescribeClusterEndpoints")

    assert (reply["ClusterIntranetEndpoint"], reply["ClusterExternalEndpoint"]) == ("https://10.0.0.9", "")
    assert reply["CertificationAuthority"] == "QUJD"


def test_the_log_switches_name_the_topic_of_the_audit_log(cloud: Cloud) -> None:
    cloud.console.create_cluster("cls-web")
    (off,) = cloud.call("tke", "DescribeLogSwitches", {"ClusterIds": ["cls-web"]})["SwitchSet"]
    cloud.console.set_audit_log("cls-web", "topic-1")
    (on,) = cloud.call("tke", "DescribeLogSwitches", {"ClusterIds": ["cls-web"]})["SwitchSet"]

    assert (off["Audit"]["Enable"], on["Audit"]["Enable"], on["Event"]["Enable"]) == (False, True, False)
    assert (on["Audit"]["TopicId"], on["Audit"]["TopicRegion"]) == ("topic-1", "ap-guangzhou")


def test_clusters_are_listed_and_found_by_id(cloud: Cloud) -> None:
    for name in ("cls-web", "cls-game"):
        cloud.console.create_cluster(name, vpc_id=f"vpc-{name}")
    every = cloud.call("tke", "DescribeClusters", {})
    one = cloud.call("tke", "DescribeClusters", {"ClusterIds": ["cls-game", "cls-none"]})
    cloud.console.delete_cluster("cls-game")

    assert (every["TotalCount"], one["TotalCount"]) == (2, 1)
    assert one["Clusters"][0]["ClusterNetworkSettings"]["VpcId"] == "vpc-cls-game"
    assert [one.cluster_id for one in cloud.clusters] == ["cls-web"]


@pytest.mark.parametrize("action", ["DescribeClusterKubeconfig", "DescribeClusterEndpoints", "DescribeLogSwitches"])
def test_a_cluster_that_is_not_there_is_not_found(cloud: Cloud, action: str) -> None:
    params = {"ClusterIds": ["cls-none"]} if action == "DescribeLogSwitches" else {"ClusterId": "cls-none"}
    with pytest.raises(CloudError) as refused:
        cloud.call("tke", action, params)

    assert refused.value.code == "InternalError.ClusterNotFound"


@pytest.mark.parametrize("params", [{"Limit": 101}, {"Offset": -1}, {"Filters": []}])
def test_what_this_cloud_cannot_find_by_is_refused(cloud: Cloud, params: dict[str, object]) -> None:
    with pytest.raises(CloudError) as refused:
        cloud.call("tke", "DescribeClusters", params)

    assert refused.value.code == "InvalidParameter.Param"
