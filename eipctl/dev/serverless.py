"""`serverless.yml` as a deployment reads it: which functions there are, what their environment is, what wakes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from eipctl.dev.binaries import ROOT

FILE = ROOT / "serverless.yml"
EXAMPLE = ROOT / "deploy/env.example"
_VARIABLE = re.compile(r"\$\{env:([A-Z_]+)\}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Variable(_Part):
    """A variable of a function's environment."""

    key: str
    value: str


class Vpc(_Part):
    """The network that a function has an interface in."""

    vpc_id: str = Field(alias="vpcId")
    subnet_id: str = Field(alias="subnetId")


class Function(_Part):
    """A function: `handler` is `file.function` at the root of the bundle, `role` the one that it has in the cloud.

    `timeout` in seconds, `memory` in MB.
    """

    handler: str
    role: str
    timeout: float
    memory: int = Field(alias="memorySize")
    vpc: Vpc
    public: bool = Field(alias="publicAccess")
    environments: tuple[Variable, ...]

    @property
    def environ(self) -> dict[str, str]:
        """Its environment, as far as it is told here."""
        return {one.key: one.value for one in self.environments}


class TimerParameters(_Part):
    """When a timer fires."""

    name: str
    cron: str = Field(alias="cronExpression")
    argument: str = ""


class Timer(_Part):
    """A timer trigger."""

    type: Literal["timer"]
    function: str
    parameters: TimerParameters


class ClsParameters(_Part):
    """How long CLS waits for a batch to fill, in seconds, and how many records fill it."""

    max_wait: float = Field(alias="maxWait")
    max_size: int = Field(alias="maxSize")


class Cls(_Part):
    """A trigger of the log service."""

    type: Literal["cls"]
    function: str
    parameters: ClsParameters


Trigger = Annotated[Timer | Cls, Field(discriminator="type")]


class Deployment(_Part):
    """The whole of it."""

    runtime: str
    functions: Mapping[str, Function]
    triggers: tuple[Trigger, ...]


def example(file: Path = EXAMPLE) -> dict[str, str]:
    """The variables of `deploy/env.example`, as the deployment's command line reads a dotenv file."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def variables(file: Path = FILE) -> frozenset[str]:
    """The names of all that it takes from its surroundings."""
    return frozenset(_VARIABLE.findall(file.read_text(encoding="utf-8")))


def read(environ: Mapping[str, str], file: Path = FILE) -> Deployment:
    """The deployment from a place with that environment; what is not set there is as in the example."""
    content = _parsed(file.read_text(encoding="utf-8"))
    return Deployment.model_validate(_filled(content["inputs"], {**example(), **environ}))


@lru_cache(maxsize=1)
def _parsed(text: str) -> Mapping[str, Any]:
    """The file is read again and again, and takes 25 ms each time."""
    parsed: Mapping[str, Any] = yaml.safe_load(text)
    return parsed


def _filled(part: object, given: Mapping[str, str]) -> object:
    """Variable by variable in what was parsed: a value is a text, whatever it would be in YAML."""
    if isinstance(part, str):
        return _VARIABLE.sub(lambda match: given.get(match[1], match[0]), part)
    if isinstance(part, Mapping):
        return {name: _filled(one, given) for name, one in part.items()}
    return [_filled(one, given) for one in part] if isinstance(part, list) else part
