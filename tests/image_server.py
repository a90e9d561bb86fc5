"""A local HTTP server that can misbehave in chosen ways."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Host:
    """What it serves, how it misbehaves, and what it was asked for.

    Parameters
    ----------
    files : {path: bytes}
    ranges : bool, whether it knows the Range header
    status : int, what it answers to every request
    breaks : list of int, after how many bytes each of the first answers is cut off
    stall : bool, say nothing more after such a cut, in place of closing
    declares : bool, whether it says how many bytes will come
    asked, encodings : what came: (path, Range) and Accept-Encoding of each request
    """

    files: dict
    ranges: bool = True
    status: int = 200
    breaks: list = field(default_factory=list)
    stall: bool = False
    declares: bool = True
    asked: list = field(default_factory=list)
    encodings: list = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    def url(self, path):
        return f"{self.address}/{path}"


def _answer(host, request):
    path, wanted = request.path.lstrip("/"), request.headers.get("Range")
    host.asked.append((path, wanted))
    host.encodings.append(request.headers.get("Accept-Encoding"))
    data = host.files.get(path)
    if host.status != 200 or data is None:
        return request.send_error(404 if data is None else host.status)
    start = int(wanted[6:-1]) if wanted and host.ranges else 0
    if start and start >= len(data):
        return request.send_error(416)
    request.send_response(206 if start else 200)
    if host.declares:
        request.send_header("Content-Length", str(len(data) - start))
    request.end_headers()
    cut = start + host.breaks.pop(0) if host.breaks else None
    request.wfile.write(data[start:cut])
    request.wfile.flush()
    if cut is not None and host.stall:
        host.done.wait(20)


@contextmanager
def serving(files, **how):
    """Serve `files` on a free port of this machine."""
    host = Host(files, **how)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            _answer(host, self)

        def log_message(self, *_):
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield host
    finally:
        host.done.set()
        server.shutdown()
        server.server_close()
        thread.join()
