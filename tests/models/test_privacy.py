"""Which hosts a patient's rows may go to without a word."""

import pytest

from clinseek.models.facts import HostFacts, Provider
from clinseek.models.privacy import is_loopback, named_hosts, warning_of_host


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000", "127.9.9.9", "localhost."],
)
def test_a_model_on_this_machine_is_not_warned_of(address: str) -> None:
    assert is_loopback(address)
    assert warning_of_host(HostFacts(provider="openai", address=address)) is None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1:8000",
        "api.openai.com",
        "localhost.evil.org:80",
        "127.0.0.1.evil.org",
        "[fe80::1]:80",
        "0.0.0.0:80",
    ],
)
def test_any_other_host_is_named_with_what_to_set(address: str) -> None:
    warned = warning_of_host(HostFacts(provider="vllm", address=address))

    assert warned is not None
    assert "--allow-host" in warned


def test_a_host_that_the_user_named_is_not_warned_of() -> None:
    facts = HostFacts(provider="openai", address="gpu7.lab.org:8000")

    assert warning_of_host(facts, allowed=named_hosts("gpu7.lab.org")) is None
    assert warning_of_host(facts, allowed=named_hosts("lab.org")) is not None


@pytest.mark.parametrize("provider", ["offline", "hf", "replay", "bedrock"])
def test_bedrock_and_models_in_the_process_are_not_warned_of(provider: Provider) -> None:
    address = "bedrock-runtime.us-east-1.amazonaws.com" if provider == "bedrock" else None

    assert warning_of_host(HostFacts(provider=provider, address=address)) is None
