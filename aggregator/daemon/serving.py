"""A server without a heart beside it -> an end on SIGTERM or SIGINT."""

import asyncio
import signal
import socket

from aggregator.web import Server

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve_until_stopped(server: Server, sockets: list[socket.socket]) -> None:
    """Serve alone until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await server.serve(sockets=sockets)
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
