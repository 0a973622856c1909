"""The CRD and the models of the claim say the same: neither knows a field, a word or a duty that the other does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.core import identity
from shared.core.claim import Claim
from shared.core.durations import valid_duration

Schema = dict[str, Any]
CRD: Schema = yaml.safe_load(Path("deploy/crd.yaml").read_text())
(VERSION,) = CRD["spec"]["versions"]
SCHEMA: Schema = VERSION["schema"]["openAPIV3Schema"]
MODEL = Claim.model_json_schema(by_alias=True)
SINGLE_VALUES = {"string", "integer", "boolean"}
CONDITION_STATUSES = {"True", "False", "Unknown"}


def resolved(schema: Schema) -> Schema:
    """A schema of pydantic without its detours: references, and the None that stands for a field that is not there."""
    if "$ref" in schema:
        return resolved(MODEL["$defs"][schema["$ref"].rpartition("/")[2]])
    options = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    return resolved(options[0]) if len(options) == 1 else schema


def walk(model: Schema, crd: Schema, at: str = "") -> Iterator[tuple[str, Schema, Schema]]:
    """Every place of the claim but its metadata, as the model has it and as the CRD does."""
    model = resolved(model)
    yield at, model, crd
    for name in sorted({*model.get("properties", {}), *crd.get("properties", {})} - {"metadata", "apiVersion", "kind"}):
        yield from walk(
            model.get("properties", {}).get(name, {}), crd.get("properties", {}).get(name, {}), f"{at}.{name}"
        )
    if "items" in model or "items" in crd:
        yield from walk(model.get("items", {}), crd.get("items", {}), f"{at}[]")


PLACES = list(walk(MODEL, SCHEMA))


@pytest.mark.parametrize(("model", "crd"), [place[1:] for place in PLACES], ids=[place[0] for place in PLACES])
def test_the_crd_and_the_model_agree_on_a_field(model: Schema, crd: Schema) -> None:
    """`status.intent.parameters` maps any name to a word or a number; its values are the one union there is."""
    assert set(model.get("properties", ())) - {"metadata"} == set(crd.get("properties", ())) - {
        "metadata",
        "apiVersion",
        "kind",
    }
    assert model["type"] == crd["type"]
    assert set(model.get("required", ())) - {"metadata"} == set(crd.get("required", ())) - {"spec"}
    assert {*model.get("enum", ())} == {*crd.get("enum", ())} - CONDITION_STATUSES
    assert model.get("minimum") in {crd.get("minimum"), None}
    assert model.get("maximum") == crd.get("maximum")
    assert model.get("format") == (crd.get("format") if crd["type"] == "string" else None)
    assert bool(model.get("additionalProperties")) == ("additionalProperties" in crd)


@pytest.mark.parametrize(("crd"), [place[2] for place in PLACES], ids=[place[0] for place in PLACES])
def test_the_schema_bounds_every_value_by_itself(crd: Schema) -> None:
    bounds = {"string": {"maxLength", "enum"}, "integer": {"minimum"}, "array": {"maxItems"}}
    bounds["object"] = {"maxProperties"} if "additionalProperties" in crd else {"properties"}

    assert crd["type"] == "boolean" or bounds[crd["type"]] & set(crd)
    assert "x-kubernetes-preserve-unknown-fields" not in crd


def test_it_is_the_resource_that_the_functions_ask_for() -> None:
    names = CRD["spec"]["names"]

    assert CRD["metadata"]["name"] == f"{identity.PLURAL}.{identity.GROUP}"
    assert (CRD["spec"]["group"], VERSION["name"]) == (identity.GROUP, identity.VERSION)
    assert (names["kind"], names["plural"], names["shortNames"]) == (identity.KIND, identity.PLURAL, ["eipc"])
    assert (VERSION["served"], VERSION["storage"], VERSION["subresources"]) == (True, True, {"status": {}})
    assert CRD["spec"]["scope"] == "Namespaced"


def test_every_column_shows_a_field_that_is_there() -> None:
    shown = [column["jsonPath"] for column in VERSION["additionalPrinterColumns"]]
    fields = {place[0] for place in PLACES}
    for path in shown:
        field = re.sub(r"\[[^\]]*\]", "[]", path)
        assert field == ".metadata.creationTimestamp" or field in fields, path


@given(
    st.one_of(
        st.from_regex(r"[0-9]{0,6}h?[0-9]{0,6}m?[0-9]{0,8}s?", fullmatch=True),
        st.sampled_from(["Never", "never", "", "5m", "5m\n", " 5m", "1h30m", "\u0665m", "1d", "1.5h", "-5m"]),
    )
)
def test_every_duration_that_the_model_takes_fits_the_pattern_of_the_crd(text: str) -> None:
    rule = SCHEMA["properties"]["spec"]["properties"]["expireAfter"]
    fits = rule["minLength"] <= len(text) <= rule["maxLength"] and re.search(rule["pattern"], text, re.ASCII)
    try:
        valid_duration(text)
    except ValueError:
        return

    assert fits
