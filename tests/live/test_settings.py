"""Every kind of setting, and of data, is one that a page's `Run.start` takes."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from in_node import node

from ganflow.data import Cloud, Mixture, moons
from ganflow.live.program import game_program, gan_program
from ganflow.live.settings import page_data, page_setting
from ganflow.sweeps import GameSetting, GanSetting

RATES = {
    "step_size": 0.5,
    "step_size_D": 0.25,
    "beta": -0.5,
    "beta1": 0.125,
    "beta2": 0.75,
    "strength": 2.0,
}
GAME = GameSetting(**RATES, schedule="D DG", target=0.5, scale=-2, theta=3, psi=-4)
TWO = Mixture("two", [(0.5, -1.0), (2.0, 0.25)], 0.125)
THREE = Cloud("three", [(0.5, -1.0), (2.0, 0.25), (-3.0, 1.5)])
GAN = GanSetting(**RATES, schedule="GD G", width=3, batch=4, shown=5, data=TWO, seed=7)
CHOICES = {"penalties": ["none"], "rules": ["momentum", "Adam"]}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    programs = {
        "game": game_program(losses=[GAME.loss], **CHOICES),
        "gan": gan_program(GAN, losses=[GAN.loss], **CHOICES, side=2, reach=1.0),
    }
    with node(Path(__file__).with_name("runs.mjs")) as call:
        for name, program in programs.items():
            (folder / name).write_bytes(program.code)
            call("load", name, str(folder / name), program.layout)
        yield call


def assert_started(page, kind, setting):
    """The page's run holds the setting's numbers, and plays its turns."""
    told = page_setting(setting)
    assert json.loads(json.dumps(told)) == told
    page("start", "run", kind, told)
    names = [name for name in RATES if name != "step_size"]
    found = page("read", "run", ["step_size_G", *names])
    assert np.ravel(found).tolist() == [0.5, *map(RATES.get, names)]
    turns = ["".join(turn) for turn in setting.schedule.turns]
    moves = [page("go", "run", "move", 1) for _ in "".join(turns)]
    assert "".join(move["player"] for move in moves) == "".join(turns)
    assert [m["turn"] for m in moves if m["ends"]] == list(range(len(turns)))


@pytest.mark.parametrize("rule", CHOICES["rules"])
def test_a_game_starts_where_its_setting_says(page, rule):
    setting = replace(GAME, rule=rule)
    assert_started(page, "game", setting)
    page("start", "run", "game", page_setting(setting))
    found = page("read", "run", ["target", "scale", "G0", "D0"])
    assert np.ravel(found).tolist() == [0.5, -2, 3, -4]


@pytest.mark.parametrize("data", [TWO, THREE, moons()], ids=lambda data: data.name)
def test_a_gan_starts_on_its_data(page, data):
    assert_started(page, "gan", replace(GAN, rule="momentum", data=data))
    points = data.centres if isinstance(data, Mixture) else data.points
    (found,) = page("read", "run", ["points"])
    assert found[: points.size] == points.ravel().tolist()


def test_data_that_a_page_cannot_draw_from_is_refused():
    @dataclass(frozen=True)
    class Line:
        name: str = "line"
        extent: float = 1.0

        def sample(self, n, rng):
            return rng.normal(size=(n, 2))

    with pytest.raises(ValueError, match=r"data is .*Line.*a Mixture or a Cloud"):
        page_data(Line())
    with pytest.raises(ValueError, match=r"data is .*Line.*a Mixture or a Cloud"):
        page_setting(replace(GAN, data=Line()))
