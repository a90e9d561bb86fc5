"""Every seed that a page can set is shifted, and a cell that fails is reported."""

import asyncio
import json
import os
import re
import subprocess
import sys
from functools import cache

import build_notebooks
import pytest
import reseed

TORCH = """
import json, random, subprocess, sys
from dataclasses import replace
import numpy as np, torch
from sklearn.datasets import make_moons
from ganflow.live.settings import page_setting
from ganflow.sweeps import GanSetting
from ganflow.training.sampling import seeded

def numbers(kind, **how):
    return np.random.Generator(getattr(np.random, kind)(**how)).random()

random.seed(3)
np.random.seed(3)
torch.manual_seed(3)
own = torch.Generator().manual_seed(3)
drawn = {
    "random.seed": random.random(),
    "random.Random": random.Random(3).random(),
    "np.random.seed": np.random.rand(),
    "np.random.RandomState": np.random.RandomState(3).rand(),
    "default_rng": np.random.default_rng(3).random(),
    "default_rng(seed=)": np.random.default_rng(seed=3).random(),
    "SeedSequence": np.random.default_rng(np.random.SeedSequence((3, 1))).random(),
    "Philox(key=)": numbers("Philox", key=3),
    "random_state=": make_moons(5, noise=1, random_state=3)[0].tolist(),
    "torch.manual_seed": torch.rand(2).tolist(),
    "torch.Generator": torch.rand(2, generator=own).tolist(),
    "default_generator": torch.default_generator.manual_seed(3).initial_seed(),
    "training.sampling": torch.rand(2, generator=seeded(3, 0)).tolist(),
}
for kind in ("PCG64", "PCG64DXSM", "Philox", "MT19937", "SFC64"):
    drawn[kind] = numbers(kind, seed=3)
players = GanSetting(seed=3).players()
drawn["GanSetting weights"] = next(players.G.parameters()).tolist()
drawn["GanSetting batch"] = players.draw("G", 0, 2).z.tolist()
many = replace(players, seed=np.array([3, 4]))
drawn["page_setting"] = page_setting(GanSetting(seed=3))["seed"]
drawn["GanSetting batches"] = many.draw("G", 0, 2).z.tolist()
child = "import torch; print(torch.manual_seed(3).initial_seed())"
printed = subprocess.check_output([sys.executable, "-c", child], text=True)
drawn["a process of its own"] = printed
print(json.dumps(drawn))
"""

KERAS = """
import json
import keras, numpy as np, tensorflow as tf
from keras import initializers, layers, random

keras.utils.set_random_seed(3)
built = layers.Dense(3)
built.build((1, 2))
drawn = {
    "keras.utils.set_random_seed": built.kernel,
    "an initializer's seed=": initializers.GlorotUniform(seed=3)((2, 2)),
    "a layer's seed=": layers.Dropout(0.5, seed=3)(tf.ones((64,)), training=True),
    "keras.random's seed=": random.normal((2,), seed=3),
    "SeedGenerator": random.normal((2,), seed=random.SeedGenerator(3)),
}
tf.random.set_seed(3)
drawn["tf.random.set_seed"] = tf.random.normal((2,))
drawn["an operation's seed="] = tf.random.normal((2,), seed=3)
drawn["tf.random.Generator"] = tf.random.Generator.from_seed(3).normal((2,))
print(json.dumps({name: np.asarray(one).tolist() for name, one in drawn.items()}))
"""
UNKNOWN = re.compile(
    r"random\.stateless|random\.experimental|os\.urandom|secrets\.|bit_generator"
    r"|from_(key_counter|state)\(|\.seed\(\)|import jax"
    r"|torch\.Generator\((?!.*\.manual_seed)"
)
OF_A_SEED = re.compile(
    r"\b(this|these|the page's|one|two|three) seeds?\b|at seed \d", re.I
)
PAGE = """---
kernelspec:
  display_name: Python 3
  name: python3
---
# A page

## What holds

```{code-cell} ipython3
import numpy as np
first = np.random.default_rng(0).random()
assert 0 <= first < 1
```

## What fails

```{code-cell} ipython3
assert 0.63 < first < 0.64, "another seed"
```

```{code-cell} ipython3
:tags: [this-seed]
assert first > 0.63  # at this seed
```
"""


def drawn(program, shift):
    """What a program draws that is started with this shift."""
    folders = [reseed.SHIFTED, build_notebooks.ROOT]
    more = {"SHIFT_SEEDS": str(shift), "PYTHONPATH": os.pathsep.join(map(str, folders))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        env=os.environ | more,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("program", [TORCH, KERAS], ids=["torch", "keras"])
def test_every_way_to_set_a_seed_is_shifted(program):
    plain, shifted = drawn(program, 0), drawn(program, 1000)
    assert len(plain) >= 8
    assert [name for name in plain if plain[name] == shifted[name]] == []
    pairs = {"torch.manual_seed": "torch.Generator", "PCG64": "default_rng"}
    for one, same in pairs.items():
        assert shifted.get(one) == shifted.get(same)  # equal seeds stay equal


@cache
def pages():
    """The cells of each page, by its text."""
    texts = build_notebooks.chapters()
    return {text: build_notebooks.read_text(text).cells for text in texts}


def test_no_page_sets_a_seed_in_a_way_that_is_not_shifted():
    for text, cells in pages().items():
        for cell in cells:
            found = cell.cell_type == "code" and UNKNOWN.search(cell.source)
            assert not found, f"{text}: shift `{found[0]}` in tools/shifted first"


def test_a_cell_that_is_of_one_seed_says_so_in_it_or_in_the_text_around_it():
    for text, cells in pages().items():
        for place, cell in enumerate(cells):
            if build_notebooks.is_tagged(cell, reseed.THIS_SEED):
                around = cells[max(0, place - 1) : place + 2]
                said = "\n".join(c.source for c in around)
                assert OF_A_SEED.search(said), f"{text}:\n{cell.source}"


def test_a_claim_of_one_seed_fails_unless_the_cell_says_so(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(reseed, "KEPT", tmp_path / "kept")
    text = tmp_path / "book" / "page.md"
    text.parent.mkdir()
    text.write_text(PAGE)
    path = build_notebooks.notebook_path(text)
    build_notebooks.write(path, build_notebooks.build(text))

    def left(shift):
        return asyncio.run(reseed.tell([text], shift, 1))

    assert left(0) == []
    assert "0 cells fail, 0 are of the page's seed" in capsys.readouterr().out
    (failure,) = left(1001)
    said = capsys.readouterr().out
    assert failure.place == 'assert 0.63 < first < 0.64, "another seed"'
    assert (
        "FAILS: page, ## What fails" in said and "AssertionError: another seed" in said
    )
    assert "1 cells fail, 1 are of the page's seed" in said
    assert (tmp_path / "kept" / "1001" / "page.ipynb").exists()
    assert path.read_text() == build_notebooks.build(text)  # the page is as it was
