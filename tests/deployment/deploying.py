"""What `scf deploy` makes in an account, and `scf remove` takes away."""

from __future__ import annotations

from collections.abc import Mapping

from eipctl.deployment import installation
from eipctl.deployment.installation import FUNCTIONS, Installation
from eipctl.dev import serverless
from emulator.cloud import Cloud as EmulatedCloud


def deploy(cloud: EmulatedCloud, environ: Mapping[str, str]) -> None:
    """The functions and timers of `serverless.yml`, from a place with that environment."""
    described, deployment = installation.read(environ), serverless.read(environ)
    for key, one in deployment.functions.items():
        function = {
            "FunctionName": described.function(key),
            "Handler": one.handler,
            "Runtime": deployment.runtime,
            "Timeout": int(one.timeout),
            "MemorySize": one.memory,
            "Role": one.role,
            "VpcConfig": {"VpcId": one.vpc.vpc_id, "SubnetId": one.vpc.subnet_id},
            "Environment": {"Variables": [{"Key": name, "Value": value} for name, value in one.environ.items()]},
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
