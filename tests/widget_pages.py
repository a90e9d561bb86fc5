"""A widget's view alone on a page, without a kernel; and the links a page follows."""

import base64
import json
from contextlib import contextmanager

from anywidget import AnyWidget
from ipywidgets.embed import dependency_state, embed_data

PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<style>%s</style><body><div%s id="here"></div><script type="module">%s
window.revive = (text) => JSON.parse(text, (_, v) => v?.base64 === undefined ? v
  : new DataView(Uint8Array.from(atob(v.base64), (c) => c.charCodeAt(0)).buffer));
const traits = revive(%s), calls = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => model.choose({ [name]: value }),
  choose: (chosen) => {
    Object.assign(traits, chosen);
    for (const name in chosen) calls["change:" + name]?.forEach((act) => act());
  },
  save_changes: () => {},
  on: (name, act) => (calls[name] ??= []).push(act),
  off: (name, act) => calls[name].splice(calls[name].indexOf(act), 1),
};
window.leave = await render({ model, el: document.getElementById("here") });
</script></body></html>"""

BOOK = "https://book.example/page.html"


@contextmanager
def view_alone(chromium, view, width, height=900, *, book=None, before=""):
    """A page with this view and a model of a dozen lines, which may ask nobody.

    `book` is the end of its address if it is to be a page of the built book; `before`
    is a script that runs before the page's own.
    """
    own = view.traits(sync=True).keys() - AnyWidget.class_traits().keys()
    traits = as_json({n: getattr(view, n) for n in own if not n.startswith("_")})
    script = str(view._esm).replace("export default", "void")
    page = chromium.new_page(viewport={"width": width, "height": height})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: r.url.split("#")[0] == BOOK or wrong.append(r.url))
    page.add_init_script(before)
    place = "" if book is None else ' data-live="ready"'
    html = PAGE % (view._css, place, script, json.dumps(traits))
    if book is None:
        page.set_content(html)
    else:
        page.route(
            BOOK, lambda route: route.fulfill(body=html, content_type="text/html")
        )
        page.goto(BOOK + book)
    page.wait_for_function("!!window.leave")
    yield page
    assert wrong == []
    page.close()


def as_json(value):
    """With bytes as the page takes them."""
    return json.dumps(value, default=lambda b: {"base64": base64.b64encode(b).decode()})


def give(page, **traits):
    """Set traits, as controls or a kernel do: all of them, then it is told."""
    page.evaluate("text => model.choose(revive(text))", as_json(traits))


def links(box):
    """What a page joins without a kernel: (widget's id, trait, other's id, trait)."""
    held = dependency_state(box)  # not what other tests have left alive
    states = embed_data(views=[box], state=held)["manager_state"]["state"].values()
    found = [part["state"] for part in states if part["model_name"] == "LinkModel"]
    return {
        tuple(end.removeprefix("IPY_MODEL_") for end in (*a["source"], *a["target"]))
        for a in found
    }
