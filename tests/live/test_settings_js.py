"""What a page refuses: the numbers and names that a setting in Python refuses."""

import json
import re

import numpy as np
import pytest
from in_node import LIVE, Refused, node

from ganflow.data import ring
from ganflow.dynamics.rules import RULES
from ganflow.games.game import PENALTIES
from ganflow.live.assembly import SEEDS
from ganflow.losses import LOSSES
from ganflow.sweeps import GameSetting, GanSetting
from ganflow.sweeps.settings import LIMITS

NUMBERS = ("step_size_G", "step_size_D", "beta", "beta1", "beta2", "strength")
LAYOUT = {
    "rules": list(RULES),
    "losses": list(LOSSES),
    "penalties": list(PENALTIES),
    "limits": LIMITS | {"seed": SEEDS},
}
PLACES = {name: [0, "f64", 1] for name in (*NUMBERS, "target", "scale")}
POINTS = {"points": [0, "f64", 2 * 25]}
GAME = {**LAYOUT, "kind": "game", "at": PLACES}
GAN = {**LAYOUT, "kind": "gan", "at": {name: PLACES[name] for name in NUMBERS} | POINTS}
SHARED = {
    "schedule": ["D", "G"],
    "rule": "Adam",
    "loss": "hinge",
    "penalty": "R1",
    "step_size_G": 1e-3,
    "step_size_D": 1e-3,
    "beta": 0.9,
    "beta1": 0.5,
    "beta2": 0.999,
    "strength": 0.1,
}
RING = {"kind": "mixture", "centres": ring().centres.tolist(), "spread": 0.1}
OF_GAN = {**SHARED, "seed": 0, "data": RING}
OF_GAME = {**SHARED, "target": 1.0, "scale": 1.0, "theta": 1.0, "psi": -2.0}
WRONG = [
    *[("step_size_G", value) for value in (0, -1, -1e-10, "0.1", True)],
    *[("step_size_D", value) for value in (0, -0.5)],
    *[("beta", value) for value in (-1, 1, 1.5)],
    *[("beta1", value) for value in (-1e-3, 1)],
    *[("beta2", value) for value in (-0.1, 1, "half")],
    *[("strength", value) for value in (-1, -1e-30)],
    *[(name, "much") for name in ("loss", "penalty", "rule")],
]
OF_GAMES = [("target", -1), ("scale", "1"), ("theta", "a"), ("psi", None)]
OF_GANS = [("seed", -1), ("seed", 0.5), ("seed", "7"), ("strength", None)]
DATA = [
    (None, "data.kind is missing; expected one of mixture, cloud"),
    ({"kind": "line"}, 'data.kind is "line"; expected one of mixture, cloud'),
    ({**RING, "spread": 0}, "data.spread is 0; expected a finite number, above 0"),
    (
        {**RING, "centres": []},
        "data.centres is []; expected at least one point of the plane",
    ),
    (
        {"kind": "mixture", "spread": 1},
        "data.centres is missing; expected at least one point of the plane",
    ),
    (
        {"kind": "cloud", "points": [[0, 1], None]},
        "data.points[1] is null; expected two finite numbers, [x, y]",
    ),
    (
        {"kind": "cloud", "points": [[0, 1], [None, 0]]},
        "data.points[1] is [null,0]; expected two finite numbers, [x, y]",
    ),
    (
        {"kind": "cloud", "points": [[0, 1]] * 26},
        "the number of data.points is 26; expected at most 25",
    ),
]


@pytest.fixture(scope="module")
def page():
    with node(LIVE / "program.js") as call:
        yield call


def in_browser(prelude, call):
    """What `program.js` makes of `call` after `prelude`, in a process of its own."""
    module = (LIVE / "program.js").as_uri()
    script = f"data:text/javascript,import * as page from '{module}'; {prelude}"
    with node(script + f" export const answer = () => {call};") as ask:
        return ask("answer")


def test_good_settings_are_taken(page):
    assert page("wrongIn", OF_GAN, GAN) == page("wrongIn", OF_GAME, GAME) == ""
    limits = {"step_size_D": 1e-300, "beta": -0.999, "beta1": 0, "strength": 0}
    assert page("wrongIn", {**OF_GAN, **limits, "seed": 2**32 - 1}, GAN) == ""


@pytest.mark.parametrize(("name", "value"), WRONG + OF_GANS + OF_GAMES)
def test_the_page_refuses_what_python_refuses_and_expects_the_same(page, name, value):
    of_game = (name, value) in OF_GAMES
    kind, setting = (GameSetting, OF_GAME) if of_game else (GanSetting, OF_GAN)
    with pytest.raises(ValueError, match=f"{name} is ") as refused:
        kind(**{name: value})
    said = page("wrongIn", {**setting, name: value}, GAME if of_game else GAN)
    expected = str(refused.value).split("; ")[1]
    if name == "seed":  # the page draws from the seed's lowest 32 bits, torch from 64
        expected += " and below 4294967296"
    if name == "penalty":  # a game knows consensus, a GAN R1 and R2 as well
        assert said.endswith(f"expected one of {', '.join(PENALTIES)}")
    else:
        assert said == f"{name} is {json.dumps(value)}; {expected}"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("name", ["step_size_G", "beta1", "strength", "theta", "seed"])
def test_no_number_and_none_without_end_is_taken(name, value):
    kind, setting = (GAME, OF_GAME) if name == "theta" else (GAN, OF_GAN)
    given = f"{{...{json.dumps(setting)}, {name}: {value}}}"
    said = in_browser("", f"page.wrongIn({given}, {json.dumps(kind)})")
    assert re.match(f"{name} is {value}; expected a (finite|whole) number", said)


def test_a_seed_of_33_bits_and_a_schedule_of_text_are_refused(page):
    assert page("wrongIn", {**OF_GAN, "seed": 2**32}, GAN) == (
        "seed is 4294967296; expected a whole number, at least 0 and below 4294967296"
    )
    wrong = [("D G", '"D G"'), ([], "[]"), (None, "null")]
    wrong += [(["D", "X"], '["D","X"]'), (["DD"], '["DD"]'), ([["D"]], '[["D"]]')]
    for schedule, told in wrong:
        assert page("wrongIn", {**OF_GAN, "schedule": schedule}, GAN) == (
            f"schedule is {told}; expected turns such as ['D', 'G'], as turnsOf reads "
            "them"
        )


@pytest.mark.parametrize(("data", "expected"), DATA)
def test_data_without_points_or_with_too_many_is_refused(page, data, expected):
    setting = {**OF_GAN, "data": data}
    if data is None:
        del setting["data"]
    assert page("wrongIn", setting, GAN) == expected


@pytest.mark.parametrize(
    ("prelude", "lacks"),
    [
        ("delete globalThis.WebAssembly;", "this browser has no WebAssembly"),
        (
            "WebAssembly.validate = () => false;",
            "this browser's WebAssembly has no SIMD",
        ),
    ],
)
def test_a_browser_that_cannot_is_told_which_can(prelude, lacks):
    with pytest.raises(Refused) as refused:
        in_browser(prelude, "page.compile(new Uint8Array(), {})")
    assert str(refused.value) == (
        f"{lacks}; training in the page needs Chromium 91, Firefox 113, Safari 16.4 or "
        "a later one"
    )


def test_a_number_that_the_program_does_not_read_is_not_asked_for(page):
    """A program without momentum has no place for beta."""
    places = {name: place for name, place in GAN["at"].items() if name != "beta"}
    given = {name: value for name, value in OF_GAN.items() if name != "beta"}
    assert page("wrongIn", given, {**GAN, "at": places}) == ""
    assert page("wrongIn", given, GAN).startswith("beta is missing; expected a finite")


def test_what_asks_for_simd_is_a_module_where_there_is_simd():
    empty = np.array([0, 97, 115, 109, 1, 0, 0, 0]).tolist()
    call = f"page.compile(Uint8Array.from({empty}), {{kind: 7}}).then((c) => c.layout)"
    assert in_browser("", call) == {"kind": 7}
