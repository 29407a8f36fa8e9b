"""The handler for TorchServe gives the API's answers."""

import json
from pathlib import Path
from typing import Any

import pytest
from bundles import write_toy_bundle
from starlette.testclient import TestClient

from srec.errors import ArtifactError
from srec.serving.app import create_app
from srec.serving.torchserve import Handler


class Context:
    """The part of TorchServe's context that the handler uses."""

    def __init__(self, folder: Path) -> None:
        self.system_properties: dict[str, Any] = {"model_dir": str(folder)}
        self.statuses: dict[int, int] = {}
        self.types: dict[int, str] = {}

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        self.statuses[idx] = code

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.types[idx] = value


def test_a_batch_is_answered_as_the_api_answers_each(tmp_path: Path) -> None:
    bundle = write_toy_bundle(tmp_path / "bundle")
    requests = [
        {"liked": [900_000_010, 900_000_020], "k": 5, "recommender": "smart"},
        {"liked": [900_000_010], "recommender": "tags"},
        {"liked": []},
        {"liked": [{"id": 900_000_010}]},
        {"liked": [900_000_010, 1], "kk": 3},
    ]
    context, handler = Context(tmp_path), Handler()
    handler.initialize(context)
    # TorchServe passes on parsed JSON, and raw bytes if it could not parse them.
    given = [{"body": request} for request in requests]
    given += [{"body": bytearray(json.dumps(requests[0]).encode())}, {"data": b"no json"}]
    answers = handler.handle(given, context)
    with TestClient(create_app(bundle)) as client:
        responses = [client.post("/api/recommend", json=request) for request in requests]
    for place, response in enumerate(responses):
        assert json.loads(answers[place]) == response.json()
        assert context.statuses[place] == response.status_code
    assert [context.statuses[place] for place in range(7)] == [200, 200, 200, 422, 422, 200, 400]
    assert answers[5] == answers[0]
    assert set(context.types.values()) == {"application/json"}


def test_a_damaged_bundle_is_not_served(tmp_path: Path) -> None:
    bundle = write_toy_bundle(tmp_path / "bundle")
    (bundle / "items.npy").write_bytes(b"")
    with pytest.raises(ArtifactError, match="checksum"):
        Handler().initialize(Context(tmp_path))
