"""All that `eipctl doctor` looks at, in order."""

from __future__ import annotations

from eipctl.deployment.doctor import account, cluster, functions, rights
from eipctl.deployment.doctor.findings import APISERVER, CLOUD, Check

CHECKS = (
    Check(APISERVER, cluster.answers, "the cluster's endpoint"),
    Check(CLOUD, account.answers, "cam:GetUserAppId, tke:DescribeClusters"),
    Check("endpoint", account.endpoint, "tke:DescribeClusterEndpoints"),
    Check("clock", cluster.clock, "an answer of the apiserver"),
    Check("crd", cluster.crd, "get customresourcedefinitions"),
    Check("admission", cluster.admission, "get validatingadmissionpolicies and their bindings"),
    Check("rights", rights.rights, "ssm:GetSecretValue"),
    Check("secrets", account.secrets, "ssm:DescribeSecret, ssm:GetSecretValue, get serviceaccounts"),
    Check("tags", account.tags, "tag:GetTags"),
    Check("roles", account.roles, "cam:GetRole, cam:GetPolicy, cam:ListPolicies, cam:ListAttachedRolePolicies"),
    Check("quota", account.quota, "vpc:DescribeAddressQuota"),
    Check("other owners", account.others, "cam:GetRole, cam:ListAttachedRolePolicies"),
    Check("audit log", account.audit_log, "tke:DescribeLogSwitches, cls:SearchLog"),
    Check("functions", functions.deployed, "scf:GetFunction"),
    Check("extras", functions.extras, "scf:GetFunctionEventInvokeConfig, scf:GetReservedConcurrencyConfig"),
    Check("triggers", functions.woken, "scf:ListTriggers"),
    Check("egress", cluster.egress, "get daemonsets and configmaps in kube-system"),
    Check("sweeps", cluster.sweeps, "get leases in eipclaim-system"),
    Check("claims", cluster.blocked, "list eipclaims"),
)
