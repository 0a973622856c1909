"""What all commands share: exit codes, and the two forms of what they print."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

OK, FAILED, UNUSABLE = 0, 1, 2


class Output(str, Enum):
    """How a command prints."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("-o", "--output", help="text, or json for programs.")]
