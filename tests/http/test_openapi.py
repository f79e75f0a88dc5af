"""Every endpoint against its own description: what it is sent is made from /v1/openapi.json, right and wrong, with a fixed seed."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from server import Server


@pytest.fixture(scope="session")
def described(server: Server):
    # The stream has no end; it has checks of its own.
    return schemathesis.openapi.from_url(f"{server.base}/v1/openapi.json").exclude(path="/v1/stream")


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case) -> None:
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    case.call_and_validate(checks=checks, timeout=60)


def test_every_path_of_the_contract_is_described(server: Server) -> None:
    said = server.json("/v1/openapi.json")
    assert said["openapi"].startswith("3.")
    wanted = {
        "/v1/instance", "/v1/measures", "/v1/markets", "/v1/markets/{id}", "/v1/markets/{id}/series",
        "/v1/markets/{id}/distribution", "/v1/explain", "/v1/listings", "/v1/listings/{feed}/{key}", "/v1/homes",
        "/v1/homes/{feed}/{key}", "/v1/changes", "/v1/feeds", "/v1/feeds/{feed}/refused", "/v1/trace", "/v1/stream",
        "/metrics", "/health", "/ready",
    }  # fmt: skip
    assert wanted <= set(said["paths"]), wanted - set(said["paths"])
    for path, methods in said["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", []):
            described = parameter.get("description") or "$ref" in parameter
            assert described, f"{path}: {parameter.get('name')} says nothing"
