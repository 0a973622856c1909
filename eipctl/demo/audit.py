"""The audit at the demo's end, on the emulated cloud's own books and not on what the functions say."""

from __future__ import annotations

from dataclasses import dataclass

from eipctl.demo.stage import Stage
from shared.core import identity


@dataclass(frozen=True)
class Audit:
    """What is left, and what should not be."""

    eips: int
    leaked: int
    bound: int
    claims: int
    calls: int
    findings: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing is left and nothing was done that should not have been."""
        return not self.findings and (self.eips, self.leaked, self.bound, self.claims) == (0, 0, 0, 0)

    def figures(self) -> dict[str, int]:
        """EIPs left, leaked (with our tags and no claim) and bound; claims left; calls of the cloud in all."""
        return {
            "eips": self.eips,
            "leaked": self.leaked,
            "bound": self.bound,
            "claims": self.claims,
            "calls": self.calls,
        }


def audit(stage: Stage) -> Audit:
    """Compare what the cloud holds with what the cluster claims."""
    holdings, claims = stage.cloud.holdings(), stage.sees.claims()
    marks = {identity.mark(stage.policy.cluster_id, claim.uid) for claim in claims}
    ours = identity.tags(stage.policy.cluster_id).items()
    leaked = [a for a in holdings if ours <= dict(a.tags).items() and a.name not in marks]
    findings = [f"{a.address_id} ({a.ip}) has our tags and no claim" for a in leaked]
    findings += [f"{run.function} failed: {run.error}" for run in stage.scf.runs if run.error is not None]
    return Audit(
        eips=len(holdings),
        leaked=len(leaked),
        bound=sum(a.private_ip is not None for a in holdings),
        claims=len(claims),
        calls=stage.cloud.calls.cursor,
        findings=tuple(findings),
    )
