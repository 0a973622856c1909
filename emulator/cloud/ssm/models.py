"""The account's secrets. Only an enabled one can be read, only a disabled one deleted, at once or at a later day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from emulator.cloud.errors import CloudError

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,127}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,63}")
_LARGEST = 32 * 1024
_MOST_VERSIONS = 10
_LONGEST_WINDOW_DAYS = 30
_DAY = 86_400
FIRST_VERSION = "SSM_Current"


@dataclass(frozen=True, slots=True)
class Value:
    """What a version holds, as text or as base64. It does not show in a repr, so in no log and no failing test."""

    created_at: float
    text: str = field(default="", repr=False)
    binary: str = field(default="", repr=False)


@dataclass(slots=True)
class Secret:
    """A secret; `delete_at` is 0 unless it is to be deleted."""

    name: str
    description: str
    created_at: float
    versions: dict[str, Value]
    status: Literal["Enabled", "Disabled", "PendingDelete"] = "Enabled"
    delete_at: int = 0


class Secrets:
    """All secrets, by name."""

    def __init__(self) -> None:
        """None."""
        self._by_name: dict[str, Secret] = {}

    def __iter__(self) -> Iterator[Secret]:
        """In order of creation."""
        return iter(self._by_name.values())

    def bring_up_to(self, now: float) -> None:
        """Let those go whose day has come."""
        for secret in [one for one in self if one.delete_at and one.delete_at <= now]:
            del self._by_name[secret.name]

    def create(self, name: str, version: str, value: Value, description: str) -> Secret:
        """A new secret. Raises CloudError for a name that is taken or may not be, and for a value that may not."""
        _check(_NAME, name, "SecretName")
        if name in self._by_name:
            raise CloudError("ResourceInUse.SecretExists", f"The secret {name} exists.")
        secret = Secret(name, description, value.created_at, {})
        self._write(secret, version, value)
        self._by_name[name] = secret
        return secret

    def find(self, name: str) -> Secret:
        """The secret. Raises CloudError if there is none."""
        if name not in self._by_name:
            raise CloudError("ResourceNotFound", f"There is no secret {name}.")
        return self._by_name[name]

    def read(self, name: str, version: str) -> Value:
        """What a version of an enabled secret holds. Raises CloudError if there is none, or not for now."""
        secret = self.find(name)
        if secret.status == "Disabled":
            raise CloudError("ResourceUnavailable.ResourceDisabled", f"The secret {name} is disabled.")
        if secret.status == "PendingDelete":
            raise CloudError("ResourceUnavailable.ResourcePendingDeleted", f"The secret {name} is to be deleted.")
        if version not in secret.versions:
            raise CloudError("ResourceNotFound", f"The secret {name} has no version {version}.")
        return secret.versions[version]

    def add(self, name: str, version: str, value: Value) -> None:
        """Add a version. Raises CloudError if there is one of that name, or no room."""
        secret = self._changeable(name)
        if version in secret.versions:
            raise CloudError("ResourceInUse.VersionIdExists", f"The secret {name} has a version {version}.")
        if len(secret.versions) >= _MOST_VERSIONS:
            raise CloudError("LimitExceeded", f"A secret has at most {_MOST_VERSIONS} versions.")
        self._write(secret, version, value)

    def overwrite(self, name: str, version: str, value: Value) -> None:
        """Replace what a version holds. Raises CloudError if there is none."""
        secret = self._changeable(name)
        if version not in secret.versions:
            raise CloudError("ResourceNotFound", f"The secret {name} has no version {version}.")
        self._write(secret, version, value)

    def switch(self, name: str, status: Literal["Enabled", "Disabled"]) -> None:
        """Enable or disable. Raises CloudError for one that is to be deleted."""
        self._changeable(name).status = status

    def delete(self, name: str, days: int, now: float) -> int:
        """When the secret will be gone. Raises CloudError unless it is disabled."""
        secret = self.find(name)
        if not 0 <= days <= _LONGEST_WINDOW_DAYS:
            raise CloudError("InvalidParameterValue", f"RecoveryWindowInDays is 0 to {_LONGEST_WINDOW_DAYS}.")
        if secret.status != "Disabled":
            raise CloudError("FailedOperation", f"The secret {name} is {secret.status}; disable it first.")
        secret.delete_at = int(now) + days * _DAY
        secret.status = "PendingDelete"
        self.bring_up_to(now)
        return secret.delete_at

    def restore(self, name: str) -> None:
        """Keep a secret that was to be deleted; it is disabled. Raises CloudError for any other."""
        secret = self.find(name)
        if secret.status != "PendingDelete":
            raise CloudError("FailedOperation", f"The secret {name} is not to be deleted.")
        secret.status, secret.delete_at = "Disabled", 0

    def _changeable(self, name: str) -> Secret:
        secret = self.find(name)
        if secret.status == "PendingDelete":
            raise CloudError("FailedOperation", f"The secret {name} is to be deleted.")
        return secret

    @staticmethod
    def _write(secret: Secret, version: str, value: Value) -> None:
        _check(_VERSION, version, "VersionId")
        if bool(value.text) == bool(value.binary):
            raise CloudError("InvalidParameterValue", "One of SecretString and SecretBinary, not both.")
        if len((value.text or value.binary).encode()) > _LARGEST:
            raise CloudError("InvalidParameterValue", f"A secret has at most {_LARGEST} bytes.")
        secret.versions[version] = value


def _check(form: re.Pattern[str], value: str, name: str) -> None:
    if not form.fullmatch(value):
        raise CloudError("InvalidParameterValue", f"`{value}` is no {name}.")
