"""Two GANs in the plane that the page trains, under schedules that a reader types."""

from ganflow.widgets.mixture_lab.experiments import EXPERIMENTS, Experiment, setting_of
from ganflow.widgets.mixture_lab.view import MixtureLabView, mixture_lab

__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "MixtureLabView",
    "mixture_lab",
    "setting_of",
]
