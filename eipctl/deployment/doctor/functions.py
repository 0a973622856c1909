"""What is looked at of the functions: deployed, set up as `serverless.yml` and install say, and woken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eipctl.deployment.changes import change
from eipctl.deployment.doctor.findings import Patient, Verdict, error, ok, unknown, warning
from eipctl.deployment.functions import delivers, read, triggers
from eipctl.deployment.installation import FUNCTIONS
from eipctl.deployment.ports import Json
from eipctl.dev import serverless
from eipctl.dev.serverless import Deployment
from shared.core.durations import excerpt
from shared.core.errors import InputRejected
from shared.settings import PREFIX, REGION, read_settings, shown

DEPLOY, INSTALL = "make bundle, scf deploy, eipctl install", "eipctl install"
TIMED = ("allocate", "reclaim")
ACTIVE = "Active"
FROM_TKE = "tke:"
"""Instead of a secret that install makes: `docs/operations.md`, "Cluster credentials"."""


async def variables(patient: Patient) -> Sequence[Verdict]:
    """Whether `scf deploy` finds in its surroundings all that `serverless.yml` takes, and what install makes."""
    given, missing = patient.environ, sorted(serverless.variables() - patient.environ.keys())
    stale = {
        name: value
        for name, value in patient.installation.variables().items()
        if given.get(name) and given[name] not in {value, FROM_TKE}
    }
    verdicts = [
        error(f"{name} is {shown(name, given[name])}: of another installation", f"{name}={value}, then scf deploy")
        for name, value in stale.items()
    ]
    if missing:
        what = f"not set here: {', '.join(missing)}: scf deploy writes `undefined` for a name that .env lacks"
        verdicts.append(warning(what, "fill in .env after deploy/env.example; set -a; . ./.env; set +a"))
    return verdicts or [ok("as install and serverless.yml have them")]


def planned(patient: Patient) -> Deployment:
    """What `scf deploy` would make now: what the operator has set goes before what install says."""
    told = {name: value for name, value in patient.environ.items() if value or name.startswith(PREFIX)}
    return serverless.read({**patient.installation.variables(), **told})


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
    plan = planned(patient)
    wrong = [
        f"{name} is {excerpt(found)}, not {excerpt(wanted)}"
        for name, (found, wanted) in _compared(plan, key, function).items()
        if found != wanted
    ]
    environ = {str(one["Key"]): str(one["Value"]) for one in function["Environment"]["Variables"]}
    wrong += _drift(patient.installation.settings.region, environ, plan.functions[key].environ)
    if wrong:
        return [error(f"{title}: {', '.join(wrong)}", "scf deploy; or put .env right, where the function is")]
    more = sorted(environ.keys() - plan.functions[key].environ.keys())
    if more:
        what = f"{title} has variables that serverless.yml does not have: {', '.join(more)}"
        return [warning(what, "nothing of ours reads them; scf deploy takes them off")]
    return [ok(title)]


def _compared(deployment: Deployment, key: str, function: Json) -> Mapping[str, tuple[object, object]]:
    """By the name of a setting, what it is and what it ought to be."""
    plan, vpc = deployment.functions[key], function.get("VpcConfig") or {}
    public = (function.get("PublicNetConfig") or {}).get("PublicNetStatus")
    return {
        "Handler": (function["Handler"], plan.handler),
        "Runtime": (function["Runtime"], deployment.runtime),
        "Timeout": (function["Timeout"], int(plan.timeout)),
        "MemorySize": (function["MemorySize"], plan.memory),
        "Role": (function["Role"], plan.role),
        "VpcId": (vpc.get("VpcId"), plan.vpc.vpc_id),
        "SubnetId": (vpc.get("SubnetId"), plan.vpc.subnet_id or vpc.get("SubnetId")),
        "PublicNetStatus": (public, "ENABLE" if plan.public else "DISABLE"),
    }


def _drift(region: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> Sequence[str]:
    """How a function's settings differ from those that it would be given; two ways to write one thing do not."""
    try:
        ours, theirs = (read_settings({REGION: region, **one}).model_dump() for one in (wanted, found))
    except InputRejected as problem:
        return [problem.message]
    differ = (PREFIX + name.upper() for name, value in ours.items() if theirs[name] != value)
    return [f"{name} is {shown(name, found.get(name, ''))}, not {shown(name, wanted.get(name, ''))}" for name in differ]


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
