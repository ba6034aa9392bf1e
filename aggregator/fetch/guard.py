"""A host name -> a connection to a public address of it; the one place where an address is dialled, so the one place to refuse.

The check sits below redirects, odd spellings (`0x7f000001`, `2130706433`, `::ffff:127.0.0.1`) and names that change their address
between check and use: the address that was checked is the address that is dialled. TLS still verifies the host name.
"""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LookUp = Callable[[str, int], Awaitable[Iterable[str]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

# All of IPv6 that is routed as unicast today (IANA); NAT64 (64:ff9b::/96), site-local and IPv4-compatible addresses lie outside.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Inside the global ranges, but a way to other hosts or to none; `is_global` of Python 3.11 lets each of them pass.
_REFUSED = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments, RFC 6890
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    IPv6Network("2002::/16"),  # 6to4: carries any IPv4 address
    IPv6Network("2001::/32"),  # Teredo: the same
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
# A name with many addresses must not use up the time of the poll on dead ones.
_MAX_ADDRESSES = 4


class Blocked(httpcore.ConnectError):
    """Every address of the host lies outside the public internet and outside `allow_networks`."""


class NoAddress(httpcore.ConnectError):
    """The host name has no address."""


def is_allowed(address: Address, allow_networks: Iterable[Network] = ()) -> bool:
    """True for a public unicast address and for what `allow_networks` names; an IPv4-mapped address counts as the IPv4 one."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in allow_networks):
        return True
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _REFUSED)


class GuardBackend(httpcore.AsyncNetworkBackend):
    """Dials only allowed addresses, one after the other. Raises Blocked or NoAddress (both are httpcore.ConnectError)."""

    def __init__(self, allow_networks: tuple[Network, ...], look_up: LookUp) -> None:
        self._allow_networks = allow_networks
        self._look_up = look_up
        self._dialler = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = [a for a in await self._addresses(host, port) if is_allowed(a, self._allow_networks)][
            :_MAX_ADDRESSES
        ]
        if not addresses:
            raise Blocked(host)
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._dialler.connect_tcp(str(address), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._dialler.connect_tcp(str(addresses[-1]), port, share, local_address, socket_options)

    async def _addresses(self, host: str, port: int) -> list[Address]:
        """The addresses of the host, the preferred first. A literal address needs no look-up."""
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            found = await self._look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise NoAddress(host) from error
        return [ip_address(text) for text in dict.fromkeys(found)]
