"""Small images, folders and archives for the tests of `ganflow.data.load_images`."""

import gzip
import io
import tarfile
import zipfile
from hashlib import sha256

import numpy as np
from PIL import Image

from ganflow.data.images.sources import RemoteFile

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def encoded(image, kind="PNG", **options):
    """The bytes of an image file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(colour, size=(8, 8), kind="PNG"):
    """The bytes of an image of one colour."""
    return encoded(Image.new("RGB", size, colour), kind)


def photos(each=2):
    """Two kinds of photos and whom to thank: {path: bytes}."""
    files = {
        f"{kind}/{k}.png": plain(colour)
        for kind, colour in [("roses", "red"), ("tulips", "blue")]
        for k in range(each)
    }
    lines = [f"{name} CC-BY by painter of {name}" for name in files]
    return files | {"LICENSE.txt": "\n".join(["All free", *lines]).encode()}


def folder_of(files, folder):
    """Lay {path: bytes} into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def tar_of(files, top="flower_photos", extra=()):
    """The bytes of a .tgz of {path: bytes}, and of more TarInfo without content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"{top}/{name}" if top else name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in extra:
            archive.addfile(info)
    return out.getvalue()


def zip_of(files, extra=()):
    """The bytes of a .zip of {path: bytes}, and of more ZipInfo."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for info in extra:
            archive.writestr(info, b"elsewhere")
    return out.getvalue()


def idx_of(array):
    """The bytes of a compressed file in the format of MNIST."""
    sizes = np.array(array.shape, ">u4").tobytes()
    data = bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()
    return gzip.compress(data, mtime=0)


def remote(path, data, *urls, sha=None):
    """The table's line of a file with these bytes."""
    return RemoteFile(path, len(data), sha or sha256(data).hexdigest(), urls)


def levels(images):
    """Pixels in [-1, 1] as levels 0 to 255."""
    return np.rint((images.pixels + 1) * 127.5).astype(int)
