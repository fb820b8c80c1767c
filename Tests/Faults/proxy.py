"""A TCP proxy whose connections can be cut."""

import asyncio
import socket
import struct
import threading
from typing import Callable

# Closing sends RST in place of FIN.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Stands between the roles and a server on 127.0.0.1. A thread of its own serves it."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{target}", daemon=True)
        self._thread.start()
        self._call(self._listen)

    def refuse(self) -> None:
        """Resets every connection and refuses new ones."""
        self._call(self._refuse)

    def swallow(self) -> None:
        """Lets everything vanish: nothing is passed on, nobody is told."""
        self._call(self._open.clear)

    def heal(self, reset: bool) -> None:
        """Serves again. What was held back passes on now, as TCP repeats it; or, where `reset`, is gone."""
        self._call(lambda: self._heal(reset))

    def is_answered(self) -> bool:
        """Whether the server accepts connections."""
        try:
            socket.create_connection(("127.0.0.1", self._target), timeout=1).close()
            return True
        except OSError:
            return False

    def close(self) -> None:
        """Ends it."""
        self._call(self._refuse)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _call(self, action: Callable[[], None]) -> None:
        async def run() -> None:
            action()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def _listen(self) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        self._listener.setblocking(False)
        self._accepting = self._loop.create_task(self._accept(self._listener))

    def _refuse(self) -> None:
        if self._accepting:
            self._accepting.cancel()
        if self._listener:
            self._listener.close()
            self._listener = None
        self._reset_all()

    def _heal(self, reset: bool) -> None:
        if reset:
            self._reset_all()
        self._open.set()
        if not self._listener:
            self._listen()

    def _reset_all(self) -> None:
        for connection in self._connections:
            connection.cancel()

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            connection = self._loop.create_task(self._serve(client))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)

    async def _serve(self, client: socket.socket) -> None:
        server = socket.socket()
        ends = (client, server)
        pumps: list[asyncio.Task[None]] = []
        try:
            for end in ends:
                end.setblocking(False)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._open.wait()
            await self._loop.sock_connect(server, ("127.0.0.1", self._target))
            pumps = [self._loop.create_task(self._pump(*way)) for way in (ends, ends[::-1])]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                if pump.done():
                    pump.result()
        except (OSError, asyncio.CancelledError):
            for end in ends:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in ends:
                end.close()

    async def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        while data := await self._loop.sock_recv(source, 1 << 16):
            await self._open.wait()
            await self._loop.sock_sendall(sink, data)
