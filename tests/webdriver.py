"""A reader in any of three browsers, who asks each in WebDriver's words.

Of the browsers that Debian packages Playwright drives Chromium alone. The other two
bring what answers WebDriver's commands: Firefox over a socket of its own, WebKit over
HTTP. So nothing has to be installed but they.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WEBKIT = shutil.which("WebKitWebDriver")
SCREEN = shutil.which("Xvfb")
MINI = next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"), None)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's name of a reference
ENTER = "\ue007"  # the key
PATIENCE = 60  # seconds for a browser to start, or a page to do what it is to do
# Firefox tells the port that it chose in the profile, and asks nobody for anything.
CALM = {
    "marionette.port": 0,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
SIZE = {"MOZ_HEADLESS_WIDTH": "1400", "MOZ_HEADLESS_HEIGHT": "900"}
WATCH = """
window.complaints = [];
const note = (words) => complaints.push(String(words));
const heard = (kind, words) =>
    addEventListener(kind, (event) => note(words(event)), true);
heard("error", ({ message, target }) => message || `failed: ${target.src}`);
heard("unhandledrejection", ({ reason }) => reason);
heard("securitypolicyviolation", ({ blockedURI }) => `refused: ${blockedURI}`);
const say = console.error;
console.error = (...words) => { note(words.join(" ")); say(...words); };
"""
ASKED = "return performance.getEntriesByType('resource').map((entry) => entry.name)"


class Socket:
    """Firefox's transport: the length of a message, a colon, the message."""

    def __init__(self, port):
        self._connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._stream, self._asked = self._connection.makefile("rwb"), 0
        self._read()  # its greeting

    def _read(self):
        length = b""
        while not length.endswith(b":"):
            length += self._stream.read(1)
        return json.loads(self._stream.read(int(length[:-1])))

    def ask(self, command, **values):
        """What the browser answers to one of WebDriver's commands."""
        self._asked += 1
        message = json.dumps([0, self._asked, f"WebDriver:{command}", values]).encode()
        self._stream.write(b"%d:%s" % (len(message), message))
        self._stream.flush()
        _, _, error, answer = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return answer.get("value", answer)

    def close(self):
        """Hang up."""
        self._connection.close()


class Http:
    """WebKit's transport: an address for each command."""

    PATHS = {
        "NewSession": "/session",
        "Navigate": "/session/{session}/url",
        "ExecuteScript": "/session/{session}/execute/sync",
        "FindElement": "/session/{session}/element",
        "ElementClick": "/session/{session}/element/{id}/click",
        "ElementClear": "/session/{session}/element/{id}/clear",
        "ElementSendKeys": "/session/{session}/element/{id}/value",
    }

    def __init__(self, port):
        self._host, self._session = f"http://127.0.0.1:{port}", None

    def ask(self, command, **values):
        """What the browser answers to one of WebDriver's commands."""
        path = self.PATHS[command].format(session=self._session, **values)
        body = json.dumps(values).encode()
        request = Request(self._host + path, body, {"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=PATIENCE) as answer:
                value = json.load(answer)["value"]
        except HTTPError as refused:
            raise RuntimeError(f"{command}: {refused.read().decode()}") from refused
        if command == "NewSession":
            self._session = value["sessionId"]
        return value

    def close(self):
        """End the session, and with it the browser."""
        path = f"{self._host}/session/{self._session}"
        urlopen(Request(path, method="DELETE"), timeout=PATIENCE).close()


class Tab:
    """Chromium's, in which Playwright does what the commands say."""

    ACTS = {
        "Navigate": lambda page, url: page.goto(url) and None,
        "ExecuteScript": lambda page, script, args: page.evaluate(
            f"values => (function () {{ {script} }})(...values)", args
        ),
        "FindElement": lambda page, using, value: {
            ELEMENT: page.wait_for_selector(value)
        },
        "ElementClick": lambda page, id: id.click(),
        "ElementClear": lambda page, id: id.fill(""),
        "ElementSendKeys": lambda page, id, text: id.type(text.replace(ENTER, "\n")),
    }

    def __init__(self, page):
        self._page = page

    def ask(self, command, **values):
        """What the browser answers to one of WebDriver's commands."""
        return self.ACTS[command](self._page, **values)


class Reader:
    """Who reads a page in such a browser and moves its controls."""

    def __init__(self, transport):
        self._ask = transport.ask

    def go(self, address):
        """Open a page; from here on what goes wrong there is noted."""
        self._ask("Navigate", url=address)
        self.run(WATCH)

    def run(self, script, *values):
        """What a function of this body returns in the page."""
        return self._ask("ExecuteScript", script=script, args=list(values))

    def wait(self, script, *values):
        """What a function of this body returns, once that is true."""
        end = time.monotonic() + PATIENCE
        while not (value := self.run(script, *values)):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {script}; {self.complaints()}")
            time.sleep(0.05)
        return value

    def _find(self, selector):
        found = self._ask("FindElement", using="css selector", value=selector)
        return found[ELEMENT]

    def click(self, selector):
        """Click the first element that the selector finds."""
        self._ask("ElementClick", id=self._find(selector))

    def write(self, selector, text):
        """Replace what stands in a field, and press Enter."""
        place = self._find(selector)
        self._ask("ElementClear", id=place)
        self._ask("ElementSendKeys", id=place, text=text + ENTER)

    def complaints(self):
        """What went wrong since the page was opened."""
        return self.run("return complaints")

    def asked(self):
        """The addresses that the page asked for."""
        return self.run(ASKED)


def until(there):
    """What `there` returns, once it is something."""
    end = time.monotonic() + PATIENCE
    while not (found := there()):
        if time.monotonic() > end:
            raise TimeoutError("the browser did not start")
        time.sleep(0.05)
    return found


@contextmanager
def started(*command, **environment):
    """Run a program, and end it; what it says can be read."""
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=os.environ | environment, **quiet) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def reading(transport, **asked):
    """A reader by this transport, who leaves in the end."""
    transport.ask("NewSession", **asked)
    try:
        yield Reader(transport)
    finally:
        transport.close()


@contextmanager
def chromium(browser):
    """A reader with a tab of a Chromium that runs already."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    yield Reader(Tab(page))
    page.close()


@contextmanager
def firefox(folder):
    """A reader with Firefox, which keeps its profile in this folder."""
    wanted = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in CALM.items()]
    Path(folder, "user.js").write_text("\n".join(wanted))
    told = Path(folder, "MarionetteActivePort")
    how = ("--headless", "--no-remote", "--marionette", "--profile", str(folder))
    with started(FIREFOX, *how, **SIZE):
        port = until(lambda: told.exists() and told.read_text().strip())
        with reading(Socket(int(port))) as reader:
            yield reader


@contextmanager
def webkit():
    """A reader with WebKit's own small browser, on a screen that nobody sees."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started(SCREEN, "-displayfd", "1", "-nolisten", "tcp") as screen:
        display = f":{screen.stdout.readline().decode().strip()}"
        with started(WEBKIT, f"--port={port}", DISPLAY=display):
            until(lambda: answers(port))
            own = {"binary": str(MINI), "args": ["--automation"]}
            asked = {"alwaysMatch": {"webkitgtk:browserOptions": own}}
            with reading(Http(port), capabilities=asked) as reader:
                yield reader


def answers(port):
    """Whether somebody listens there."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
