"""A GAN in the plane under many schedules, recorded, or trained by a live kernel."""

from ganflow.widgets.mixture_lab.record import MixtureLab
from ganflow.widgets.mixture_lab.recording import record_mixture_lab
from ganflow.widgets.mixture_lab.view import MixtureLabView, mixture_lab

__all__ = ["MixtureLab", "MixtureLabView", "mixture_lab", "record_mixture_lab"]
