"""Train a GAN of images: the recipe, the speed, the checkpoints. Taught in book/08."""

from ganflow.train.checkpoint import CannotResume, Diary
from ganflow.train.draws import draw
from ganflow.train.loop import Habits, Trained, pick, train
from ganflow.train.run import Run, begin
from ganflow.train.session import CannotGoOn, Session
from ganflow.train.settings import Settings, recipe
from ganflow.train.spread import LostProcess, Ranks
from ganflow.train.tick import columns, multiplying, tick, turns

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
