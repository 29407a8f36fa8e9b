"""The OpenAPI document, for those who generate a client from it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bundles import write_toy_bundle
from openapi_spec_validator import OpenAPIV31SpecValidator

from srec.serving.app import create_app


def references(part: Any) -> Iterator[str]:
    """Every $ref of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_document_is_valid_and_whole(tmp_path: Path) -> None:
    app = create_app(write_toy_bundle(tmp_path / "bundle"))
    document = app.openapi()
    OpenAPIV31SpecValidator(document).validate()
    there = document["components"]["schemas"]
    named = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert {"Problem", "Wrong"} <= named <= set(there)
    assert json.dumps(document) == json.dumps(app.openapi()), "asked again, it is the same"


def test_every_operation_and_schema_has_its_own_name(tmp_path: Path) -> None:
    document = create_app(write_toy_bundle(tmp_path / "bundle")).openapi()
    operations = [one for path in document["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names)) == len(operations)
    assert all("title" not in one or one["title"] == name for name, one in _schemas(document))


def _schemas(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(document["components"]["schemas"].items())
