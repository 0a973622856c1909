"""How the emulated cloud says no."""

from __future__ import annotations


class CloudError(Exception):
    """A refusal with the API's own code; nothing was done."""

    def __init__(self, code: str, message: str) -> None:
        """A refusal as it will stand in `Response.Error`."""
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class UnansweredError(Exception):
    """A direct call that a fault left without a usable reply. `done` is what the caller could not know."""

    def __init__(self, *, done: bool) -> None:
        """No reply, and whether the call took effect all the same."""
        super().__init__("done, but the reply was lost" if done else "the request was lost")
        self.done = done
