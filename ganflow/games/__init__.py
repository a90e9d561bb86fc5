"""Two players with one number each: GANs small enough for closed forms."""

from ganflow.games.game import PENALTIES, Game, bilinear, dirac

__all__ = ["PENALTIES", "Game", "bilinear", "dirac"]
