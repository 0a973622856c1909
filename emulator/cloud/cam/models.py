"""The account's roles and the policies attached to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.cloud.cam.documents import Access, Statement, allows, read, read_trust
from emulator.cloud.errors import CloudError

_NAME = re.compile(r"[0-9A-Za-z+=,.@_-]{1,128}")
_FIRST_ROLE = 4_611_686_018_400_000_000
_FIRST_POLICY = 20_000_000


@dataclass(slots=True)
class Policy:
    """A policy of the account's own."""

    policy_id: int
    name: str
    document: str
    description: str
    created_at: float
    updated_at: float

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What it says."""
        return read(self.document)


@dataclass(slots=True)
class Role:
    """A role, and the ids of what is attached to it, each with when it was."""

    role_id: str
    name: str
    trust: str
    description: str
    created_at: float
    updated_at: float
    session_seconds: int = 7200
    attached: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Use:
    """An access by a role, and what was said to it."""

    role: str
    access: Access
    allowed: bool


class AccessManagement:
    """All roles and policies, and a record of what the roles used."""

    def __init__(self) -> None:
        """None."""
        self._roles: dict[str, Role] = {}
        self._policies: dict[int, Policy] = {}
        self._created = 0
        self.uses: dict[Use, None] = {}
        """Each access that a role tried, once, in order."""

    def roles(self) -> Iterator[Role]:
        """In order of creation."""
        return iter(self._roles.values())

    def policies(self) -> Iterator[Policy]:
        """In order of creation."""
        return iter(self._policies.values())

    def create_role(self, name: str, trust: str, description: str, now: float) -> Role:
        """A new role. Raises CloudError for a name that is taken or may not be, and for a trust policy that is none."""
        if not _NAME.fullmatch(name):
            raise CloudError("InvalidParameter.RoleNameError", f"`{name}` is no name of a role.")
        if name in self._roles:
            raise CloudError("InvalidParameter.RoleNameInUse", f"The role {name} exists.")
        read_trust(trust)
        self._created += 1
        role = self._roles[name] = Role(str(_FIRST_ROLE + self._created), name, trust, description, now, now)
        return role

    def role(self, name: str | None, role_id: str | None = None) -> Role:
        """The role of that name, or of that id. Raises CloudError if there is none."""
        if (name is None) == (role_id is None):
            raise CloudError("InvalidParameter.ParamError", "Either the role's name or its id.")
        for role in self._roles.values():
            if role.name == name or role.role_id == role_id:
                return role
        raise CloudError("InvalidParameter.RoleNotExist", f"There is no role {name or role_id}.")

    def delete_role(self, role: Role) -> None:
        """Have the role gone, with its attachments."""
        del self._roles[role.name]

    def create_policy(self, name: str, document: str, description: str, now: float) -> Policy:
        """A new policy. Raises CloudError for a name that is taken or may not be, and for a document that is none."""
        if not _NAME.fullmatch(name):
            raise CloudError("InvalidParameter.PolicyNameError", f"`{name}` is no name of a policy.")
        if any(one.name == name for one in self._policies.values()):
            raise CloudError("FailedOperation.PolicyNameInUse", f"The policy {name} exists.")
        read(document)
        self._created += 1
        policy = Policy(_FIRST_POLICY + self._created, name, document, description, now, now)
        self._policies[policy.policy_id] = policy
        return policy

    def policy(self, policy_id: int | None, name: str | None = None) -> Policy:
        """The policy of that id, or of that name. Raises CloudError if there is none."""
        if (name is None) == (policy_id is None):
            raise CloudError("InvalidParameter.ParamError", "Either the policy's name or its id.")
        for policy in self._policies.values():
            if policy.policy_id == policy_id or policy.name == name:
                return policy
        if name is not None:
            raise CloudError("InvalidParameter.PolicyNameError", f"There is no policy {name}.")
        raise CloudError("InvalidParameter.PolicyIdNotExist", f"There is no policy {policy_id}.")

    def delete_policy(self, policy: Policy) -> None:
        """Have the policy gone, and off every role."""
        del self._policies[policy.policy_id]
        for role in self._roles.values():
            role.attached.pop(policy.policy_id, None)

    def attached(self, role: Role) -> list[Policy]:
        """What is attached to the role, in order of creation."""
        return [one for one in self._policies.values() if one.policy_id in role.attached]

    def judge(self, role_name: str, access: Access) -> bool:
        """Whether the role's policies allow the access, which is recorded either way."""
        role = self._roles.get(role_name)
        policies = [] if role is None else self.attached(role)
        allowed = allows(tuple(one for policy in policies for one in policy.statements), access)
        self.uses[Use(role_name, access, allowed)] = None
        return allowed
