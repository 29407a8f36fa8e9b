"""The API against its own OpenAPI document: made-up requests, good and bad, and every answer's shape."""

from typing import Any

import pytest
import schemathesis
from bundles import write_toy_bundle
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from srec.serving.app import create_app

ENDPOINTS = (
    ("POST", "/api/recommend"),
    ("GET", "/api/games"),
    ("GET", "/api/names"),
    ("GET", "/api/tags"),
    ("POST", "/api/tags"),
    ("GET", "/api/games/{app_id}/similar"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/version"),
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    bundle = write_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy")
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(bundle))


def test_these_are_all_endpoints(schema: Any) -> None:
    there = [(one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()]
    assert there == list(ENDPOINTS)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*endpoint, GenerationMode.POSITIVE) for endpoint in ENDPOINTS]
    # The others take no input, so none can be wrong.
    + [
        (*endpoint, GenerationMode.NEGATIVE)
        for endpoint in ENDPOINTS
        if endpoint[1].startswith("/api") and endpoint != ("GET", "/api/tags")
    ],
)
def test_the_api_keeps_its_word(schema: Any, method: str, path: str, mode: GenerationMode) -> None:
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.call_and_validate()

    check()
