"""Real images: digits, Fashion-MNIST, flowers, or a folder of your own."""

from ganflow.data.images.load import load_images
from ganflow.data.images.record import Images

__all__ = ["Images", "load_images"]
