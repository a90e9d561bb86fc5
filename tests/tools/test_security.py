"""No script but the book's own runs on a page, and nothing that is read runs code."""

import ast
import json
import re
from pathlib import Path

import content_policy
import pytest
from build_notebooks import chapters, read_text
from site_pages import LIVE, PAGES, SITE

ROOT = Path(__file__).parents[2]
LISTEN = """
    window.refused = [];
    document.addEventListener("securitypolicyviolation", event =>
        refused.push([event.effectiveDirective, event.blockedURI, event.sourceFile]));
"""
ADD_SCRIPT = """([key, value]) => document.head.append(
    Object.assign(document.createElement("script"), {[key]: value}))"""
UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def sources(page):
    """The words of the page's script-src."""
    html = (SITE / page).read_text("utf-8")
    (policy,) = re.findall(
        r'http-equiv="Content-Security-Policy" content="(.*?)"', html
    )
    assert html.index(policy) < (html + "<script").index("<script")
    (scripts,) = re.findall(r"script-src ([^;]*)", policy)
    assert "http" not in policy and "*" not in policy
    return set(scripts.split())


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_allows_its_own_scripts_and_no_others(browser, page):
    allowed = {word for word in sources(page) if not word.startswith("'sha256-")}
    assert "'self'" in allowed and "'unsafe-inline'" not in allowed
    looser = {"'unsafe-eval'", "blob:"}  # what the widget manager needs
    assert allowed - looser <= {"'self'", "'unsafe-hashes'"}
    assert bool(allowed & looser) == (page in LIVE)


@pytest.mark.browser
def test_a_policy_lets_the_page_s_own_buttons_act(visit):
    """What a page offends of its policy as it loads is a complaint in test_site.py."""
    page = visit(LIVE[0])
    page.evaluate("window.print = () => { window.printed = true }")
    for button in page.query_selector_all("[onclick]"):
        button.evaluate("button => button.click()")
    assert page.evaluate("window.printed") and page.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(
    "script", [("text", "window.stranger = 1"), ("src", "http://127.0.0.1:9/a.js")]
)
def test_a_page_refuses_the_script_of_a_stranger(visit, script):
    page = visit("notebooks/intro.html")
    page.evaluate(LISTEN)
    page.evaluate(ADD_SCRIPT, script)
    page.wait_for_function("window.refused.length")
    assert page.evaluate("refused[0][0]") == "script-src-elem"
    assert page.evaluate("window.stranger") is None


PAGE = '<head><meta charset="utf-8"><script>{}</script><p onclick="go()">'


def test_a_policy_names_each_inline_script_and_each_handler():
    policy = content_policy.policy(PAGE.format("let a = '&lt;';"))
    assert content_policy.name("let a = '&lt;';") in policy
    # printf 'go()' | openssl dgst -sha256 -binary | base64
    go = "'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"
    assert f"'unsafe-hashes' {go};" in policy and "eval" not in policy


def test_a_page_that_is_protected_twice_has_one_policy_of_its_last_text():
    once = content_policy.with_policy(PAGE.format("first()"))
    twice = content_policy.with_policy(once.replace("first()", "second()"))
    assert twice == content_policy.with_policy(PAGE.format("second()"))
    assert twice.count("Content-Security-Policy") == 1


OWN_BYTES = {  # written a moment before by the same program, and by nobody else
    # PyTorch refuses to, and the page shows how.
    "book/10_errors/mend_the_setup.md": ["torch.load(io.BytesIO(file.getvalue()))"],
    "ganflow/training/distributed/fork.py": ["pickle.loads(here.recv_bytes())"],
    "tests/loop_audit/loop_states.py": ["pickle.load(pipe)"],
    "tests/loop_audit/test_block.py": [
        "pickle.loads(pickle.dumps(value))",
        "torch.load(file, weights_only=False)",
    ],
    "tests/trace/test_trail.py": [
        "torch.load(file)",
        "pickle.loads(pickle.dumps(fake.detach()))",
    ],
}
FOLDERS = ("ganflow", "bench", "tools", "tests", "book/_ext")
PROGRAMS = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*.py"))]


def program(path):
    """The Python of a module, or of a chapter's code cells without their magics."""
    if path.suffix == ".py":
        return path.read_text()
    cells = [cell for cell in read_text(path).cells if cell.cell_type == "code"]
    lines = "\n".join(cell.source for cell in cells).splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("%"))


def unpickles(call):
    """Whether this call can run code that the file it reads brings along."""
    called = ast.unparse(call.func)
    given = {word.arg: ast.unparse(word.value) for word in call.keywords}
    module, _, function = called.rpartition(".")
    if module in UNPICKLERS and function in ("load", "loads", "open", "Unpickler"):
        return True
    if called == "torch.load":
        return given.get("weights_only") != "True"
    if called == "yaml.load":
        return "Safe" not in given.get("Loader", "")
    return function == "read_pickle" or given.get("allow_pickle") == "True"


def unpickling(text):
    """The calls that unpickle, and the names taken from modules that do."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and unpickles(node):
            yield ast.unparse(node)
        if isinstance(node, ast.ImportFrom) and node.module in UNPICKLERS:
            yield from (a.name for a in node.names if "load" in a.name.lower())


@pytest.mark.parametrize(
    "path", [*PROGRAMS, *chapters()], ids=lambda path: str(path.relative_to(ROOT))
)
def test_nothing_that_is_read_can_run_code(path):
    known = OWN_BYTES.get(str(path.relative_to(ROOT)), [])
    assert [call for call in unpickling(program(path)) if call not in known] == []


@pytest.mark.parametrize(
    "line",
    [
        "pickle.load(file)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pandas.read_pickle(path)",
        "from pickle import loads",
        "yaml.load(text)",
    ],
)
def test_each_way_to_unpickle_is_noticed(line):
    assert list(unpickling(line)) != []


def test_both_locks_pin_what_is_installed():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-e ."))]
    assert pins and all("==" in pin for pin in pins)
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    del packages[""]  # the book itself
    assert packages
    assert all(p["integrity"].startswith("sha512-") for p in packages.values())
