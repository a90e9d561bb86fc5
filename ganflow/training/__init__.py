"""Train a GAN of images: the recipe, the speed, the checkpoints."""

from ganflow.training.distributed.ranks import LostProcess, Ranks
from ganflow.training.keep.checkpoint import CannotResume
from ganflow.training.keep.run_log import CannotGoOn
from ganflow.training.loop import Trained, train
from ganflow.training.precision import Precision, offered, precision_of
from ganflow.training.run import Run, begin
from ganflow.training.sampling import sample_batches
from ganflow.training.settings import Settings, recipe
from ganflow.training.speed import Pace, pace
from ganflow.training.updates import tick, turns

__all__ = [
    "CannotGoOn",
    "CannotResume",
    "LostProcess",
    "Pace",
    "Precision",
    "Ranks",
    "Run",
    "Settings",
    "Trained",
    "begin",
    "offered",
    "pace",
    "precision_of",
    "recipe",
    "sample_batches",
    "tick",
    "train",
    "turns",
]
