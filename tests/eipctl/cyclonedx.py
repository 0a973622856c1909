"""The form of a CycloneDX 1.6 document, as far as ours uses it: what its schema asks for, and nothing else."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


def purl(name: str, version: str) -> str:
    """A package of PyPI, whose name is written in one way."""
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Hash(_Part):
    """A hash of what is named."""

    alg: Literal["SHA-256"]
    content: Annotated[str, Field(pattern=r"^[a-f0-9]{64}$")]


class License(_Part):
    """By its SPDX id, or by its name."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+$")] | None = None
    name: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> License:
        if (self.id is None) == (self.name is None):
            raise ValueError("either id or name")
        return self


class LicenseChoice(_Part):
    """One of several licences, or an SPDX expression that says all of it."""

    license: License | None = None
    expression: Annotated[str, Field(min_length=1)] | None = None


class Component(_Part):
    """An application, or a package."""

    type: Literal["application", "library"]
    bom_ref: Annotated[str, Field(alias="bom-ref", min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    version: str | None = None
    purl: str | None = None
    hashes: Annotated[list[Hash], Field(min_length=1)]
    licenses: list[LicenseChoice] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Component:
        if any(one.expression for one in self.licenses) and len(self.licenses) > 1:
            raise ValueError("an expression stands alone")
        if self.type == "library" and self.purl != purl(self.name, str(self.version)):
            raise ValueError(f"{self.purl} is not the package")
        return self


class Metadata(_Part):
    """What the document is about."""

    component: Component


class Dependency(_Part):
    """Who needs whom."""

    ref: str
    depends_on: Annotated[list[str], Field(alias="dependsOn")]


class Document(_Part):
    """All of it. References lead to what there is, each once."""

    schema_: Annotated[Literal["http://cyclonedx.org/schema/bom-1.6.schema.json"], Field(alias="$schema")]
    bom_format: Annotated[Literal["CycloneDX"], Field(alias="bomFormat")]
    spec_version: Annotated[Literal["1.6"], Field(alias="specVersion")]
    serial_number: Annotated[
        str,
        Field(alias="serialNumber", pattern=r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    ]
    version: Annotated[int, Field(ge=1)]
    metadata: Metadata
    components: list[Component]
    dependencies: list[Dependency]

    @model_validator(mode="after")
    def _references(self) -> Document:
        refs = [self.metadata.component.bom_ref, *(one.bom_ref for one in self.components)]
        needed = [ref for one in self.dependencies for ref in (one.ref, *one.depends_on)]
        if len(set(refs)) != len(refs) or set(needed) != set(refs):
            raise ValueError("references are there once, and all are needed")
        return self
