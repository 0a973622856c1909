"""What `scf deploy` makes in an account, and `scf remove` takes away."""

from __future__ import annotations

from eipctl.deployment.installation import FUNCTIONS, Installation
from emulator.cloud import Cloud as EmulatedCloud
from shared.core.table import Role


def deploy(cloud: EmulatedCloud, described: Installation) -> None:
    """The three functions, and the timers."""
    for key in FUNCTIONS:
        role = Role.TAKE if key == "reclaim" else Role.GIVE
        environment = {
            "EIPCLAIM_CLUSTER_ID": described.cluster_id,
            "EIPCLAIM_VPC_ID": described.settings.vpc_id,
            "EIPCLAIM_KUBECONFIG": f"ssm:{described.title(role)}",
        }
        function = {
            "FunctionName": described.function(key),
            "Handler": f"{key}.main_handler",
            "Runtime": "Python3.10",
            "Timeout": 55,
            "MemorySize": 256,
            "Role": described.title(role),
            "VpcConfig": {"VpcId": described.settings.vpc_id, "SubnetId": described.subnet_id},
            "Environment": {"Variables": [{"Key": name, "Value": value} for name, value in environment.items()]},
            "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
        }
        cloud.call("scf", "CreateFunction", function)
        if key != "bind":
            timer = {"TriggerName": f"{key}-every-minute", "Type": "timer", "TriggerDesc": "0 * * * * * *"}
            cloud.call("scf", "CreateTrigger", {"FunctionName": described.function(key), **timer})


def undeploy(cloud: EmulatedCloud, described: Installation) -> None:
    """All three gone, with their triggers."""
    for key in FUNCTIONS:
        cloud.call("scf", "DeleteFunction", {"FunctionName": described.function(key)})
