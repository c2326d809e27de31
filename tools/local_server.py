"""A built site at an address of this machine, handed out as web servers do: compressed, with types."""

from __future__ import annotations

import gzip
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".md", ".ipynb", ".wasm", ".onnx")


@dataclass
class Served:
    """The site at an address, and how many bytes each file takes on its way."""

    site: Path
    address: str = ""
    _bodies: dict[str, tuple[bytes, bool]] = field(default_factory=dict)

    def body(self, name: str) -> tuple[bytes, bool] | None:
        """A file's bytes as they travel, and whether they are compressed; None for a file that is not there."""
        if name not in self._bodies:
            path = self.site / name
            if not path.resolve().is_relative_to(self.site.resolve()) or not path.is_file():
                return None
            content, packed = path.read_bytes(), path.suffix in COMPRESSED
            self._bodies[name] = (gzip.compress(content, 6, mtime=0) if packed else content, packed)
        return self._bodies[name]

    def name(self, url: str) -> str | None:
        """Which file of the site an address means; None for another site's."""
        if not url.startswith(self.address):
            return None
        name = unquote(urlsplit(url).path).lstrip("/")
        return f"{name}index.html" if name == "" or name.endswith("/") else name

    def weight(self, name: str) -> int:
        body = self.body(name)
        return len(body[0]) if body else 0


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address) -> None:
        """A browser that goes on to the next page hangs up; that is no fault to tell of."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(site: Path) -> Iterator[Served]:
    """Hand out the folder on this machine, compressed as web servers do."""
    served = Served(site)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = served.name(served.address + self.path.lstrip("/")) or ""
            found = served.body(name)
            if found is None and name == "favicon.ico":
                found = b"", False  # browsers ask for it without being told to
            content, packed = found or (b"not found", False)
            self.send_response(200 if found else 404)
            self.send_header(
                "Content-Type", TYPES.get(Path(name).suffix, "text/plain; charset=utf-8") if found else "text/plain"
            )
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "max-age=3600")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
