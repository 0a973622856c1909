"""Questions that are asked side by side, since none needs another's answer: what takes a while is the way there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from shared.core.errors import EipclaimError

S = TypeVar("S")
T = TypeVar("T")
U = TypeVar("U")

AT_ONCE = 10
"""So many questions are under way: of an API of the cloud a second's turns, so that none is late for waiting behind all
others, and few replies of half a megabyte are held at a time."""


async def side_by_side(ask: Callable[[S], Awaitable[T]], subjects: Iterable[S]) -> list[T]:
    """The answers about all subjects, in their order: some are asked about at once.

    Raises the first EipclaimError of any; what was not answered by then is not waited for.
    """
    asked = list(subjects)
    if len(asked) <= 1:  # nothing to be side by side with
        return [await ask(subject) for subject in asked]
    room = anyio.CapacityLimiter(AT_ONCE)
    answers: dict[int, T] = {}
    failed: list[EipclaimError] = []
    async with anyio.create_task_group() as group:

        async def take(number: int, subject: S) -> None:
            try:
                async with room:
                    answers[number] = await ask(subject)
            except EipclaimError as error:
                if not failed:
                    failed.append(error)
                group.cancel_scope.cancel()

        for number, subject in enumerate(asked):
            group.start_soon(take, number, subject)
    if failed:
        raise failed.pop()  # or error, frame and answers would hold each other until the next collection
    return [answers[number] for number in sorted(answers)]


async def both(one: Callable[[], Awaitable[T]], other: Callable[[], Awaitable[U]]) -> tuple[T, U]:
    """Two answers. Raises the first EipclaimError of either."""
    first: list[T] = []
    second: list[U] = []

    async def ask(number: int) -> None:
        if number == 0:
            first.append(await one())
        else:
            second.append(await other())

    await side_by_side(ask, range(2))
    return first[0], second[0]
