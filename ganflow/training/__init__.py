"""Train a GAN of images: the recipe, the speed, the checkpoints. Taught in book/08."""

from ganflow.training.distributed.ranks import LostProcess, Ranks
from ganflow.training.keep.checkpoint import CannotResume, Diary
from ganflow.training.loop import Habits, Trained, pick, train
from ganflow.training.run import Run, begin
from ganflow.training.sampling import draw
from ganflow.training.session import CannotGoOn, Session
from ganflow.training.settings import Settings, recipe
from ganflow.training.updates import columns, multiplying, tick, turns

__all__ = [
    "CannotGoOn",
    "CannotResume",
    "Diary",
    "Habits",
    "LostProcess",
    "Ranks",
    "Run",
    "Session",
    "Settings",
    "Trained",
    "begin",
    "columns",
    "draw",
    "multiplying",
    "pick",
    "recipe",
    "tick",
    "train",
    "turns",
]
