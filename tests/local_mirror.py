"""A mirror on this machine that can misbehave in every way that a test needs."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class LocalMirror:
    """Serves `files` (name without .gz: the bytes to send, or a function that answers) and counts what is asked for."""

    def __init__(self, files: dict[str, bytes | Answer]) -> None:
        self.files, self.asked = dict(files), []
        self.released = threading.Event()  # a stalled answer waits for this, so that the test can end
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1].removesuffix(".gz")
                mirror.asked.append(name)
                answer = mirror.files.get(name)
                if answer is None:
                    self.send_error(404)
                elif callable(answer):
                    answer(self)
                else:
                    send_head(self, len(answer))
                    self.wfile.write(answer)

            def log_message(self, *arguments: object) -> None:
                """Nothing: pytest shows what matters."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *arguments: object) -> None:
                """A client that hangs up is what several tests want."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def stall(self, content: bytes = b"", length: int = 0) -> Answer:
        """Send a head (if there is content) and some content, then nothing more."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if content:
                send_head(handler, length)
                handler.wfile.write(content)
            self.released.wait(20)

        return answer

    def drip(self, length: int, pause: float = 0.1, patience: int = 120) -> Answer:
        """Send a byte now and then: no read ever times out. After `patience` bytes hang up, so that no test hangs."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            send_head(handler, length)
            for _ in range(patience):
                if self.released.wait(pause):
                    return
                handler.wfile.write(b"\x1f")
            handler.close_connection = True

        return answer


def send_head(handler: BaseHTTPRequestHandler, length: int, kind: str = "application/gzip") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def broken_off(content: bytes) -> Answer:
    """Promise all, send half, hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send_head(handler, len(content))
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return answer


def status(code: int) -> Answer:
    return lambda handler: handler.send_error(code)


def pack(content: bytes) -> bytes:
    """As gzip does, fast."""
    return gzip.compress(content, compresslevel=1)
