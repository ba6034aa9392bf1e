"""A host name -> a connection to a public address of it; the one place where an address is dialled, so the one place to refuse.

The check sits below redirects, odd spellings (`0x7f000001`, `2130706433`, `::ffff:127.0.0.1`) and names that change their address
between check and use: the address that was checked is the address that is dialled. TLS still verifies the host name.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore

from aggregator.fetch.stream import Stream, dial

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LookUp = Callable[[str, int], Awaitable[Iterable[str]]]
"""A host and a port -> addresses as text, the preferred first. Raises OSError or UnicodeError."""
Dial = Callable[[str, int], Awaitable[Stream]]
"""An address as text and a port -> a connection. Raises httpcore.ConnectError."""

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


class Guard:
    """Dials only allowed addresses, one after the other."""

    def __init__(self, allow_networks: tuple[Network, ...], look_up: LookUp, dial: Dial = dial) -> None:
        self._allow_networks = allow_networks
        self._look_up = look_up
        self._dial = dial

    async def connect(self, host: str, port: int, within_s: float) -> Stream:
        """A connection to the host; the time is shared among its addresses.

        Raises Blocked, NoAddress, httpcore.ConnectError or TimeoutError.
        """
        return await self._first_of(await self._allowed(host, port), port, within_s)

    async def connect_unguarded(self, host: str, port: int, within_s: float) -> Stream:
        """The same to whatever address the host has: for a proxy, which the user named."""
        return await self._first_of(await self._addresses(host, port), port, within_s)

    async def check(self, host: str, port: int) -> None:
        """Raise Blocked if no address of the host is allowed; a name that has none here passes: the proxy may know it."""
        with suppress(NoAddress):
            await self._allowed(host, port)

    async def _allowed(self, host: str, port: int) -> list[Address]:
        """Those of the addresses that may be dialled: a name with both kinds is reached by its public ones."""
        allowed = [one for one in await self._addresses(host, port) if is_allowed(one, self._allow_networks)]
        if not allowed:
            raise Blocked(host)
        return allowed

    async def _first_of(self, addresses: list[Address], port: int, within_s: float) -> Stream:
        addresses = addresses[:_MAX_ADDRESSES]
        for address in addresses[:-1]:
            try:
                async with asyncio.timeout(within_s / len(addresses)):
                    return await self._dial(str(address), port)
            except (httpcore.ConnectError, TimeoutError):
                continue
        return await self._dial(str(addresses[-1]), port)

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
        addresses = [ip_address(text) for text in dict.fromkeys(found)]
        if not addresses:
            raise NoAddress(host)
        return addresses
