"""Serve the built site to this machine; a page that is open reloads when it is rebuilt.

An own server of a few lines, since the pages' policy refuses the inline scripts by
which the usual reloading servers reach a page.
"""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
RELOAD = "/_reload.js"
SCRIPT = b"""let seen;
setInterval(async () => {
  const answer = await fetch(location.pathname, { method: "HEAD", cache: "no-store" });
  const written = answer.headers.get("last-modified");
  if (answer.ok && written !== (seen ??= written)) location.reload();
}, 1000);
"""


class ReloadingHandler(SimpleHTTPRequestHandler):
    """Serves files, and gives every page the script that reloads it."""

    def do_GET(self):
        """Send a page with the script, and any other file as it is."""
        path = Path(self.translate_path(self.path))
        if self.path == RELOAD:
            self.send(SCRIPT, "text/javascript")
        elif path.suffix == ".html" and path.is_file():
            tag = f'<script src="{RELOAD}" defer></script></head>'
            page = path.read_text("utf-8").replace("</head>", tag, 1)
            self.send(page.encode(), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def send(self, body, kind):
        """Answer with these bytes."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Say nothing of each file."""


def main(port):
    """Serve until Ctrl-C; a site that is not there or a port in use is one line."""
    if not (SITE / "index.html").exists():
        sys.exit("nothing built yet: run make book")
    handler = partial(ReloadingHandler, directory=str(SITE))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        sys.exit(
            f"port {port} cannot be had ({error}); try: make serve PORT={port + 1}"
        )
    print(f"http://localhost:{port}  (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
