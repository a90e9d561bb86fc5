"""Where the named sets come from, their checksums and their terms of use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be fetched, or laid into the cache folder by hand.

    Parameters
    ----------
    path : str, where it lies inside the cache folder
    bytes : int, its length
    sha256 : str, 64 hex digits
    urls : tuple of str, tried in this order
    """

    path: str
    bytes: int
    sha256: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """The licence of a set and the line that thanks its makers."""

    licence: str
    credit: str


DIGITS = Terms(
    "not stated by scikit-learn, which carries them",
    "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI",
)
FASHION = Terms(
    "MIT", "Fashion-MNIST, H. Xiao, K. Rasul and R. Vollgraf, Zalando Research"
)
FLOWERS = Terms("CC BY 2.0", "flower photos, each by its photographer (see credits)")
UNKNOWN = Terms("not stated", "images of your own")


def _fashion_file(name: str, bytes_: int, sha256: str) -> RemoteFile:
    hosts = (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    )
    urls = tuple(f"{host}/{name}" for host in hosts)
    return RemoteFile(f"fashion-mnist/{name}", bytes_, sha256, urls)


# name: (images, labels, how many)
FASHION_FILES = {
    "fashion": (
        _fashion_file(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        _fashion_file(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
    ),
    "fashion-test": (
        _fashion_file(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        _fashion_file(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
}
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FLOWERS_FILE = RemoteFile(
    "flower_photos.tgz",
    228_813_984,
    "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
    (
        "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
        "http://download.tensorflow.org/example_images/flower_photos.tgz",
    ),
)
# Taken, in this order, when laid into the cache folder in place of the archive.
FLOWERS_BY_HAND = ("flower_photos_64px_derived.zip", "flower_photos")
