"""The sockets that a server listens on. They are bound here; nobody can connect before a worker listens."""

import errno
import socket
import sys
from contextlib import ExitStack

from srec.errors import SRecError

BACKLOG = 2048


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets for every address that a host stands for.

    Args:
        host: an address or a name; ``::`` and the empty host are all addresses, IPv4 included.
        port: the port.

    Raises:
        SRecError: the address is not one of this machine, or is in use.
    """
    try:
        if host in ("", "::") and socket.has_dualstack_ipv6():
            return [_bound(socket.AF_INET6, ("::", port), both=True)]
        return _each(host, port)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise SRecError(f"cannot listen on {host}, port {port}: {reason}") from None


def _each(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = list(dict.fromkeys((family, where[:2]) for family, _, _, _, where in found))
    opened: list[socket.socket] = []
    with ExitStack() as stack:
        for at, (family, where) in enumerate(addresses):
            try:
                opened.append(stack.enter_context(_bound(family, where)))
            except OSError as error:
                # A name such as localhost has an address of IPv6 also on a machine that has none.
                last = at + 1 == len(addresses)
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or (last and not opened):
                    raise
        stack.pop_all()
    return opened


def _bound(family: int, where: tuple[object, ...], *, both: bool = False) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        made.setblocking(False)
        made.bind(where)
    except OSError:
        made.close()
        raise
    return made
