"""The faults that the doctor has to find in an installation that was healthy."""

from __future__ import annotations

from dataclasses import dataclass

from eipctl.deployment.doctor import account as checks
from eipctl.deployment.doctor.findings import Severity
from shared.core import identity
from tests.deployment import account_plants as account
from tests.deployment import cluster_plants as cluster
from tests.deployment.sites import Planting

ERROR, WARNING, UNKNOWN = Severity.ERROR, Severity.WARNING, Severity.UNKNOWN


@dataclass(frozen=True)
class Plant:
    """A fault, which check finds it, how bad that is, and a word that the finding must hold."""

    name: str
    planting: Planting
    check: str
    severity: Severity
    word: str


PLANTS = (
    Plant("a CRD of an older release", cluster.old_crd, "crd", ERROR, "intent.token"),
    Plant(
        "no binding of the policy",
        cluster.deleted("ValidatingAdmissionPolicyBinding/eipclaim-finalizer"),
        "admission",
        ERROR,
        "Binding",
    ),
    Plant("a right too few", cluster.too_few_rights, "rights", ERROR, "may not patch pods/status"),
    Plant("a right too many", cluster.too_many_rights, "rights", ERROR, "eipclaim-take may patch pods"),
    Plant(
        "a role without its binding",
        cluster.without_binding,
        "rights",
        ERROR,
        "eipclaim-take may not",
    ),
    Plant("no secret", account.no_secret, "rights", ERROR, account.TAKE),
    Plant(
        "a token that is not taken",
        account.secret_with(lambda _: account.user("canary")),
        "rights",
        ERROR,
        "is not taken",
    ),
    Plant("a token that ends soon", account.secret_with(account.user), "secrets", WARNING, "ends in 0.0 days"),
    Plant(
        "an endpoint of another cluster",
        account.secret_with(lambda _: {"clusters": [{"name": "cluster", "cluster": {"server": "https://10.9.9.9"}}]}),
        "secrets",
        ERROR,
        "not as install makes it",
    ),
    Plant(
        "a secret that runs a program",
        account.secret_with(lambda _: {"users": [{"name": identity.GIVE_ACCOUNT, "user": {"exec": {}}}]}),
        "rights",
        ERROR,
        "exec is refused",
    ),
    Plant("no tag", account.no_tag, "tags", ERROR, identity.TAG_CLUSTER),
    Plant("a policy that allows all", account.another_policy, "roles", ERROR, account.TAKE),
    Plant("a policy beside ours", account.one_policy_more, "roles", WARNING, "AdministratorAccess"),
    Plant("TKE's component buys EIPs too", account.ipamd, "other owners", ERROR, checks.IPAMD_EIP_POLICY),
    Plant("the quota is used up", account.no_quota, "quota", ERROR, "TOTAL_EIP_QUOTA"),
    Plant("nothing more may be bought today", account.nothing_more_today, "quota", ERROR, "DAILY_EIP_APPLY"),
    Plant("no cap", account.told(EIPCLAIM_MAX_EIPS=""), "quota", WARNING, "no cap"),
    Plant("another VPC", account.told(EIPCLAIM_VPC_ID="vpc-another"), "cloud", ERROR, "vpc-emulated"),
    Plant("another cluster", account.told(EIPCLAIM_CLUSTER_ID="cls-another"), "cloud", ERROR, "cls-another"),
    Plant("a kubeconfig of another cluster", account.other_ca, "endpoint", ERROR, "another cluster"),
    Plant("no private access", account.no_private_access, "endpoint", WARNING, "private access is off"),
    Plant("no audit log", account.no_audit_log, "audit log", ERROR, "off"),
    Plant("the audit log goes elsewhere", account.other_topic, "audit log", ERROR, "topic-another"),
    Plant("the audit log comes late", account.newest_record(300.0), "audit log", WARNING, "s old"),
    Plant("the audit log does not come", account.newest_record(None), "audit log", ERROR, "no record"),
    Plant("a function is not deployed", account.not_deployed, "functions", WARNING, "reclaim is not deployed"),
    Plant(
        "a time limit of SCF's default",
        account.function_with("bind", Timeout=3),
        "functions",
        ERROR,
        "Timeout is 3, not 55",
    ),
    Plant(
        "an environment that was wiped",
        account.function_with("allocate", Environment={"Variables": []}),
        "functions",
        ERROR,
        "EIPCLAIM_VPC_ID is not set",
    ),
    Plant(
        "a cap of another day",
        account.function_given("allocate", EIPCLAIM_MAX_EIPS="40"),
        "functions",
        ERROR,
        "EIPCLAIM_MAX_EIPS is '40', not '10'",
    ),
    Plant(
        "a freeze that is set here and was not deployed",
        account.told(EIPCLAIM_FREEZE="true"),
        "functions",
        ERROR,
        "EIPCLAIM_FREEZE is 'false', not 'true'",
    ),
    Plant(
        "a setting that was not deployed",
        account.function_given("bind", EIPCLAIM_MAX_EIPS=None),
        "functions",
        ERROR,
        "EIPCLAIM_MAX_EIPS is '', not '10'",
    ),
    Plant(
        "a name that .env lacked",
        account.function_given("reclaim", EIPCLAIM_MAX_EIPS="undefined"),
        "functions",
        ERROR,
        "EIPCLAIM_MAX_EIPS='undefined'",
    ),
    Plant(
        "a setting that there is not",
        account.function_given("reclaim", EIPCLAIM_MAX_EIP="10"),
        "functions",
        ERROR,
        "'EIPCLAIM_MAX_EIP' is unknown",
    ),
    Plant(
        "the secret of the other role",
        account.function_given("bind", EIPCLAIM_KUBECONFIG=f"ssm:{account.TAKE}"),
        "functions",
        ERROR,
        f"EIPCLAIM_KUBECONFIG is 'ssm:{account.TAKE}', not 'ssm:{account.GIVE}'",
    ),
    Plant(
        "a kubeconfig where its name belongs",
        account.function_given("bind", EIPCLAIM_KUBECONFIG='{"users": [{"user": {"token": "canary"}}]}'),
        "functions",
        ERROR,
        "(42 characters)': must be ssm:NAME",
    ),
    Plant(
        "a kubeconfig in .env",
        account.told(DEPLOY_TAKE_KUBECONFIG='{"token": "canary"}'),
        "variables",
        ERROR,
        'DEPLOY_TAKE_KUBECONFIG is \'{"token": "c... (19 characters)\'',
    ),
    Plant(
        "a variable that is none of ours",
        account.function_given("bind", HTTPS_PROXY="http://canary"),
        "functions",
        WARNING,
        "does not have: HTTPS_PROXY",
    ),
    Plant(
        "another subnet",
        account.function_with("bind", VpcConfig={"VpcId": "vpc-emulated", "SubnetId": "subnet-another"}),
        "functions",
        ERROR,
        "SubnetId is 'subnet-another'",
    ),
    Plant(
        "no way out to the cloud",
        account.function_with("bind", PublicNetConfig={"PublicNetStatus": "DISABLE"}),
        "functions",
        ERROR,
        "PublicNetStatus is 'DISABLE'",
    ),
    Plant(
        "the role of another cluster in .env",
        account.told(DEPLOY_GIVE_ROLE="eipclaim-cls-other-give"),
        "variables",
        ERROR,
        "DEPLOY_GIVE_ROLE is 'eipclaim-cls-other-give'",
    ),
    Plant("give's role for reclaim", account.function_with("reclaim", Role=account.GIVE), "functions", ERROR, "Role"),
    Plant("a timer's run is repeated", account.retried, "extras", ERROR, "retries"),
    Plant("bind is stopped", account.stopped, "extras", ERROR, "reservedMB"),
    Plant("no timer", account.without_trigger("reclaim"), "triggers", ERROR, "no timer"),
    Plant("no delivery", account.without_trigger("bind"), "triggers", ERROR, "audit log's topic"),
    Plant("EIPs are hidden on the way out", cluster.masquerading, "egress", WARNING, "ip-masq-agent"),
    Plant("egress that nobody can read", cluster.masquerading_unreadably, "egress", ERROR, "is not to be read"),
    Plant("the sweeps have stopped", cluster.late_sweep, "sweeps", ERROR, "6 minutes ago"),
    Plant("no sweep has come", cluster.no_sweep, "sweeps", ERROR, "no sweep"),
    Plant("a blocked claim", cluster.blocked, "claims", ERROR, "1 DailyQuota"),
    Plant(
        "the operator may not see triggers",
        account.refused("ListTriggers"),
        "triggers",
        UNKNOWN,
        "could not be looked at",
    ),
    Plant(
        "the operator may not see the quota",
        account.refused("DescribeAddressQuota"),
        "quota",
        UNKNOWN,
        "could not be looked at",
    ),
)
