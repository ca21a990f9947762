"""The guarded client's table of addresses: what is read, what is public, what an operator may allow (line 13)."""

from __future__ import annotations

import pytest

from coday.kernel.guarded.addresses import is_public, literal
from coday.kernel.guarded.errors import AddressRefusedError, InvalidAddressError
from coday.kernel.guarded.policy import FetchPolicy, places
from coday.kernel.guarded.targets import parse_target

POLICY = FetchPolicy()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "100.64.0.1", "100.127.255.254", "100.100.100.200", "169.254.169.254", "169.254.0.1", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255", "168.63.129.16",
        "[::]", "[::1]", "[::127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]",
        "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]",
        "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[64:ff9b:1::808:808]",
        "[2002:7f00:1::]", "[2002:808:808::1]", "[2001:0:7f00:1::]", "[100::1]",
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata", "metadata.google.internal",
        "metadata.google.internal.", "METADATA.GOOGLE.INTERNAL", "instance-data", "db.internal", "printer.local",
        "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(host: str) -> None:
    """Line 13."""
    target = parse_target(f"http://{host}/latest/meta-data/")
    with pytest.raises(AddressRefusedError):
        POLICY.check_place(target.host, target.port)


@pytest.mark.parametrize(
    "address",
    [
        "http://0x7f.1/", "http://127.1/", "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/",
        "http://0x7f000001/", "http://127.0.0.0x1/", "http://127.0.0.1.2/", "http://1.2.3.4.5/", "http://256.0.0.1/",
        "http://127.0.0.01/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1/",
        "http://user@example.org/", "http://user:secret@example.org/", "http://:secret@example.org/",
        "http://example.org\\@127.0.0.1/", "http://example.org:80\\@127.0.0.1/", "http://exa mple.org/",
        "http://example.org\t/", "http://example.org/\r\nHost: x", " http://example.org/", "http://example.org\x00/",
        "http://a..b/", "http://.example.org/", "http:///path", "http://", "//example.org/", "example.org", "",
        "/path", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "data:,x",
        "http://example.org:99999/", "http://example.org:-1/", "http://example.org:x/", "http://%6cocalhost/",
        f"http://{'a' * 64}.org/", f"http://{'a.' * 130}org/", "http://example.org/" + "a" * 8_000,
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_not_read(address: str) -> None:
    """Line 13."""
    with pytest.raises(InvalidAddressError):
        parse_target(address)


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("http://example.org", "example.org", 80),
        ("https://EXAMPLE.org./a?b=c#d", "example.org", 443),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("http://8.8.8.8/", "8.8.8.8", 80),
        ("https://[2606:4700:0:0::1111]/", "2606:4700::1111", 443),
        ("http://[64:ff9b::808:808]/", "64:ff9b::808:808", 80),
        ("http://[::ffff:8.8.8.8]/", "::ffff:808:808", 80),
    ],
)
def test_a_public_place_is_read_once_and_allowed(address: str, host: str, port: int) -> None:
    target = parse_target(address)
    assert (target.host, target.port, target.url.fragment) == (host, port, "")
    assert literal(target.url.host or "") == literal(host)
    POLICY.check_place(target.host, target.port)


@pytest.mark.parametrize("port", [22, 25, 6379, 5432, 8080, 65535])
def test_only_the_webs_ports_are_asked(port: int) -> None:
    """Line 13."""
    with pytest.raises(AddressRefusedError):
        POLICY.check_place("example.org", port)


def test_one_private_address_condemns_a_name() -> None:
    """Line 13."""
    POLICY.check_addresses("example.org", 80, ["8.8.8.8", "2606:4700::1111"])
    for inside in ("10.0.0.1", "::1", "fe80::1%2", "no address"):
        with pytest.raises(AddressRefusedError):
            POLICY.check_addresses("example.org", 80, ["8.8.8.8", inside])


def test_zones_are_never_public() -> None:
    """Line 13."""
    address = literal("2606:4700::1111%1")
    assert address is not None
    assert not is_public(address)


# --- The operator's list ------------------------------------------------------------------------------------------


def test_an_operator_allows_hosts_and_single_ports() -> None:
    """Line 13."""
    policy = FetchPolicy(allow=places(["127.0.0.1:8080", "Models.Internal", "[::1]:9000", "10.0.0.7", ""]))
    for host, port in (("127.0.0.1", 8080), ("models.internal", 1), ("::1", 9000), ("10.0.0.7", 22)):
        policy.check_place(host, port)
        policy.check_addresses(host, port, ["127.0.0.1"])
    for host, port in (("127.0.0.1", 80), ("::1", 80), ("10.0.0.8", 80), ("x.models.internal", 80)):
        with pytest.raises(AddressRefusedError):
            policy.check_place(host, port)


@pytest.mark.parametrize(
    "entry", ["http://example.org", "example.org/path", "user@example.org", ":80", "a:b", "a:99999"]
)
def test_a_list_that_cannot_be_read_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        places([entry])
