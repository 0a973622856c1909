"""What is looked at of the functions: deployed, set up as `serverless.yml` and install say, and woken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from eipctl.deployment.changes import change
from eipctl.deployment.doctor.findings import Patient, Verdict, error, ok, unknown, warning
from eipctl.deployment.functions import delivers, read, triggers
from eipctl.deployment.installation import FUNCTIONS, GIVERS
from eipctl.deployment.ports import Json
from eipctl.dev.binaries import ROOT
from shared.core.table import Role

DEPLOY, INSTALL = "make bundle, scf deploy, eipctl install", "eipctl install"
TIMED = ("allocate", "reclaim")
ACTIVE = "Active"


def written(key: str) -> Mapping[str, Any]:
    """What `serverless.yml` says of a function, and where it says nothing, of all."""
    inputs = yaml.safe_load((ROOT / "serverless.yml").read_text(encoding="utf-8"))["inputs"]
    return {**inputs, **inputs["functions"][key]}


async def deployed(patient: Patient) -> Sequence[Verdict]:
    """Whether the three are there, and as they were written."""
    return [verdict for key in FUNCTIONS for verdict in await _deployed(patient, key)]


async def _deployed(patient: Patient, key: str) -> Sequence[Verdict]:
    title = patient.installation.function(key)
    function = await read(patient.sides.cloud, title)
    if function is None:
        return [warning(f"{title} is not deployed", DEPLOY)]
    if function.get("Status") != ACTIVE:
        return [error(f"{title} is {function.get('Status')}", "look at it in the console; scf deploy")]
    wrong = [
        f"{name} is {found!r}, not {wanted!r}"
        for name, (found, wanted) in _compared(patient, key, function).items()
        if found != wanted
    ]
    return (
        [error(f"{title}: {', '.join(wrong)}", "scf deploy, with the variables of eipctl install")]
        if wrong
        else [ok(title)]
    )


def _compared(patient: Patient, key: str, function: Json) -> Mapping[str, tuple[object, object]]:
    """By the name of a setting, what it is and what it ought to be."""
    role = Role.GIVE if key in GIVERS else Role.TAKE
    plan, given = written(key), {one["Key"]: one["Value"] for one in function["Environment"]["Variables"]}
    environment = {
        "EIPCLAIM_CLUSTER_ID": patient.installation.cluster_id,
        "EIPCLAIM_VPC_ID": patient.installation.settings.vpc_id,
        "EIPCLAIM_KUBECONFIG": f"ssm:{patient.installation.title(role)}",
    }
    return {
        "Handler": (function["Handler"], plan["handler"]),
        "Runtime": (function["Runtime"], plan["runtime"]),
        "Timeout": (function["Timeout"], plan["timeout"]),
        "MemorySize": (function["MemorySize"], plan["memorySize"]),
        "Role": (function["Role"], patient.installation.title(role)),
        "VpcId": ((function.get("VpcConfig") or {}).get("VpcId"), patient.installation.settings.vpc_id),
        **{name: (given.get(name), value) for name, value in environment.items()},
    }


async def extras(patient: Patient) -> Sequence[Verdict]:
    """Retries, waiting and instances of those that are deployed."""
    verdicts = []
    for one in (patient.installation.extras(key) for key in FUNCTIONS):
        seen = await one.look(patient.sides)
        differs = change(one.name, seen)
        if differs is not None:
            told = ", ".join(line.strip() for line in differs.lines if line.startswith(("+", "-")))
            verdicts.append(error(f"{one.name}: {told}", INSTALL))
        elif seen.wanted is not None:
            verdicts.append(ok(one.name))
    return verdicts or [warning("no function is deployed", DEPLOY)]


async def woken(patient: Patient) -> Sequence[Verdict]:
    """Timers and the audit log's delivery of those that are deployed."""
    verdicts = []
    for key in FUNCTIONS:
        title = patient.installation.function(key)
        if await read(patient.sides.cloud, title) is None:
            continue
        found = await triggers(patient.sides.cloud, title)
        if key in TIMED:
            on = any(one["Type"] == "timer" and one["Enable"] for one in found)
            verdicts.append(ok(title) if on else error(f"{title} has no timer that is on", DEPLOY))
        elif not patient.installation.topic_id:
            verdicts.append(unknown(f"no topic is named that should wake {title}", "set DEPLOY_AUDIT_TOPIC_ID"))
        elif any(delivers(one, patient.installation.topic_id) for one in found):
            verdicts.append(ok(title))
        else:
            verdicts.append(error(f"{title} is not woken by the audit log's topic", INSTALL))
    return verdicts or [warning("no function is deployed", DEPLOY)]
