"""A training on images, live while it runs and from its record."""

from ganflow.widgets.training_view.view import TrainingLab, TrainingView

__all__ = ["TrainingLab", "TrainingView"]
