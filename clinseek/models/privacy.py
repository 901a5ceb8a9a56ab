"""Whether a patient's rows leave this machine with a model, and the words that say so. Pure.

MIMIC's data use agreement forbids sharing the record with third parties: PhysioNet's notice on
large language models names services that keep no prompts (such as Amazon Bedrock) as the way, and
a model on one's own machine needs no one's leave (https://physionet.org/news/post/gpt-responsible-use).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from clinseek.models.facts import HostFacts

ALLOW = "CLINSEEK_ALLOW_HOSTS"


def host_of(address: str) -> str:
    """The host of an address, without its port and brackets.

    >>> host_of("127.0.0.1:8000"), host_of("[::1]:8000"), host_of("gpu.lab.org")
    ('127.0.0.1', '::1', 'gpu.lab.org')
    """
    if address.startswith("["):
        return address[1:].partition("]")[0].lower()
    return address.partition(":")[0].lower() if address.count(":") == 1 else address.lower()


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own.

    >>> is_loopback("localhost:8000"), is_loopback("127.0.0.2"), is_loopback("10.0.0.1:80")
    (True, True, False)
    """
    host = host_of(address).rstrip(".")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def named_hosts(*lists: str | None) -> frozenset[str]:
    """The hosts that lists parted by commas name.

    >>> sorted(named_hosts("gpu1, GPU2:8000", None))
    ['gpu1', 'gpu2']
    """
    words = (word.strip() for each in lists for word in (each or "").split(","))
    return frozenset(host_of(word) for word in words if word)


def warning_of_host(facts: HostFacts, *, allowed: Collection[str] = ()) -> str | None:
    """What the user must know before a record is opened; None where there is nothing to say.

    Nothing is said of a model in this process, on loopback, or on Bedrock, and of a host that the
    user named (`allowed`, as `named_hosts` gives it).
    """
    if facts.address is None or facts.provider == "bedrock" or is_loopback(facts.address):
        return None
    host = host_of(facts.address)
    if host in allowed:
        return None
    return (
        f"rows of the patient will be sent to {host}, which is neither this machine nor Amazon "
        "Bedrock; MIMIC's data use agreement forbids sharing them with a third party. If you may, "
        f"name it: --allow-host {host}, or {ALLOW}={host}"
    )


def warning_of_server(name: str, host: str | None, *, allowed: Collection[str] = ()) -> str | None:
    """The same of an outside server of tools: what the model writes into a call goes there.

    >>> warning_of_server("cxr", "127.0.0.1") is None
    True
    """
    if host is None or is_loopback(host) or host.lower() in allowed:
        return None
    return (
        f"what the model writes into calls of {name} will be sent to {host}, which is not this "
        f"machine, and may tell what the record says. If it may, name it: --allow-host {host}"
    )
