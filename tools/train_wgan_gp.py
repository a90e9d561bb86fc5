"""Train WGAN-GP, or another GAN, on images: pictures, curves and a log in one folder.

`.venv/bin/python tools/train_wgan_gp.py --size 16 --ticks 50 --out DIR`; where torch is
installed otherwise, `PYTHONPATH=. python3 tools/train_wgan_gp.py` with the same words.

Stop it by Ctrl-C; the same command with --resume goes on. DIR/grid.png and curves.png
show how far it is, log.csv has a line for each tick, run.npz is what the book shows.

`torchrun --standalone --nproc-per-node 2 tools/train_wgan_gp.py ... --resume` shares
each batch between two processes, one for each GPU. If one dies all stop; with
`--max-restarts 3` before the file's name they go on from the checkpoint.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import fields

from ganflow.data import load_images
from ganflow.losses import LOSSES
from ganflow.training import (
    CannotGoOn,
    CannotResume,
    LostProcess,
    Settings,
    Trained,
    recipe,
    train,
)
from ganflow.training.settings import PENALTIES, PRECISIONS, RECIPES

NUMBERS = ("ticks", "critic_steps", "strength", "batch", "latent", "width", "rate_G")
NUMBERS += ("rate_D", "beta1", "beta2", "ema", "seed")
EXPECTED = (CannotGoOn, CannotResume, ValueError, OSError, ModuleNotFoundError)
KINDS = {field.name: type(field.default) for field in fields(Settings)}


def parser() -> argparse.ArgumentParser:
    """The options; what is not given is as the recipe of --loss has it."""
    made = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = made.add_argument
    add("--data", default="digits", help="digits, flowers, a folder or a zip")
    add("--size", type=int, choices=(16, 32, 64), default=32, help="pixels of a side")
    add("--channels", type=int, choices=(1, 3), help="as the data has, if not given")
    losses = (*RECIPES, *LOSSES)
    add("--loss", choices=losses, default="wgan-gp", help="and its paper's settings")
    add("--penalty", choices=PENALTIES)
    for name in NUMBERS:
        add(f"--{name.replace('_', '-')}", type=KINDS[name], metavar="N")
    add("--no-batch-norm", dest="batch_norm", action="store_false", help="in G")
    add("--precision", choices=PRECISIONS, help="auto: what this device has units for")
    way = made.add_mutually_exclusive_group()
    way.add_argument("--fast", action="store_true", help="the same updates, less time")
    way.add_argument("--plain", dest="fast", action="store_false", help="textbook loop")
    add("--out", required=True, metavar="DIR")
    add("--resume", action="store_true", default=False, help="go on with DIR's run")
    add("--every", type=int, default=100, metavar="N", help="ticks between checkpoints")
    add("--snapshots", type=int, default=24, metavar="N", help="kept in run.npz")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:1")
    add("--graphs", action="store_true", default=False, help="CUDA graph of the moves")
    add("--quiet", dest="progress", action="store_false", default=True)
    return made


def precision_told(done: Trained) -> str:
    """What it was trained in, and in fp16 how many steps were left out."""
    name, why = done.run.precision
    steps = [f"{int(s.skipped)} steps of {p}" for p, s in done.run.scalers.items()]
    told = f"; left out as they overflowed: {' and '.join(steps)}" if steps else ""
    return f"precision {name} ({why}){told}"


def main(words: list[str] | None = None) -> int:
    """Train; 0 when done, 1 on an error, 128 + the signal's number when stopped.

    Of several processes the first speaks for all; each tells if it lost another.
    """
    first = os.environ.get("RANK", "0") == "0"
    given = vars(parser().parse_args(words))
    names = ("out", "resume", "every", "snapshots", "device", "graphs", "progress")
    options = {name: given.pop(name) for name in names}
    try:
        size, channels = given["size"], given.get("channels")
        images = load_images(given["data"], size=size, channels=channels).pixels
        settings = recipe(given.pop("loss"), **given | {"channels": images.shape[1]})
        done = train(settings, images, **options)
    except EXPECTED as error:
        if not first and not isinstance(error, LostProcess):
            time.sleep(10)  # if it is the first one's error too, torchrun ends this
        print(f"train_wgan_gp: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped at once: --resume goes on from what {options['out']} holds")
        return 130
    out, tick = options["out"], done.run.tick
    if done.stopped and not tick:
        said = "stopped before the first tick: nothing is kept"
    elif done.stopped:
        said = f"stopped and saved after tick {tick}: add --resume to go on in {out}"
    else:
        said = f"{tick} ticks in {done.record.provenance['seconds']:.0f} s: see {out}"
        said += f"\n{precision_told(done)}"
    if first:
        print(said)
    return 128 + done.stopped if done.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
