import pytest

from tapehead.network.link_local import is_link_local_or_metadata


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1",
        "169.254.169.254.",
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "fe80::1",
        "[fe80::1]",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "Metadata.Google.Internal.",
        "metadata",
        "instance-data.ec2.internal",
    ],
)
def test_what_answers_only_to_this_machine(host: str) -> None:
    """Link-local addresses and the clouds' metadata services, in each spelling that a resolver takes."""
    assert is_link_local_or_metadata(host)


@pytest.mark.parametrize(
    "host",
    [
        *("api.openai.com", "metadata.example.com", "127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "169.253.1.1"),
        *("fd00::1", "2001:db8::1", "::ffff:10.0.0.1", "", "1\0", "1é", "1.example", "localhost", "64:ff9b::a00:1"),
    ],
)
def test_all_others(host: str) -> None:
    """Hosts of one's own are nobody's business; what is no host is none of these."""
    assert not is_link_local_or_metadata(host)
