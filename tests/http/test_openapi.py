"""Every endpoint against its own description: what it is sent is made from /v1/openapi.json, right and wrong, with a fixed seed."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from server import Server

PATHS = [
    "/v1/instance", "/v1/measures", "/v1/markets", "/v1/markets/{id}", "/v1/markets/{id}/series",
    "/v1/markets/{id}/distribution", "/v1/explain", "/v1/listings", "/v1/listings/{feed}/{key}", "/v1/homes",
    "/v1/homes/{feed}/{key}", "/v1/changes", "/v1/feeds", "/v1/feeds/{feed}/refused", "/v1/trace", "/v1/stream",
    "/metrics", "/health", "/ready",
]  # fmt: skip
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25


@pytest.fixture(scope="session")
def described(server: Server):
    return schemathesis.openapi.from_url(f"{server.base}/v1/openapi.json")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
# The stream has no end; it has checks of its own.
@pytest.mark.parametrize("path", [path for path in PATHS if path != "/v1/stream"])
def test_answers_are_as_described(described, path: str, mode: GenerationMode) -> None:
    operation = described[path]["GET"]
    if mode == GenerationMode.NEGATIVE and not operation.query:
        return  # Any text may stand in a path: what is not there is a 404, and right.

    @seed(1)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case) -> None:
        case.call_and_validate(checks=CHECKS, timeout=60)

    ask()


def test_every_path_of_the_contract_is_described(server: Server) -> None:
    said = server.json("/v1/openapi.json")
    assert said["openapi"].startswith("3.")
    assert set(PATHS) <= set(said["paths"]), set(PATHS) - set(said["paths"])
    for path, methods in said["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            says = parameter.get("description") or "$ref" in parameter
            assert says, f"{path}: {parameter.get('name')} says nothing"
