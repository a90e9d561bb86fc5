"""What chapter 10 says of the libraries that step for a loop: run where they are."""

import contextlib
import io
import json
import re

import pytest
import torch
from book_links import ROOT, text_of
from torch import nn

from ganflow.losses import log_loss_D, non_saturating_loss_G

PAGE = "10_errors/hand_over_the_loop"
TEXT = text_of(f"notebooks/{PAGE}")
BATCHES = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
WORDS = [  # of the messages, as the page and the table of all messages head them
    "Training with multiple optimizers is only supported with manual optimization",
    "Automatic gradient clipping is not supported for manual optimization",
    "Automatic gradient accumulation is not supported for manual optimization",
    "Support for training_epoch_end has been removed",
]
WARNS = pytest.mark.filterwarnings("default")  # what the libraries warn of is theirs


@pytest.fixture
def lightning():
    return pytest.importorskip("lightning", reason="lightning is not installed")


def networks(seed):
    torch.manual_seed(seed)
    G = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    return G, D


def the_class_of_the_page(lightning):
    """The class that the page shows."""
    (code,) = re.findall(r"^```python\n(class GAN.*?)^```$", TEXT, re.S | re.M)
    names = {
        "lightning": lightning,
        "torch": torch,
        "nn": nn,
        "log_loss_D": log_loss_D,
        "non_saturating_loss_G": non_saturating_loss_G,
    }
    exec(code, names)
    return names["GAN"]


def fit(lightning, module, **how):
    how = {"max_epochs": 1, "enable_checkpointing": False, **QUIET, **how}
    trainer = lightning.Trainer(**how)
    trainer.fit(module, torch.utils.data.DataLoader(BATCHES, batch_size=8))
    return trainer


def by_hand(G, D, batches):
    """The book's loop, without a library."""
    opt_G, opt_D = (torch.optim.Adam(net.parameters(), lr=1e-3) for net in (G, D))
    for index, x_real in enumerate(batches.split(8)):
        torch.manual_seed(index)
        opt_D.zero_grad()
        x_fake = G(torch.randn(len(x_real), 2)).detach()
        log_loss_D(D(x_real), D(x_fake)).backward()
        nn.utils.clip_grad_norm_(D.parameters(), 1.0)
        opt_D.step()
        opt_G.zero_grad()
        x_fake = G(torch.randn(len(x_real), 2))
        non_saturating_loss_G(D(x_fake)).backward(inputs=list(G.parameters()))
        nn.utils.clip_grad_norm_(G.parameters(), 1.0)
        opt_G.step()


@WARNS
@pytest.mark.parametrize("seed", range(3))
def test_lightning_plays_the_loop_of_the_book_bit_for_bit(lightning, seed):
    class Seeded(the_class_of_the_page(lightning)):
        def training_step(self, x_real, index):
            torch.manual_seed(index)
            super().training_step(x_real, index)

    ours, theirs = networks(seed), networks(seed)
    fit(lightning, Seeded(*theirs))
    by_hand(*ours, BATCHES)
    first = networks(seed)
    for one, other, start in zip(ours, theirs, first, strict=True):
        for a, b, c in zip(*(n.parameters() for n in (one, other, start)), strict=True):
            assert torch.equal(a, b) and not torch.equal(a, c)


@WARNS
def test_in_turn_of_G_nothing_arrives_in_D_and_a_freeze_of_its_own_is_kept(lightning):
    G, D = networks(0)
    D[2].bias.requires_grad_(False)
    asked = []

    class Looked(the_class_of_the_page(lightning)):
        def on_before_optimizer_step(self, optimizer):
            asked.append([p.requires_grad for p in (G[0].weight, D[0].weight)])

    fit(lightning, Looked(G, D), limit_train_batches=1)
    assert asked == [[True, True], [True, False]]  # D's turn, then G's
    assert D[0].weight.requires_grad and not D[2].bias.requires_grad


def refused(lightning):
    """The message of each of the four misuses, in the order of WORDS."""
    page_class = the_class_of_the_page(lightning)

    class Automatic(page_class):
        def __init__(self, G, D):
            super().__init__(G, D)
            self.automatic_optimization = True

        def training_step(self, x_real, index):
            return self.D(x_real).mean()

    class Indexed(Automatic):
        def training_step(self, x_real, index, optimizer_idx):
            return self.D(x_real).mean()

    class Epoch(page_class):
        def training_epoch_end(self, outputs):
            pass

    yield WORDS[0], Automatic, {}
    yield WORDS[0], Indexed, {}
    yield WORDS[1], page_class, {"gradient_clip_val": 1.0}
    yield WORDS[2], page_class, {"accumulate_grad_batches": 2}
    yield WORDS[3], Epoch, {}


@WARNS
def test_lightning_says_what_the_page_is_headed_by(lightning):
    for words, module, how in refused(lightning):
        with pytest.raises(Exception) as error:
            fit(lightning, module(*networks(0)), **how)
        assert words in str(error.value).replace("`", "")


@pytest.mark.parametrize("words", WORDS)
def test_the_words_of_a_message_are_in_the_page_and_in_the_table(words):
    for text in (TEXT, text_of("notebooks/10_errors/read_the_error")):
        assert words in " ".join(text.split())


@WARNS
def test_the_table_of_counts(lightning):
    rows = re.findall(r"^\| `(max_epochs=.*?)` \| (\d+) \| (\d+) \|$", TEXT, re.M)
    assert len(rows) == 3
    for how, *said in rows:
        ran = []

        class Counted(the_class_of_the_page(lightning)):
            def on_train_batch_end(self, outputs, batch, index, ran=ran):
                ran.append(index)

        given = {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", how)}
        trainer = fit(lightning, Counted(*networks(0)), **given)
        assert [len(ran), trainer.global_step] == [int(number) for number in said]


@WARNS
def test_a_checkpoint_counts_the_moves_of_both(lightning, tmp_path):
    save = lightning.pytorch.callbacks.ModelCheckpoint(
        dirpath=tmp_path, every_n_train_steps=4, save_top_k=-1
    )
    module = the_class_of_the_page(lightning)(*networks(0))
    fit(lightning, module, enable_checkpointing=True, callbacks=[save])
    steps = {int(re.search(r"step=(\d+)", f.name)[1]) for f in tmp_path.iterdir()}
    assert steps == {4, 8, 12, 16} and "after\neach second batch" in TEXT


@WARNS
def test_clip_gradients_clips_what_is_still_scaled(lightning):
    plugins = pytest.importorskip("lightning.pytorch.plugins")

    def took(clip):
        G, D = networks(0)
        found = {}

        class Clipped(the_class_of_the_page(lightning)):
            def configure_optimizers(self):
                return [torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D)]

            def training_step(self, x_real, index):
                opt_D = self.optimizers()[1]
                loss = log_loss_D(D(x_real), D(-x_real))
                (10 * loss).backward(retain_graph=True)
                length = nn.utils.get_total_norm([p.grad for p in D.parameters()])
                opt_D.zero_grad()
                self.manual_backward(10 * loss / length)  # a gradient of length 1
                if clip:
                    self.clip_gradients(opt_D, 0.5, "norm")
                opt_D.step()

            def on_before_optimizer_step(self, optimizer):
                grads = [p.grad for p in D.parameters()]
                found["norm"] = nn.utils.get_total_norm(grads).item()

        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        half = plugins.MixedPrecision("16-mixed", "cpu", scaler=scaler)
        fit(lightning, Clipped(G, D), limit_train_batches=1, plugins=[half])
        return found["norm"]

    assert took(clip=False) == pytest.approx(1, rel=1e-2)  # the hook: no scale on it
    assert took(clip=True) == pytest.approx(0.5 / 1024, rel=1e-2)
    assert "1,024 times too short" in " ".join(TEXT.split())


@WARNS
@pytest.mark.parametrize("in_turns", [False, True])
def test_each_step_of_lightning_updates_the_scale(lightning, in_turns):
    """D's step lets the scale grow, between G's loss and G's step or not."""
    plugins = pytest.importorskip("lightning.pytorch.plugins")
    G, D = networks(0)
    lengths = []

    class Both(the_class_of_the_page(lightning)):
        def training_step(self, x_real, index):
            opt_G, opt_D = self.optimizers()
            if in_turns:
                self.turn_of_D(opt_D, x_real)
            loss_G = non_saturating_loss_G(D(G(x_real)))
            slopes = torch.autograd.grad(loss_G, [*G.parameters()], retain_graph=True)
            self.due = nn.utils.get_total_norm(slopes)
            opt_G.zero_grad()
            self.manual_backward(loss_G)
            if not in_turns:
                self.turn_of_D(opt_D, x_real)
            opt_G.step()

        def turn_of_D(self, opt_D, x_real):
            opt_D.zero_grad()
            self.manual_backward(log_loss_D(D(x_real), D(G(x_real).detach())))
            opt_D.step()

        def on_before_optimizer_step(self, optimizer):
            if optimizer.param_groups[0]["params"][0] is G[0].weight:
                grads = [p.grad for p in G.parameters()]
                lengths.append((nn.utils.get_total_norm(grads) / self.due).item())

    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=1)
    half = plugins.MixedPrecision("16-mixed", "cpu", scaler=scaler)
    fit(lightning, Both(G, D), limit_train_batches=2, plugins=[half])
    assert lengths == pytest.approx([1.0 if in_turns else 0.5] * 2, rel=1e-2)


class Real:
    """accelerate itself, with the names of the page's `Prepared`."""

    def __init__(self, opts, parts=1, scaler=None):
        library = pytest.importorskip("accelerate")
        library.state.AcceleratorState._reset_state(True)
        library.state.GradientState._reset_state()
        self.runner = library.Accelerator(
            cpu=True,
            gradient_accumulation_steps=parts,
            mixed_precision="fp16" if scaler else "no",
        )
        if scaler:  # on a CPU it makes none
            self.runner.scaler, self.runner.native_amp = scaler, True
        self.mine = {opt: self.runner.prepare(opt) for opt in opts}
        self.accumulate, self.backward = self.runner.accumulate, self.runner.backward

    def clip(self, net, most):
        return self.runner.clip_grad_norm_(net.parameters(), most).item()

    def step(self, opt):
        self.mine[opt].step()

    def zero_grad(self, opt):
        self.mine[opt].zero_grad()


@WARNS
def test_accelerate_prints_what_the_page_prints():
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    path = ROOT / "notebooks/10_errors/share_an_accelerator.ipynb"
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"]]
    code = [c for c in cells if c["cell_type"] == "code"][1:]  # the first installs
    names, compared = {}, 0
    for cell in code:
        if "class Prepared(Shared)" in (source := "".join(cell["source"])):
            names["Prepared"] = Real
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        stored = "".join("".join(out["text"]) for out in cell["outputs"])
        assert printed.getvalue() == stored
        compared += bool(stored)
    assert names["Prepared"] is Real and compared == 3


@WARNS
@pytest.mark.parametrize("parts", [1, 2])
def test_two_clips_before_a_step_raise(parts):
    """Of both players in one part, or of one in a part whose step is not due."""
    pytest.importorskip("accelerate", reason="accelerate is not installed")
    G, D = networks(0)
    opts = [torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D)]
    runner = Real(opts, parts, torch.amp.GradScaler("cpu"))
    said = "unscale_() has already been called on this optimizer"
    with runner.accumulate(G, D):
        runner.backward(log_loss_D(D(BATCHES), D(G(BATCHES))))
        runner.clip(D, 1.0)
        if parts == 1:
            with pytest.raises(RuntimeError, match=re.escape(said)):
                runner.clip(G, 1.0)
    if parts == 2:
        with runner.accumulate(G, D):
            runner.backward(log_loss_D(D(BATCHES), D(G(BATCHES))))
            with pytest.raises(RuntimeError, match=re.escape(said)):
                runner.clip(D, 1.0)
