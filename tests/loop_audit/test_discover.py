"""The players of a script are the networks that its optimizers step, by their names.

Each script makes networks `net(n)` with n outputs; the tests compare the networks of a
player by these numbers.
"""

from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.optim.optimizer import Optimizer

from ganflow.loop_audit.discover import Discovery
from ganflow.loop_audit.networks import Network, _rank
from ganflow.loop_audit.roles import _doubtful
from ganflow.loop_audit.script import Script, run_script
from ganflow.loop_audit.stop import LoopStopped, WrongPlayer
from ganflow.loop_audit.variables import Variable, is_copy, role_of
from ganflow.loop_report import LoopReport

HEAD = """
import itertools
import torch
from torch import nn
from torch.optim import SGD

def net(n):
    return nn.Sequential(nn.Linear(2, n), nn.ReLU(), nn.Linear(n, n))

def step(optimizer, *nets):
    optimizer.zero_grad()
    sum(m(torch.ones(1, 2)).sum() for m in nets).backward()
    optimizer.step()
"""


class Told:
    """Takes the observer's place: it is told of players, and sees no moves."""

    def __init__(self):
        self.players = {}
        self.new_optimizer = None

    def add_player(self, name, members):
        self.players[name] = members

    def report(self):
        return LoopReport(
            players=dict.fromkeys(self.players, 0),
            name="",
            schedule=None,
            settled=False,
            settled_after=None,
            cycle=None,
            moves=(),
            move_count=0,
            arrivals=(),
            findings=(),
        )


@pytest.fixture
def told(monkeypatch):
    observer, real = Told(), Optimizer.add_param_group

    def add_param_group(optimizer, group):
        real(optimizer, group)
        if observer.new_optimizer is not None:
            added = optimizer.param_groups[-1]["params"]
            observer.new_optimizer(optimizer, list(added))

    monkeypatch.setattr(Optimizer, "add_param_group", add_param_group)
    return observer


@pytest.fixture
def discover(told, tmp_path):
    """Run a script to its end; give the players' networks and the notes."""

    def run(source, **given):
        @contextmanager
        def watch(players, after_move):
            with Discovery(told, players) as found:
                watches.append(found)
                yield found

        watches: list[Discovery] = []
        path = tmp_path / "train.py"
        path.write_text(HEAD + source)
        run = run_script(
            Script(str(path)), {"torch": watch}, players=given, by_force=None
        )
        if run.error is not None:
            raise run.error
        (found,) = watches
        return {n: [size(m) for m in ms] for n, ms in told.players.items()}, found.notes

    return run


def size(member):
    """The outputs of a network, or the shape of a bare weight."""
    if isinstance(member, nn.Module):
        return list(member.parameters())[-1].numel()
    return tuple(member.shape)


COPIED = "an optimizer holds a network that has a copy's name now"
SCRIPTS = {
    "top-level names": (
        """
netG, netD = net(2), net(3)
optG, optD = SGD(netG.parameters(), 0.1), SGD(netD.parameters(), 0.1)
step(optD, netD); step(optG, netG)
""",
        {"netG": [2], "netD": [3]},
    ),
    "a trainer's attributes": (
        """
class Trainer:
    def __init__(self):
        self.G, self.D = net(2), net(3)
        self.opts = [SGD(self.G.parameters(), 0.1), SGD(self.D.parameters(), 0.1)]
    def train(self):
        step(self.opts[1], self.D); step(self.opts[0], self.G)
Trainer().train()
""",
        {"G": [2], "D": [3]},
    ),
    "a dict of networks, in a dataclass": (
        """
from dataclasses import dataclass
@dataclass(slots=True)
class State:
    nets: dict
    opts: dict
nets = {"gen": net(2), "critic": net(3)}
state = State(nets, {k: SGD(v.parameters(), 0.1) for k, v in nets.items()})
del nets
for key in state.nets:
    step(state.opts[key], state.nets[key])
""",
        {"gen": [2], "critic": [3]},
    ),
    "a module that holds both": (
        """
class GAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = net(2), net(3)
model = GAN()
optG = SGD(model.generator.parameters(), 0.1)
optD = SGD(model.discriminator.parameters(), 0.1)
step(optD, model.discriminator); step(optG, model.generator)
""",
        {"generator": [2], "discriminator": [3]},
    ),
    "a module that holds both, before the second has an optimizer": (
        """
class GAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = net(2), net(3)
model = GAN()
optG = SGD(model.generator.parameters(), 0.1)
step(optG, model.generator)
optD = SGD(model.discriminator.parameters(), 0.1)
step(optD, model.discriminator)
""",
        {"generator": [2], "discriminator": [3]},
    ),
    "two generators in one optimizer, two alike critics in two": (
        """
G_AB, G_BA, D_A, D_B = net(2), net(4), net(3), net(3)
both = itertools.chain(G_AB.parameters(), G_BA.parameters())
optG, optA, optB = (SGD(ps, 0.1) for ps in (both, D_A.parameters(), D_B.parameters()))
step(optG, G_AB, G_BA); step(optA, D_A); step(optB, D_B)
""",
        {"G_AB+G_BA": [2, 4], "D_A+D_B": [3, 3]},
    ),
    "two critics without a role in their names, in one optimizer": (
        """
generator, mpd, msd = net(2), net(3), net(4)
optG = SGD(generator.parameters(), 0.1)
optD = SGD(itertools.chain(msd.parameters(), mpd.parameters()), 0.1)
step(optD, mpd, msd); step(optG, generator)
""",
        {"generator": [2], "msd+mpd": [4, 3]},
    ),
    "critics in a list": (
        """
G, critics = net(2), [net(3), net(4)]
optG = SGD(G.parameters(), 0.1)
optD = SGD([p for D in critics for p in D.parameters()], 0.1)
step(optD, *critics); step(optG, G)
""",
        {"G": [2], "critics": [3, 4]},
    ),
    "one optimizer for a game, apart by names": (
        """
gen, disc = net(2), net(3)
opt = SGD([*gen.parameters(), *disc.parameters()], 0.1)
step(opt, gen, disc)
""",
        {"gen": [2], "disc": [3]},
    ),
    "one optimizer for a module that holds a game": (
        """
class Joint(nn.Module):
    def __init__(self):
        super().__init__()
        self.G, self.D = net(2), net(3)
joint = Joint()
opt = SGD(joint.parameters(), 0.1)
step(opt, joint.G, joint.D)
""",
        {"G": [2], "D": [3]},
    ),
    "one optimizer, and no names that say a role": (
        """
painter, judge = net(2), net(3)
opt = SGD([*painter.parameters(), *judge.parameters()], 0.1)
step(opt, painter, judge)
""",
        {"painter": [2], "judge": [3]},
    ),
    "an optimizer over both beside one for each": (
        """
G, D = net(2), net(3)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
info = SGD(itertools.chain(G.parameters(), D.parameters()), 0.1)
step(optD, D); step(optG, G); step(info, G, D)
""",
        {"G": [2], "D": [3]},
    ),
    "DataParallel": (
        """
netG, netD = nn.DataParallel(net(2)), nn.DataParallel(net(3))
optG, optD = SGD(netG.parameters(), 0.1), SGD(netD.parameters(), 0.1)
step(optD, netD); step(optG, netG)
""",
        {"netG": [2], "netD": [3]},
    ),
    "compiled networks": (
        """
G, D = net(2), net(3)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
fast = [torch.compile(one, backend="eager") for one in (G, D)]
step(optD, fast[1]); step(optG, fast[0])
""",
        {"G": [2], "D": [3]},
    ),
    "functions that make networks and optimizers, and a closure": (
        """
def with_optimizer(model):
    return model, SGD(model.parameters(), 0.1)
def make_tick():
    G, opt_G = with_optimizer(net(2))
    D, opt_D = with_optimizer(net(3))
    def tick():
        step(opt_D, D); step(opt_G, G)
    return tick
make_tick()()
""",
        {"G": [2], "D": [3]},
    ),
    "a name that only the maker knew": (
        """
def make(n):
    critic = net(n)
    return critic, SGD(critic.parameters(), 0.1)
def run(model, opt):
    step(opt, model)
generator = net(2)
opt = SGD(generator.parameters(), 0.1)
step(opt, generator)
run(*make(3))
""",
        {"generator": [2], "critic": [3]},
    ),
    "generic variables, so the classes": (
        """
class Painter(nn.Sequential): pass
class Judge(nn.Sequential): pass
models = [Painter(nn.Linear(2, 2)), Judge(nn.Linear(2, 3))]
opts = [SGD(model.parameters(), 0.1) for model in models]
for opt, model in zip(opts, models):
    step(opt, model)
""",
        {"Painter": [2], "Judge": [3]},
    ),
    "the outermost name wins": (
        """
def turn(model, opt):
    step(opt, model)
def train(first, second):
    turn(*first); turn(*second)
netG, netD = net(2), net(3)
train((netD, SGD(netD.parameters(), 0.1)), (netG, SGD(netG.parameters(), 0.1)))
""",
        {"netG": [2], "netD": [3]},
    ),
    "names that say nothing, so the paths": (
        """
class Side:
    def __init__(self, n):
        self.net = net(n)
        self.opt = SGD(self.net.parameters(), 0.1)
pairs = [Side(2), Side(3)]
for side in pairs:
    step(side.opt, side.net)
""",
        {"side.net": [2], "pairs[1].net": [3]},
    ),
    "never two players of one name": (
        """
class Side:
    def __init__(self, n):
        self.painter = net(n)
        self.opt = SGD(self.painter.parameters(), 0.1)
for side in [Side(2), Side(3)]:
    step(side.opt, side.painter)
""",
        {"painter": [2], "painter_2": [3]},
    ),
    "groups of one network": (
        """
G, D = net(2), net(3)
groups = [dict(params=[p for p in G.parameters() if p.ndim == n]) for n in (1, 2)]
optG, optD = SGD(groups, 0.1), SGD(D.parameters(), 0.1)
step(optD, D); step(optG, G)
""",
        {"G": [2], "D": [3]},
    ),
    "a part of a network": (
        """
G, D = net(2), net(3)
optG = SGD([p for p in G.parameters() if p.ndim > 1], 0.1)
optD = SGD(D[2].parameters(), 0.1)
step(optD, D); step(optG, G)
""",
        {"G": [2], "D": [3]},
    ),
    "an optimizer for each weight": (
        """
G, D = net(2), nn.Sequential(nn.PReLU(), nn.PReLU(), net(3))
opts = {p: SGD([p], 0.1) for m in (G, D) for p in m.parameters()}
for p, opt in opts.items():
    p.register_post_accumulate_grad_hook(lambda p: opts[p].step())
for m in (D, G):
    m(torch.ones(1, 2)).sum().backward()
""",
        {"G": [2], "D": [3]},
    ),
    "no optimizer": (
        """
G, D, other = net(2), net(3), net(4)
for m in (D, G, other, D, G):
    m(torch.ones(1, 2)).sum().backward()
    with torch.no_grad():
        for p in m.parameters():
            p -= 0.1 * p.grad
""",
        {"G": [2], "D": [3]},
    ),
    "a group that is added later": (
        """
G, D, extra = net(2), net(3), net(4)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
step(optD, D); step(optG, G)
optG.add_param_group(dict(params=extra.parameters()))
step(optG, extra)
""",
        {"G": [2, 4], "D": [3]},
    ),
    "networks that were never called": (
        """
G, D = nn.Sequential(nn.LazyLinear(2)), nn.Sequential(nn.LazyLinear(3))
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
G(torch.ones(1, 2)); D(torch.ones(1, 2))
step(optD, D); step(optG, G)
""",
        {"G": [2], "D": [3]},
    ),
    "called by forward alone": (
        """
G, D = nn.Linear(2, 2), nn.Linear(2, 3)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
for opt, one in ((optD, D), (optG, G)):
    one.forward(torch.ones(1, 2)).sum().backward()
    opt.step()
""",
        {"G": [2], "D": [3]},
    ),
    "bare weights": (
        """
theta = torch.zeros(2, requires_grad=True)
psi = [torch.zeros(3, requires_grad=True), torch.zeros(4, requires_grad=True)]
opt_G, opt_D = SGD([theta], 0.1), SGD(psi, 0.1)
(theta.sum() + psi[0].sum()).backward()
opt_D.step(); opt_G.step()
""",
        {"theta": [(2,)], "psi": [(3,), (4,)]},
    ),
    "a bare weight against a network of one weight": (
        """
theta, D = nn.Parameter(torch.zeros(2)), nn.Linear(2, 3, bias=False)
opt_G, opt_D = SGD([theta], 0.1), SGD(D.parameters(), 0.1)
D(theta).sum().backward()
opt_D.step(); opt_G.step()
""",
        {"theta": [(2,)], "D": [6]},
    ),
    "both optimizers hold the critic": (
        """
G, D = net(2), net(3)
optG, optD = SGD(D.parameters(), 0.1), SGD(D.parameters(), 0.1)
step(optD, D, G); step(optG, G, D)
""",
        {"D": [3], "G": [2]},
    ),
    "an optimizer holds an earlier network": (
        """
G, D = net(2), net(3)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
G = net(2)
step(optD, D, G); step(optG, G, D)
""",
        {"D": [3], "G": [2]},
    ),
    COPIED: (
        """
import copy
G, D = net(2), net(3)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
best_G = G
G = copy.deepcopy(best_G)
step(optD, D, G); step(optG, G, D)
""",
        {"G": [2], "D": [3]},
    ),
    "an average and a frozen judge do not play": (
        """
import copy
G, D, vgg = net(2), net(3), net(4).requires_grad_(False)
G_ema = copy.deepcopy(G)
optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
vgg(torch.ones(1, 2)); G_ema(torch.ones(1, 2))
step(optD, D); step(optG, G)
""",
        {"G": [2], "D": [3]},
    ),
    "a parent that is trained, with its own weights": (
        """
class Wide(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.main, self.scale = net(n), nn.Parameter(torch.ones(n))
    def forward(self, x):
        return self.main(x) * self.scale
G, D = Wide(2), Wide(3)
optG, optD = SGD(G.main.parameters(), 0.1), SGD(D.parameters(), 0.1)
step(optD, D); step(optG, G)
""",
        {"G": [2], "D": [3]},
    ),
    "a network that was made again by an optimizer of each tick": (
        """
G, D = net(2), net(3)
for _ in range(2):
    step(SGD(D.parameters(), 0.1), D); step(SGD(G.parameters(), 0.1), G)
""",
        {"D": [3], "G": [2]},
    ),
}


@pytest.mark.filterwarnings("ignore:Using `torch.compile")  # says that hooks are on
@pytest.mark.parametrize("name", SCRIPTS)
def test_players_are_found_and_named(discover, name):
    source, expected = SCRIPTS[name]
    found, _ = discover(source)
    assert found == expected


def test_the_network_in_use_plays_and_not_the_earlier_one(discover):
    _, notes = discover(SCRIPTS[COPIED][0])
    assert notes == ("G: no optimizer holds G, one holds best_G in its place",)


def test_notes_say_what_was_put_together(discover):
    _, notes = discover(
        SCRIPTS["two generators in one optimizer, two alike critics in two"][0]
    )
    assert notes == (
        "G_AB+G_BA: one optimizer steps both",
        "D_A+D_B: alike and of one role, each with an optimizer of its own",
    )


GIVEN = """
class Trainer:
    def __init__(self):
        self.nets = {"left": net(2)}
        self.right, self.third = net(3), [net(4)]
        self.opts = [
            SGD(self.nets["left"].parameters(), 0.1),
            SGD([*self.right.parameters(), *self.third[0].parameters()], 0.1),
        ]
    def train(self):
        step(self.opts[1], self.right, *self.third)
        step(self.opts[0], self.nets["left"])
trainer = Trainer()
trainer.train()
"""


@pytest.mark.parametrize(
    "left", ["trainer.nets.left", 'self.nets["left"]', "nets.left"]
)
def test_paths_say_who_plays(discover, left):
    found, notes = discover(GIVEN, G=[left], D=["trainer.right", "trainer.third[0]"])
    assert found == {"G": [2], "D": [3, 4]}
    assert not notes


def test_players_that_no_path_names_are_found_as_ever(discover):
    found, _ = discover(GIVEN, A=["trainer.right"], B=["trainer.third"])
    assert found == {"A": [3], "B": [4], "left": [2]}


def test_a_path_to_nothing_is_told_at_the_first_step(discover):
    with pytest.raises(WrongPlayer, match=r"--player G=trainer\.G: .* trainer\.right"):
        discover(GIVEN, G=["trainer.G"])


def test_nothing_of_the_script_is_kept_alive(discover, told):
    source = """
import gc, weakref
def train():
    G, D, extra = net(2), net(3), net(4)
    gone = weakref.ref(extra)
    optG, optD = SGD(G.parameters(), 0.1), SGD(D.parameters(), 0.1)
    step(optD, D); step(optG, G)
    del extra
    assert gone() is None
train()
"""
    found, _ = discover(source)
    assert found == {"G": [2], "D": [3]}


def test_the_hooks_come_off(discover, told):
    hooks = torch.nn.modules.module._global_forward_pre_hooks
    before = len(hooks)
    discover(SCRIPTS["top-level names"][0])
    assert len(hooks) == before
    assert told.new_optimizer is None


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *[
            (one, "G")
            for one in "G g netG net_g G_AB genA2B generator2 model_G".split()
        ],
        *[(one, "D") for one in "D netD_A critic DCGANDiscriminator discs dis".split()],
        *[
            (one, "")
            for one in "W_g gan model decoder G2 grad data encoder".split()[:2]
        ],
        *[(one, "") for one in "model decoder grad data encoder vgg".split()],
    ],
)
def test_names_say_roles(name, role):
    assert role_of(name) == role


def test_names_say_copies():
    assert is_copy("G_ema") and is_copy("bestG") and not is_copy("netG")


def test_the_stop_is_no_exception_that_scripts_catch():
    assert not issubclass(LoopStopped, Exception)


def test_a_role_is_a_better_name_than_another_word_and_that_than_no_word():
    """Where two variables hold a network it has the one that tells more."""
    names = ["model", "discriminator", "encoder"]
    ranked = sorted((Variable((name,), 0) for name in names), key=_rank)
    assert [one.name for one in ranked] == ["discriminator", "encoder", "model"]
    assert _rank(ranked[0]) < _rank(ranked[1]) < _rank(ranked[2])
    deep = Variable(("encoder",), 1)
    assert _rank(ranked[1]) < _rank(deep) < _rank(ranked[2])


@pytest.mark.parametrize(
    ("held", "doubtful"),
    [
        ([{0}, {1}], False),  # each has its own
        ([{0}, {0}], False),  # one has both
        ([{0}, {0}, {1}], True),  # one of two has both
        ([{0, 1}, {0, 1}], True),
        ([{1}, {1}], True),  # the first has none
    ],
)
def test_optimizers_that_hold_both_roles_or_nobody_s_alone_are_doubtful(held, doubtful):
    names = ["generator", "discriminator", "encoder"]
    networks = [
        Network(None, None, {}, name, stepped_by=frozenset(numbers))
        for name, numbers in zip(names, held, strict=False)
    ]
    assert _doubtful(networks, max(map(max, held)) + 1) == doubtful
