"""HTTP/2 frames written by hand, for clients that no library would be; see RFC 9113 and 7541."""

import socket
import struct
from collections.abc import Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
CANCEL = 8


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream: int, method: str, **more: str) -> bytes:
    """The HEADERS frame of a gRPC call, with literal fields that nothing is remembered of."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": f"/{method}",
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    } | more
    block = b"".join(
        b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()
        for name, value in fields.items()
    )
    return frame(HEADERS, END_HEADERS, stream, block)


def message(stream: int, body: bytes, *, is_last: bool = True) -> bytes:
    """The DATA frame of a gRPC message."""
    prefixed = struct.pack(">BI", 0, len(body)) + body
    return frame(DATA, END_STREAM if is_last else 0, stream, prefixed)


def reset(stream: int) -> bytes:
    """The frame that cancels a stream."""
    return frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL))


class Connection:
    """A connection to a server, which says only what it is told to."""

    def __init__(self, address: str, *, greets: bool = True) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        if greets:
            self.send(PREFACE + frame(SETTINGS, 0, 0))

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def arrive(self) -> None:
        """Wait until the server has taken what was sent: it answers a ping in its turn."""
        self.send(frame(PING, 0, 0, bytes(8)))
        assert any(kind == PING and flags & ACK for kind, flags, _, _ in self.frames())

    def frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        """The frames that the server sends, until it closes: kind, flags, stream, payload."""
        received = b""
        while True:
            while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
                length, kind, flags = int.from_bytes(received[:3], "big"), received[3], received[4]
                yield kind, flags, int.from_bytes(received[5:9], "big"), received[9 : 9 + length]
                received = received[9 + length :]
            data = self.socket.recv(1 << 16)
            if not data:
                return
            received += data

    def end(self) -> None:
        """Say that nothing more follows: the server's last frames end."""
        self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()
