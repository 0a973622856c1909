"""The rules of the multi-scf component and of SCF for serverless.yml, in our own words, and what we wish beside them.

The component's are those of its component.yml (regions, runtimes, memory, timeout), its documents and its source; SCF's
are those of its documents. Neither looks at roles, networks, environments or triggers before something is deployed.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from eipctl.dev import cron

REGIONS = Literal[
    "ap-beijing", "ap-chengdu", "ap-chongqing", "ap-guangzhou", "ap-hongkong", "ap-mumbai", "ap-seoul", "ap-shanghai",
    "ap-shanghai-fsi", "ap-shenzhen-fsi", "ap-singapore", "ap-tokyo", "eu-frankfurt", "na-siliconvalley", "na-toronto",
]  # fmt: skip
RUNTIMES = Literal["Python2.7", "Python3.6", "Python3.7", "Python3.9", "Python3.10"]
"""Of Python. component.yml is of 2022 and ends at 3.7; SCF's documents and its SDK's CreateFunction add 3.9, 3.10."""

ENVIRONMENT_BYTES = 4096
HOUR = 3600
PERIOD_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z0-9]")
HANDLER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z]\.[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z]")


def _memory(value: int) -> int:
    if value != 64 and (value % 128 or not 128 <= value <= 3072):
        raise ValueError("SCF takes 64 MB, or 128 to 3072 in steps of 128")
    return value


def _handler(value: str) -> str:
    if not HANDLER.fullmatch(value):
        raise ValueError("must be file.function, with the file at the root of the bundle")
    return value


def _key(value: str) -> str:
    if re.match(r"(TENCENTCLOUD|SCF|QCLOUD)_", value) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", value):
        raise ValueError("is not a name that a function's environment may have")
    return value


def _cron(value: str) -> str:
    cron.matches(value, PERIOD_START)
    return value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Variable(_Part):
    key: Annotated[str, AfterValidator(_key)]
    value: str


class Network(_Part):
    vpcId: str = Field(pattern=r"^vpc-[a-z0-9]+$")  # noqa: N815 - the component's name, as all below
    subnetId: str = Field(pattern=r"^subnet-[a-z0-9]+$")  # noqa: N815


class Common(_Part):
    """What may stand for all functions and in each."""

    memorySize: Annotated[int, AfterValidator(_memory)] | None = None  # noqa: N815
    timeout: Annotated[int, Field(ge=1, le=900)] | None = None
    initTimeout: Annotated[int, Field(ge=3, le=300)] | None = None  # noqa: N815
    role: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None
    vpc: Network | None = None
    publicAccess: bool | None = None  # noqa: N815
    environments: tuple[Variable, ...] | None = Field(default=None, strict=False)

    @model_validator(mode="before")
    @classmethod
    def _no_environment(cls, given: object) -> object:
        """The component fills in `environments`, which is empty then, over it."""
        if isinstance(given, Mapping) and "environment" in given:
            raise ValueError("`environment` is wiped without a word: write `environments`")
        return given


class Function(Common):
    handler: Annotated[str, AfterValidator(_handler)]


class TimerParameters(_Part):
    name: str = Field(min_length=1, max_length=60)
    cronExpression: Annotated[str, AfterValidator(_cron)]  # noqa: N815
    enable: Literal[True]
    """Without it the trigger is made, and closed."""

    argument: str = Field(default="", max_length=4096)


class Timer(_Part):
    type: Literal["timer"]
    function: str
    parameters: TimerParameters


class ClsParameters(_Part):
    topicId: str = Field(min_length=1)  # noqa: N815
    maxWait: int = Field(ge=3, le=300)  # noqa: N815
    maxSize: int = Field(ge=1, le=10_000)  # noqa: N815
    enable: Literal[True]


class Cls(_Part):
    type: Literal["cls"]
    function: str
    parameters: ClsParameters


class Source(_Part):
    src: str
    exclude: tuple[str, ...] = Field(default=(), strict=False)


class Inputs(Common):
    src: Source
    region: REGIONS
    runtime: RUNTIMES
    type: Literal["event"]
    functions: Mapping[str, Function]
    triggers: tuple[Annotated[Union[Timer, Cls], Field(discriminator="type")], ...] = Field(strict=False)  # noqa: UP007 - in Annotated


class File(_Part):
    app: str
    stage: str
    name: str
    component: Literal["multi-scf"]
    inputs: Inputs


def problems(file: Mapping[str, Any]) -> list[str]:
    """All that is wrong with a serverless.yml whose variables are in place, a line each; empty where nothing is."""
    try:
        known = File.model_validate(file)
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return [*_names(known), *_triggers(known.inputs), *_wishes(known.inputs), *_environments(known.inputs)]


def _names(file: File) -> Iterable[str]:
    for key in file.inputs.functions:
        name = f"{file.name}-{file.stage}-{file.app}-{key}"
        if not NAME.fullmatch(name):
            yield f"{name}: SCF takes 2 to 60 letters, digits, _ and -, a letter first and no sign last"


def _triggers(inputs: Inputs) -> Iterable[str]:
    for trigger in inputs.triggers:
        if trigger.function not in inputs.functions:
            yield f"a trigger names the function {trigger.function}, which there is not"
        elif isinstance(trigger, Timer):
            timeout = inputs.functions[trigger.function].timeout or inputs.timeout or 3
            period = _period(trigger.parameters.cronExpression)
            if timeout >= period:
                yield f"{trigger.function}: a timeout of {timeout} s is not under its timer's period of {period} s"
    topics = Counter(one.parameters.topicId for one in inputs.triggers if isinstance(one, Cls))
    for topic, number in topics.items():
        if number > 1:
            yield f"topic {topic} wakes {number} functions: a delivery goes by its topic, so the last one has it alone"


def _period(expression: str) -> int:
    """The shortest time between two firings of one hour, in seconds: no timeout is longer than that."""
    fired = [second for second in range(HOUR + 1) if cron.matches(expression, PERIOD_START + timedelta(seconds=second))]
    return min((later - sooner for sooner, later in itertools.pairwise(fired)), default=HOUR)


def _wishes(inputs: Inputs) -> Iterable[str]:
    """Said by each function itself: releases of the component differ in what they hand on."""
    for key, function in inputs.functions.items():
        for name in ("role", "vpc", "memorySize", "timeout", "publicAccess", "environments"):
            if getattr(function, name) is None:
                yield f"{key} does not say its {name}"


def _environments(inputs: Inputs) -> Iterable[str]:
    sets = {key: _keys(function.environments or ()) for key, function in inputs.functions.items()}
    wanted = frozenset[str]().union(_keys(inputs.environments or ()), *sets.values())
    for key, keys in sets.items():
        if missing := sorted(wanted - keys):
            yield f"{key} has environments of its own, which replace the others, without {', '.join(missing)}"
    for key, function in inputs.functions.items():
        size = sum(len(one.key.encode()) + len(one.value.encode()) for one in function.environments or ())
        if size > ENVIRONMENT_BYTES:
            yield f"{key}: its environment has {size} bytes, SCF takes {ENVIRONMENT_BYTES}"


def _keys(variables: Sequence[Variable]) -> frozenset[str]:
    return frozenset(one.key for one in variables)
