"""The real sets, where they lie beside the repository in ../shared/data."""

import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from image_makers import levels
from PIL import Image

from ganflow.data import load_images

SHARED = Path(__file__).parents[2] / "shared" / "data"
FLOWERS = SHARED / "flower_photos_subset" / "flower_photos"
ZIP = SHARED / "flower_photos_64px_derived.zip"
pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no real images here: ../shared/data is missing"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache folder filled by hand: links to the real files."""
    folder = tmp_path_factory.mktemp("cache")
    for path in (SHARED / "fashion-mnist", ZIP):
        (folder / path.name).symlink_to(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANFLOW_DATA", str(folder))
        yield folder


def timed(*given, **how):
    """Load, and load again from the cache folder."""
    load_images(*given, progress=False, **how)
    start = time.perf_counter()
    found = load_images(*given, progress=False, **how)
    print(f"{found!r}: {time.perf_counter() - start:.2f} s from the cache")
    return found


def test_fashion_has_the_mean_and_spread_that_everybody_uses(cache):
    """0.2860 and 0.3530 of pixels in [0, 1], in most programs that train on it."""
    fashion = timed("fashion", size=28)
    assert fashion.pixels.shape == (60_000, 1, 28, 28)
    mean = fashion.pixels.mean(dtype=np.float64)
    squares = [np.square(one, dtype=np.float64).mean() for one in fashion.pixels]
    assert abs((mean + 1) / 2 - 0.2860) < 5e-5
    assert abs(np.sqrt(np.mean(squares) - mean**2) / 2 - 0.3530) < 5e-5
    assert np.bincount(fashion.labels).tolist() == [6000] * 10


def test_fashion_at_32_pixels_keeps_its_grey(cache):
    test = load_images("fashion-test", size=28, progress=False)
    large = timed("fashion-test", size=32)
    assert large.pixels.shape == (10_000, 1, 32, 32)
    means = [found.pixels.mean(axis=(1, 2, 3)) for found in (test, large)]
    np.testing.assert_allclose(*means, atol=0.03)
    np.testing.assert_array_equal(test.labels, large.labels)
    assert np.bincount(test.labels).tolist() == [1000] * 10
    assert test.classes[test.labels[0]] == "Ankle boot"  # as its authors' page shows


def test_the_real_photos_give_a_square_each_and_name_their_makers(cache):
    flowers = timed(FLOWERS, size=64)
    assert flowers.pixels.shape == (1040, 3, 64, 64)
    assert flowers.classes == ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    assert np.bincount(flowers.labels).tolist() == [208] * 5
    assert all("CC-BY" in line and "flickr.com" in line for line in flowers.credits)
    first = min((FLOWERS / "daisy").glob("*.jpg"))
    with Image.open(first) as photo:
        width, height = photo.size
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        middle = np.asarray(photo)[top : top + side, left : left + side]
    by_hand = np.asarray(Image.fromarray(middle).reduce(side // 64).resize((64, 64)))
    off = levels(flowers)[0] - by_hand.transpose(2, 0, 1)
    assert abs(off.mean()) < 1 and np.abs(off).mean() < 8


def test_the_64_pixel_zip_laid_by_hand_gives_all_3670_photos(cache):
    flowers = timed("flowers", size=64)
    assert flowers.source == ZIP.name and flowers.licence == "CC BY 2.0"
    assert np.bincount(flowers.labels).tolist() == [633, 898, 641, 699, 799]
    assert len(flowers.credits) == 3670 and all(flowers.credits)
    with zipfile.ZipFile(ZIP) as archive:
        name = sorted(n for n in archive.namelist() if n.endswith(".jpg"))[1000]
        with Image.open(io.BytesIO(archive.read(name))) as photo:
            untouched = np.asarray(photo).transpose(2, 0, 1)
    np.testing.assert_array_equal(levels(flowers)[1000], untouched)


def test_64_pixels_are_not_enlarged_unasked(cache):
    with pytest.raises(ValueError, match="3670 of 3670 images .*enlarge=True"):
        load_images("flowers", size=65, progress=False)
