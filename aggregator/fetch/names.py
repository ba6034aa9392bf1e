"""A host name -> its addresses, looked up in threads of its own."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

# getaddrinfo blocks a thread for as long as a dead name server takes. asyncio's own executor has six threads on two cores, so
# that a few dead names would hold up every other poll; an executor is made here because only names need one.
_THREADS = 64


class Resolver:
    """`await resolver(host, port)`; close it at the end."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> list[str]:
        """Addresses in the order of the system's preference (RFC 6724). Raises OSError, or UnicodeError for a label too long."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, _look_up, host, port)

    def close(self) -> None:
        """Without waiting: a look-up of a dead name cannot be cancelled."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
