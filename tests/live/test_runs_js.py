"""What a page plays is what `ganflow.dynamics` plays: GANs up to float32's rounding."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from in_node import Refused, node

from ganflow.data import Mixture
from ganflow.dynamics import eigenvalues, play, tick_jacobian
from ganflow.dynamics.rules import RULES
from ganflow.games.game import PENALTIES
from ganflow.live.program import game_program, gan_program
from ganflow.live.settings import page_setting
from ganflow.losses import LOSSES
from ganflow.sweeps import GameSetting, GanSetting
from ganflow.sweeps.stack import Stack

SCHEDULES = ["D G", "D D G D G", "DG", "D DG G"]
CPU = torch.device("cpu")
GAN = GanSetting(width=16, batch=32, shown=48, seed=7)
GAME = GameSetting(loss="non-saturating", step_size=0.2, beta=-0.5, theta=0.7, psi=-0.4)
SIDE = 5


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for one another take a hundred times as long, if others run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A node that knows the programs "gan" and "game"."""
    folder = tmp_path_factory.mktemp("programs")
    programs = {
        "gan": gan_program(
            GAN,
            losses=["non-saturating", "hinge"],
            penalties=["none", "R1", "WGAN-GP"],
            rules=["Adam", "gradient descent"],
            side=SIDE,
            reach=2.5,
        ),
        "game": game_program(
            losses=list(LOSSES), penalties=list(PENALTIES), rules=list(RULES)
        ),
    }
    with node(Path(__file__).with_name("runs.mjs")) as call:
        for name, program in programs.items():
            (folder / name).write_bytes(program.code)
            layout = json.loads(json.dumps(program.layout))
            call("load", name, str(folder / name), layout)
        yield call


def begun(page, setting):
    """The name of a run of the page at its start."""
    kind = "game" if isinstance(setting, GameSetting) else "gan"
    page("start", "run", kind, page_setting(setting))
    return "run"


def assert_same(page, run, stack, atol, row=0):
    """Every weight of the page's run is that of one run of the stack."""
    values = stack.state.values
    names = [f"{player}{k}" for player in "GD" for k in range(len(values[player]))]
    found = page("read", run, names)
    for numbers, value in zip(found, [*values["G"], *values["D"]], strict=True):
        expected = value[row].numpy().ravel()
        np.testing.assert_allclose(np.array(numbers), expected, rtol=0, atol=atol)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_fifty_ticks_of_a_game_are_plays(page, schedule, rule):
    setting = replace(GAME, rule=rule, schedule=schedule, step_size_D=0.1)
    run = begun(page, setting)
    players, rules = setting.players(), setting.rules()
    history = play(players, setting.schedule, rule=rules, ticks=50, each_turn=True)
    for theta, psi in zip(history["theta"], history["psi"], strict=True):
        found = np.ravel(page("read", run, ["G0", "D0"]))
        np.testing.assert_allclose(found, [theta, psi], rtol=1e-12, atol=1e-12)
        page("go", run, "turn", 1)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_and_penalty_of_a_game(page, loss, penalty):
    numbers = {"strength": 0.3, "target": 0.5, "scale": 1.5, "schedule": "D DG G"}
    setting = replace(GAME, loss=loss, penalty=penalty, **numbers)
    run = begun(page, setting)
    players, rules = setting.players(), setting.rules()
    history = play(players, setting.schedule, rule=rules, ticks=20)
    page("go", run, "tick", 20)
    found = np.ravel(page("read", run, ["G0", "D0"]))
    expected = [history[name][-1] for name in ("theta", "psi")]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rule", ["momentum", "Adam", "optimistic"])
def test_another_rule_goes_on_from_here_and_remembers_nothing(page, rule):
    setting = replace(GAME, rule="momentum" if rule != "momentum" else "Adam")
    run = begun(page, setting)
    page("go", run, "tick", 3)
    (theta,), (psi,) = page("read", run, ["G0", "D0"])
    here = replace(setting, rule=rule, theta=theta, psi=psi)
    page("follow", run, page_setting(here))
    page("go", run, "tick", 5)
    history = play(here.players(), here.schedule, rule=here.rules(), ticks=5)
    expected = [history[name][-1] for name in ("theta", "psi")]
    found = np.ravel(page("read", run, ["G0", "D0"]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_another_rule_in_the_middle_of_a_turn_remembers_nothing_either(page):
    """D has moved by momentum and waits for G: its velocity is not Adam's m."""
    setting = replace(GAME, rule="momentum", schedule="DG")
    run = begun(page, setting)
    page("go", run, "tick", 3)
    page("go", run, "move", 1)
    page("follow", run, page_setting(replace(setting, rule="Adam")))
    page("go", run, "move", 1)
    remembered = page("read", run, [f"Adam {name} D0" for name in ("m", "v", "moves")])
    assert np.ravel(remembered).tolist() == [0, 0, 0]
    (theta,), (psi,) = page("read", run, ["G0", "D0"])
    here = replace(setting, rule="Adam", theta=theta, psi=psi, schedule="D DG")
    page("follow", run, page_setting(here))
    page("go", run, "tick", 1)  # the schedule from the next tick on
    assert page("read", run, ["Adam moves D0", "Adam moves G0"]) == [[1], [2]]


@pytest.mark.parametrize("moves", [0, 1, 3])
def test_what_was_saved_goes_on_as_if_nothing_had_been(page, moves):
    """Also after another rule, seed, schedule and data, in the middle of a turn."""
    setting = replace(GAN, schedule="D DG G", strength=0.1, penalty="R1")
    run = begun(page, setting)
    names = ["G0", "G5", "D0", "D5", "x D"]
    page("go", run, "tick", 2)
    page("go", run, "move", moves)
    page("save", run, "here")
    ends = []
    for _ in range(2):
        page("go", run, "tick", 3)
        shown = page("look", run)
        ends.append((page("read", run, names), page("place", run), shown))
        other = replace(GAN, seed=1, data=Mixture("three", np.eye(3)[:, :2], 0.5))
        page("again", run, page_setting(replace(other, rule="gradient descent")))
        page("go", run, "move", 1)
        page("restore", run, "here")
    assert ends[0] == ends[1]


def test_two_runs_of_one_program_know_nothing_of_each_other(page):
    alone, names = begun(page, GAN), ["G0", "D0", "Adam m D0"]
    page("go", alone, "tick", 4)
    expected = page("read", alone, names)
    for name, seed in (("one", GAN.seed), ("other", 3)):
        page("start", name, "gan", page_setting(replace(GAN, seed=seed)))
    for _ in range(8):
        for name in ("one", "other"):
            page("go", name, "turn", 1)
    assert page("read", "one", names) == expected != page("read", "other", names)


def test_a_gan_starts_where_its_setting_does(page):
    for seed in (0, 12345, 2**32 - 1):
        setting = replace(GAN, seed=seed)
        run, stack = begun(page, setting), Stack.of([setting], CPU)
        assert_same(page, run, stack, 0)
        assert page("place", run)[1] == {"G": 0, "D": 0}
        batch = setting.players().draw("G", -1, setting.shown)
        real = np.float32(page("look", run)["reals"]).reshape(-1, 2)
        np.testing.assert_array_equal(real, batch.x_real.numpy())


@pytest.mark.parametrize("penalty", ["none", "R1", "WGAN-GP"])
def test_fifty_ticks_of_a_gan_are_plays(page, penalty):
    setting = replace(GAN, penalty=penalty, strength=0.1)
    settings = [replace(setting, schedule=text) for text in SCHEDULES]
    stack = Stack.of(settings, CPU)
    for _ in range(50):
        stack.tick()
    shown = stack.players.observe(stack.state.values)["samples"].numpy()
    for row, setting in enumerate(settings):
        run = begun(page, setting)
        page("go", run, "tick", 50)
        assert_same(page, run, stack, 2e-6, row)
        samples = np.reshape(page("look", run)["samples"], shown[row].shape)
        np.testing.assert_allclose(samples, shown[row], rtol=0, atol=5e-6)


def test_in_slow_motion_both_players_of_a_turn_read_its_start(page):
    setting = replace(GAN, schedule="D DG G", rule="gradient descent", step_size=0.1)
    run, stack = begun(page, setting), Stack.of([setting], CPU)
    said = [str(move) for move in setting.schedule.moves]
    assert said == ["D reads G0", "D reads G0", "G reads D1", "G reads D2"]
    ends = [True, False, True, True]
    for tick in range(2):
        for number, (words, end) in enumerate(zip(said, ends, strict=True)):
            before = page("read", run, ["G0", "D0"])
            move = page("go", run, "move", 1)
            assert (move["reads"], move["ends"]) == (words, end)
            after = page("read", run, ["G0", "D0"])
            changed = [a != b for a, b in zip(before, after, strict=True)]
            assert (
                changed
                == [[False, True], [False, False], [True, True], [True, False]][number]
            )
        stack.tick()
        assert_same(page, run, stack, 1e-6)
        at, moves = page("place", run)
        assert at == {"tick": tick + 1, "turn": 0, "move": 0}
        assert moves == {"G": 2 * tick + 2, "D": 2 * tick + 2}


def lasting(setting, most):
    """The tick at which a number of the run is not finite any more."""
    stack, tick = Stack.of([setting], CPU), 0
    with np.errstate(all="ignore"):
        while tick < most:
            values = [v for player in "GD" for v in stack.state.values[player]]
            if not all(bool(torch.isfinite(value).all()) for value in values):
                break
            stack.tick()
            tick += 1
    return tick


@pytest.mark.parametrize(
    "setting",
    [
        replace(GAME, loss="Wasserstein", step_size=1e3),
        replace(
            GAME, loss="Wasserstein", step_size=50.0, schedule="DG", rule="momentum"
        ),
        replace(GAN, rule="gradient descent", step_size=1e4),
        replace(GAN, loss="hinge", rule="gradient descent", step_size=300.0),
        replace(
            GAN, penalty="R1", strength=1e6, rule="gradient descent", step_size=1.0
        ),
    ],
    ids=lambda setting: f"{setting.loss} {setting.rule} {setting.step_size}",
)
def test_a_run_that_diverges_ends_at_the_tick_at_which_pythons_does(page, setting):
    most = 400
    expected = lasting(setting, most)
    assert 0 < expected < most
    assert page("lasts", begun(page, setting), most) == expected


@pytest.mark.parametrize("rule", [name for name in RULES if name != "Adam"])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("penalty", ["none", "R1", "clipping", "consensus"])
@pytest.mark.parametrize("loss", ["saturating", "non-saturating", "Wasserstein"])
def test_the_derivative_of_a_tick_is_pythons(page, loss, penalty, schedule, rule):
    setting = replace(
        GAME, loss=loss, penalty=penalty, strength=0.5, schedule=schedule, rule=rule
    )
    run = begun(page, setting)
    page("go", run, "move", 1)
    before = page("place", run), page("read", run, ["G0", "D0"])
    for theta, psi in ((0.0, 0.0), (0.3, -0.2)):
        here = replace(setting, theta=theta, psi=psi)
        matrix = tick_jacobian(here.players(), here.schedule, rule=here.rules())
        found = page("derivative", run, {"theta": theta, "psi": psi})
        np.testing.assert_allclose(found["matrix"], matrix, rtol=0, atol=1e-7)
        values = eigenvalues(matrix)
        sizes = np.hypot(*np.transpose(found["values"]))
        np.testing.assert_allclose(sizes, np.abs(values), rtol=0, atol=1e-5)
    assert (page("place", run), page("read", run, ["G0", "D0"])) == before


@pytest.mark.parametrize(
    ("rule", "penalty"), [("Adam", "none"), ("momentum", "WGAN-GP")]
)
def test_where_a_tick_has_no_derivative_the_page_has_none(page, rule, penalty):
    """Adam divides by the root of 0; WGAN-GP pulls psi = 0 to either side."""
    setting = replace(GAME, rule=rule, penalty=penalty, strength=0.7)
    assert page("derivative", begun(page, setting), {"theta": 0, "psi": 0}) is None
    away = page(
        "derivative",
        begun(page, replace(setting, rule="momentum")),
        {
            "theta": 0.5,
            "psi": 0.25,
        },
    )
    assert len(away["matrix"]) == 4


def test_a_wrong_setting_starts_nothing(page):
    run = begun(page, GAN)
    page("go", run, "tick", 1)
    with pytest.raises(Refused) as refused:
        page("start", "other", "gan", page_setting(GAN) | {"step_size_G": 0})
    assert str(refused.value) == "step_size_G is 0; expected a finite number, above 0"
    assert page("place", run)[0]["tick"] == 1
