"""The claims about a CUDA device can fail: each mistake in the trainer breaks one."""

import importlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import cuda_claims
import pytest

import ganflow

pytestmark = pytest.mark.cuda
TRAINER = Path(ganflow.__file__).parent / "training"


@dataclass(frozen=True)
class Fault:
    """A mistake: the right text of a file, the wrong one, and the claim it breaks."""

    file: str
    right: str
    wrong: str
    claim: str
    said: str


WAITS = "called a synchronizing CUDA operation"
OTHER = "a replayed graph gives other losses"
DEVICES = "Expected all tensors to be on the same device"
TICK, GRAPH = "assert_no_tick_waits", "assert_a_graph_plays_the_eager_moves"
MOVES, RESUMED = "assert_moves_are_those_of_the_cpu", "assert_a_run_resumes"
SEEN = "return {name: value.detach().mean() for name, value in seen.items()}"
NOISE = "z = torch.randn(shape, generator=rng, device=device)"
MIX = "mix = torch.rand((steps, batch), generator=rng, device=device)"
MAKE = "x_fake = run.make(z)"
OWN = "torch.randn(z.shape, generator=torch.Generator(z.device), device=z.device)"
FOUND = "    return Penalty(value, found.detach().mean())"

FAULTS = {
    "item in a move": Fault(
        "moves/fast.py",
        SEEN,
        f"{SEEN} | {{'loss_D': loss.new_tensor(loss.item())}}",
        TICK,
        f"{WAITS} .*fast.py",
    ),
    "noise drawn on the CPU": Fault(
        "sampling.py", NOISE, "z = torch.randn(shape)", TICK, DEVICES
    ),
    "mix drawn on the CPU": Fault(
        "sampling.py",
        MIX,
        "mix = torch.rand((steps, batch)).to(device)",
        TICK,
        f"{WAITS} .*copy of pageable memory.*sampling.py",
    ),
    "a generator of the CPU": Fault(
        "sampling.py",
        "seeded(settings.seed, NOISE, tick, device)",
        "seeded(settings.seed, NOISE, tick)",
        TICK,
        "Expected a 'cuda' device type for generator but found 'cpu'",
    ),
    "order of an epoch in pageable memory": Fault(
        "sampling.py",
        "pin_memory=pinned",
        "pin_memory=False",
        TICK,
        f"{WAITS} .*copy of pageable memory.*sampling.py",
    ),
    "a branch on a number": Fault(
        "moves/penalty.py",
        FOUND,
        f"    if found.mean() > 5:\n        value = value / 2\n{FOUND}",
        TICK,
        f"{WAITS} .*penalty.py",
    ),
    "images left on the CPU": Fault(
        "run.py", "pixels.to(device, memory_format=form)", "pixels", TICK, DEVICES
    ),
    "a graph's inputs not copied in": Fault(
        "graphs.py", "place.copy_(value)", "pass", GRAPH, OTHER
    ),
    "a graph's warm-up not undone": Fault(
        "graphs.py", "    _restore(run, before)\n", "", GRAPH, OTHER
    ),
    "a graph's row not cloned": Fault(
        "graphs.py", "return row.clone()", "return row", GRAPH, OTHER
    ),
    "Adam not capturable": Fault(
        "run.py", "capturable=cuda", "capturable=False", GRAPH, "capturable"
    ),
    "the average recorded with its decay": Fault(
        "graphs.py",
        "        row = turns(run, still)\n",
        "        row = turns(run, still)\n        run.average()\n",
        GRAPH,
        "a replayed graph leaves other weights",
    ),
    "new noise inside a recorded move": Fault(
        "moves/fast.py",
        MAKE,
        f"x_fake = run.make({OWN})",
        GRAPH,
        "Attempt to increase offset for a CUDA generator not in capture mode",
    ),
    "levels left on the CPU": Fault(
        "keep/snapshots.py",
        "torch.tensor(LEVELS, device=run.device)",
        "torch.tensor(LEVELS)",
        "assert_a_run_can_be_looked_at",
        "same device",
    ),
    "numpy without cpu": Fault(
        "keep/snapshots.py",
        ".contiguous().cpu()",
        ".contiguous().numpy()",
        "assert_a_run_can_be_looked_at",
        "Use Tensor.cpu\\(\\) to copy the tensor to host memory first",
    ),
    "fainter images on a device": Fault(
        "updates.py",
        "run.images[indices], z, mix)",
        "run.images[indices] / (1 + z.is_cuda), z, mix)",
        MOVES,
        "other losses than on the CPU",
    ),
    "the average moved within the moves, on a device": Fault(
        "updates.py",
        "    row, *later = rows\n",
        "    run.images.is_cuda and run.average()\n    row, *later = rows\n",
        MOVES,
        "other weights",
    ),
    "the tick not taken from a checkpoint": Fault(
        "keep/checkpoint.py",
        'run.tick = held["tick"]',
        "pass",
        RESUMED,
        "a resumed run ends elsewhere",
    ),
    "a wait at each line of the log": Fault(
        "keep/run_log.py",
        "self.pending.append(row)",
        "self.pending.append(row.cpu())",
        "assert_a_longer_run_waits_no_more",
        "the host waits at each tick: .*copy to the CPU.*run_log.py",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name, monkeypatch, tmp_path):
    fault = FAULTS[name]
    copy = shutil.copytree(TRAINER, tmp_path / "training") / fault.file
    source = copy.read_text()
    assert fault.right in source, f"{fault.file} no longer says: {fault.right}"
    copy.write_text(source.replace(fault.right, fault.wrong))
    import_from(tmp_path, monkeypatch)
    claim = getattr(cuda_claims, fault.claim)
    with pytest.raises((AssertionError, RuntimeError, TypeError), match=fault.said):
        claim()


@pytest.mark.parametrize("claim", sorted({fault.claim for fault in FAULTS.values()}))
def test_a_copy_without_one_passes(claim, monkeypatch, tmp_path):
    shutil.copytree(TRAINER, tmp_path / "training")
    import_from(tmp_path, monkeypatch)
    getattr(cuda_claims, claim)()
    assert Path(sys.modules["ganflow.training.run"].__file__).is_relative_to(tmp_path)


def import_from(folder, monkeypatch):
    """Let `ganflow.training` be the copy in this folder, until the test ends."""
    for name in [name for name in sys.modules if name.startswith("ganflow.training")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(ganflow, "__path__", [str(folder), *ganflow.__path__])
    made = importlib.import_module("ganflow.training")
    monkeypatch.setattr(ganflow, "training", made, raising=False)
