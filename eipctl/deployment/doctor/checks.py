"""All that `eipctl doctor` looks at, in order."""

from __future__ import annotations

from eipctl.deployment.doctor import account, cluster, functions, rights
from eipctl.deployment.doctor.findings import APISERVER, CLOUD, Check

CLUSTER, BOTH = frozenset({APISERVER}), frozenset({APISERVER, CLOUD})

CHECKS = (
    Check(APISERVER, cluster.answers, "the cluster's endpoint"),
    Check(CLOUD, account.answers, "cam:GetUserAppId, tke:DescribeClusters"),
    Check("endpoint", account.endpoint, "tke:DescribeClusterEndpoints"),
    Check("clock", cluster.clock, "an answer of the apiserver", CLUSTER),
    Check("crd", cluster.crd, "get customresourcedefinitions", CLUSTER),
    Check("admission", cluster.admission, "get validatingadmissionpolicies and their bindings", CLUSTER),
    Check("rights", rights.rights, "ssm:GetSecretValue", BOTH),
    Check("secrets", account.secrets, "ssm:DescribeSecret, ssm:GetSecretValue, get serviceaccounts", BOTH),
    Check("tags", account.tags, "tag:GetTags"),
    Check("roles", account.roles, "cam:GetRole, cam:GetPolicy, cam:ListPolicies, cam:ListAttachedRolePolicies"),
    Check("quota", account.quota, "vpc:DescribeAddressQuota"),
    Check("other owners", account.others, "cam:GetRole, cam:ListAttachedRolePolicies"),
    Check("audit log", account.audit_log, "tke:DescribeLogSwitches, cls:SearchLog", BOTH),
    Check("variables", functions.variables, "nothing", frozenset()),
    Check("functions", functions.deployed, "scf:GetFunction"),
    Check("extras", functions.extras, "scf:GetFunctionEventInvokeConfig, scf:GetReservedConcurrencyConfig"),
    Check("triggers", functions.woken, "scf:ListTriggers"),
    Check("egress", cluster.egress, "get daemonsets and configmaps in kube-system", CLUSTER),
    Check("sweeps", cluster.sweeps, "get leases in eipclaim-system", CLUSTER),
    Check("claims", cluster.blocked, "list eipclaims", CLUSTER),
)
