"""Which addresses a host stands for."""

import socket

import pytest
from served import free_port

from srec.errors import SRecError
from srec.serving.listening import bind

ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


@ipv6
@pytest.mark.parametrize(
    ("host", "four", "six"),
    [("::", True, True), ("", True, True), ("0.0.0.0", True, False), ("::1", False, True)],
)
def test_a_host_is_the_same_addresses_however_many_workers_there_are(
    host: str, four: bool, six: bool
) -> None:
    port = free_port()
    for one in bind(host, port):
        with one:
            one.listen()
            assert (answers("127.0.0.1", port), answers("::1", port)) == (four, six)


def test_nobody_connects_before_a_worker_listens() -> None:
    port = free_port()
    (one,) = bind("127.0.0.1", port)
    with one:
        assert not answers("127.0.0.1", port)
        one.listen()
        assert answers("127.0.0.1", port)


def test_a_host_that_is_not_here_is_one_line() -> None:
    with pytest.raises(SRecError, match=r"^cannot listen on 192\.0\.2\.1, port 80: "):
        bind("192.0.2.1", 80)
