"""TLS in front of the embedded PostgreSQL, which has none, and what ``rds.force_ssl`` does.

A client that asks for TLS gets it and is connected. One that starts without it gets PostgreSQL's own error where TLS is forced, and is
connected where it is not. Messages: PostgreSQL documentation, "Message Formats" and "SSL Session Encryption". TLS from the first byte
(``sslnegotiation=direct``) is not spoken.
"""

import asyncio
import contextlib
import ssl
import struct
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from stackproof.embedded.cloud import CloudFailed

PATIENCE = 10.0
"""Seconds that a client may take for its request and for the handshake."""

_CANCEL, _TLS, _GSS = 80877102, 80877103, 80877104
_LONGEST = 10000
"""Bytes of a start-up message (``MAX_STARTUP_PACKET_LENGTH``)."""


class TlsProxy:
    """Listens on a free port of 127.0.0.1, in a thread of its own. As a context manager it is closed at the end.

    It forces TLS until it is told to follow something.
    """

    def __init__(self, server_port: int, *, certificate: Path, private_key: Path) -> None:
        self._server_port = server_port
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._is_forced: Callable[[], bool] = lambda: True
        self.certify(certificate=certificate, private_key=private_key)
        self._open: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()
        self._loop = asyncio.new_event_loop()
        listening = self._loop.run_until_complete(self._loop.create_server(lambda: _Client(self), "127.0.0.1", 0))
        self.port: int = listening.sockets[0].getsockname()[1]
        self._listening = listening
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls-proxy", daemon=True)
        self._thread.start()

    def certify(self, *, certificate: Path, private_key: Path) -> None:
        """Show another certificate to those who connect from now on."""
        self._tls.load_cert_chain(certificate, private_key)

    def follow(self, is_forced: Callable[[], bool]) -> None:
        """Force TLS only as long as this says so: it is asked for each client that starts without."""
        self._is_forced = is_forced

    def close(self) -> None:
        """Listen no more, and end every connection."""
        self._loop.call_soon_threadsafe(self._loop.create_task, self._end())
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for transport in list(self._open):
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        await asyncio.sleep(0)  # they close in the next turn of the loop
        self._loop.stop()

    async def serve(self, client: asyncio.Transport, *, is_cancelling: bytes = b"") -> None:
        """Connect a client that asked for TLS with the server; or hand on a request to cancel, which comes without."""
        link: asyncio.Transport | None = None
        with contextlib.suppress(OSError, asyncio.TimeoutError):  # it left, or speaks TLS otherwise
            if is_cancelling:
                _, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
                writer.write(is_cancelling)
                await writer.drain()
                writer.close()
            else:
                to_server, to_client, link = await self._linked(client)
                encrypted = await self._loop.start_tls(
                    client, to_server, self._tls, server_side=True, ssl_handshake_timeout=PATIENCE
                )
                assert encrypted is not None
                to_server.connect(encrypted, link)
                to_client.connect(link, encrypted)
                return
        if link:
            link.close()
        client.close()

    async def serve_plain(self, client: asyncio.Transport, startup: bytes, *, beyond: bytes) -> None:
        """Refuse a client that starts without TLS, or connect it with the server. One that merely hangs up would seem to refuse."""
        try:
            if await self._loop.run_in_executor(None, self._is_forced):
                client.write(refusal(startup, client.get_extra_info("peername")[0]))
            else:
                to_server, to_client, link = await self._linked(client)
                client.set_protocol(to_server)
                to_server.data_received(startup + beyond)
                to_server.connect(client, link)
                to_client.connect(link, client)
                if not client.is_closing():
                    client.resume_reading()
                    return
                link.close()
        except (OSError, CloudFailed) as error:
            client.write(_fatal("57P03", str(error)))  # cannot_connect_now
        client.close()

    async def _linked(self, client: asyncio.Transport) -> "tuple[_Pipe, _Pipe, asyncio.Transport]":
        """A connection to the server, and a pipe for each direction. Raises `OSError` where nobody listens."""
        to_server, to_client = _Pipe(), _Pipe()
        link, _ = await self._loop.create_connection(lambda: to_client, "127.0.0.1", self._server_port)
        self._open |= {client, link}
        return to_server, to_client, link

    def __enter__(self) -> "TlsProxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Client(asyncio.Protocol):
    """A client until it has said what it wants."""

    def __init__(self, proxy: TlsProxy) -> None:
        self._proxy = proxy
        self._received = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._deadline = asyncio.get_running_loop().call_later(PATIENCE, transport.close)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) < 8:
            return
        length, code = struct.unpack("!II", self._received[:8])
        if not 8 <= length <= _LONGEST:
            self._transport.close()
        elif len(self._received) >= length:
            message, self._received = self._received[:length], self._received[length:]
            self._asked(message, code)

    def _asked(self, message: bytes, code: int) -> None:
        match code:
            case _ if code == _GSS:
                self._transport.write(b"N")
            case _ if code == _TLS and not self._received:  # nobody may put plain text before the handshake (CVE-2021-23222)
                self._deadline.cancel()
                self._transport.pause_reading()
                self._transport.write(b"S")
                self._go(self._proxy.serve(self._transport))
            case _ if code == _CANCEL:
                self._go(self._proxy.serve(self._transport, is_cancelling=message))
            case _ if code >> 16 == 3:
                self._deadline.cancel()
                self._transport.pause_reading()
                self._go(self._proxy.serve_plain(self._transport, message, beyond=self._received))
            case _:
                self._transport.close()

    def _go(self, what: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Pipe(asyncio.Protocol):
    """Hands on what it receives; its peer reads no faster than it can write."""

    def __init__(self) -> None:
        self._peer: asyncio.Transport | None = None
        self._early = b""
        self._is_lost = False

    def connect(self, own: asyncio.Transport, peer: asyncio.Transport) -> None:
        """From now on what is received on ``own`` goes to ``peer``."""
        self._own, self._peer = own, peer
        if self._early:
            peer.write(self._early)
        if self._is_lost:
            peer.close()

    def data_received(self, data: bytes) -> None:
        if self._peer:
            self._peer.write(data)
        else:
            self._early += data

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._is_lost = True
        if self._peer:
            self._peer.close()

    def pause_writing(self) -> None:
        if self._peer:
            self._peer.pause_reading()

    def resume_writing(self) -> None:
        if self._peer and not self._peer.is_closing():
            self._peer.resume_reading()


def refusal(startup: bytes, address: str) -> bytes:
    """PostgreSQL's answer to a start without TLS where ``pg_hba.conf`` asks for it.

    >>> message = refusal(b"\\0\\0\\0\\x1c\\0\\3\\0\\0user\\0me\\0database\\0app\\0\\0", "10.0.0.9")
    >>> message[:1], message[5:].split(b"\\0")[2:4]
    (b'E', [b'C28000', b'Mno pg_hba.conf entry for host "10.0.0.9", user "me", database "app", no encryption'])
    """
    words = startup[8:].split(b"\0")
    said = dict(zip(words[::2], words[1::2], strict=False))
    user = said.get(b"user", b"").decode(errors="replace")
    database = said.get(b"database", b"").decode(errors="replace") or user
    reason = f'no pg_hba.conf entry for host "{address}", user "{user}", database "{database}", no encryption'
    return _fatal("28000", reason)  # invalid_authorization_specification


def _fatal(code: str, reason: str) -> bytes:
    """An ErrorResponse that ends a connection."""
    fields = "".join(f"{kind}{text}\0" for kind, text in (("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", reason))).encode()
    return b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0"
