"""All widgets on one page, drawn by a kit: a kernel's ipywidgets and a page's manager.

The page has no kernel. Its manager makes a model when it is asked for it and not
before, as Colab's does: what no other model names is never made.
"""

import json
import mimetypes
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from older_widgets import FOLDER, KERNEL
from site_browser import note_error
from vendor_assets import VENDOR

HOST = "https://kit.example/"
VENDORED = VENDOR / "widgets"
NEW_ANYWIDGET = Path(find_spec("anywidget").origin).parent
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<body><script>
// What one of the managers has left out of its bundle.
window.process = { env: {}, argv: [], cwd: () => "/" };
</script><script src="require.js"></script><script src="embed-amd.js"></script><script>
const saved = %s;
const ask = (name) => new Promise((found, lost) => requirejs([name], found, lost));
const bytesOf = (text) =>
  new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
function stateOf({ state, buffers = [] }) {
  for (const { path, data } of buffers) {
    const place = path.slice(0, -1).reduce((at, key) => at[key], state);
    place[path.at(-1)] = bytesOf(data);
  }
  return state;
}
async function draw() {
  requirejs.config({ paths: { anywidget: "anywidget" } });
  const { HTMLManager } = await ask("@jupyter-widgets/html-manager");
  const made = {};
  class Manager extends HTMLManager {
    get_model(id) {
      const model = saved.models[id];
      made[id] ??= this.new_model({ model_id: id, ...model }, stateOf(model));
      return made[id];
    }
  }
  const manager = new Manager({ loader: ask });
  for (const [name, id] of Object.entries(saved.widgets)) {
    const place = document.createElement("section");
    place.id = name;
    document.body.append(place);
    const view = await manager.create_view(await manager.get_model(id));
    const older = manager.display_view.length === 3;
    await manager.display_view(...(older ? [0, view, { el: place }] : [view, place]));
  }
  window.drawn = true;
}
window.onload = draw;
</script></body></html>"""


@dataclass(frozen=True)
class Kit:
    """What makes the widgets' states, and what draws them.

    Parameters
    ----------
    kernel : Path or None
        What goes in front of the environment's packages where the states are made.
    manager : Path
        Holds `embed-amd.js` of html-manager, and its fonts.
    anywidget : Path
        The package of the anywidget that the states ask for.
    """

    kernel: Path | None
    manager: Path
    anywidget: Path

    def file(self, name):
        """The file that the page gets for an address that ends so, if there is one."""
        if name == "require.js":
            return VENDORED / name
        if name == "anywidget.js":
            return self.anywidget / "nbextension" / "index.js"
        path = self.manager / name
        return path if path.exists() else None


OLD_ANYWIDGET = KERNEL / "anywidget"
KITS = {
    "ipywidgets 7": Kit(KERNEL, FOLDER / "0.20.9", OLD_ANYWIDGET),
    "ipywidgets 8": Kit(None, VENDORED, NEW_ANYWIDGET),
    "Colab": Kit(KERNEL, FOLDER / "0.21.0-alpha.3", OLD_ANYWIDGET),
}


def draw(chromium, kit, saved, **how):
    """A page with the widgets as this kit draws them; `complaints` has what failed."""
    page = chromium.new_page(**how)
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: note_error(page, said))
    models = {}
    for widget in saved.values():
        models |= widget["state"]
    views = {name: widget["view"] for name, widget in saved.items()}
    told = json.dumps({"widgets": views, "models": models}).replace("</", "<\\/")

    def answer(route):
        name = route.request.url.split("?")[0].rpartition("/")[2]
        if route.request.url == HOST:
            return route.fulfill(body=PAGE % told, content_type="text/html")
        if path := kit.file(name):
            kind = mimetypes.guess_type(name)[0] or "font/woff2"
            allowed = {"Access-Control-Allow-Origin": "*"}
            return route.fulfill(path=path, content_type=kind, headers=allowed)
        page.complaints.append(f"nobody has {route.request.url}")
        return route.abort()

    page.route("**/*", answer)
    page.goto(HOST)
    page.wait_for_function("window.drawn")
    return page
