"""The cache folder holds whole files or none, and says so when it cannot."""

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from image_makers import folder_of, levels, photos, plain, remote, tar_of, zip_of
from image_server import serving

from ganflow.data import load_images
from ganflow.data.images import cache as cache_module
from ganflow.data.images import sources
from ganflow.data.images.cache import cache_folder, write_prepared
from ganflow.data.images.download import local_file

NOBODY = 65534


@pytest.fixture
def photos_here(tmp_path):
    return folder_of(photos(), tmp_path / "photos")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("GANFLOW_DATA", str(folder))
    return folder


@contextmanager
def read_only_folder():
    """A folder that this process may read, not write, even when root runs the tests."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name)
        try:
            yield folder, lambda: _lock(folder, root)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(name, 0o755)


def _lock(folder, root):
    os.chmod(folder, 0o555)
    if root:
        os.seteuid(NOBODY)


@contextmanager
def files_up_to(bytes_):
    """Files of this process cannot grow further: the write of the rest fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def load(path, size=8):
    return load_images(path, size=size, progress=False)


def left(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if path.suffix != ".lock"]


def test_ganflow_data_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("GANFLOW_DATA", raising=False)
        else:
            monkeypatch.setenv("GANFLOW_DATA", unset)
        assert cache_folder() == tmp_path / ".cache" / "ganflow"
    monkeypatch.setenv("GANFLOW_DATA", "~/elsewhere")
    assert cache_folder() == tmp_path / "elsewhere"


def test_digits_touch_no_folder(cache):
    load("digits")
    assert not cache.exists()


def test_prepared_pixels_are_not_decoded_again(photos_here, cache, monkeypatch):
    first = load(photos_here)
    monkeypatch.setattr("ganflow.data.images.prepare.decode", None)
    again = load(photos_here)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert again.digest == first.digest and again.credits == first.credits
    assert len(left(cache)) == 1 and left(cache)[0].endswith(".npz")


def test_a_photo_replaced_by_one_of_as_many_bytes_is_seen(tmp_path, cache):
    """BMP keeps every pixel, so that only the time of the change tells."""
    photo = tmp_path / "photos" / "one.bmp"
    photo.parent.mkdir()
    means = []
    for second, grey in enumerate(("black", "white"), start=1):
        photo.write_bytes(plain(grey, kind="BMP"))
        os.utime(photo, (second, second))
        means.append(load(photo.parent).pixels.mean())
    assert means == [-1, 1]


def test_prepared_pixels_may_be_read_by_others(photos_here, cache):
    load(photos_here)
    (path,) = (cache / "prepared").iterdir()
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("harm", ["cut", "empty", "text", "flipped"])
def test_damaged_prepared_pixels_are_named(photos_here, cache, harm):
    good = load(photos_here)
    (path,) = (cache / "prepared").iterdir()
    data = bytearray(path.read_bytes())
    middle = data.index(levels(good).astype(np.uint8).tobytes()) + 9
    data[middle] ^= 0xFF
    changed = {
        "cut": data[: len(data) // 2],
        "empty": b"",
        "text": b"x",
        "flipped": data,
    }
    path.write_bytes(changed[harm])
    with pytest.raises(ValueError, match=r"\.npz is damaged .*: delete it, it is made"):
        load(photos_here)
    path.unlink()
    np.testing.assert_array_equal(load(photos_here).pixels, good.pixels)


def test_no_program_is_read_from_the_cache(photos_here, cache):
    """A pickle could run anything."""
    load(photos_here)
    (path,) = (cache / "prepared").iterdir()
    np.savez(path, pixels=np.array([print], dtype=object))
    with pytest.raises(ValueError, match=r"is damaged .*allow_pickle=False"):
        load(photos_here)


def large():
    """Images of 4 MB together, which no compression makes smaller."""
    rng = np.random.default_rng(0)
    return {"pixels": rng.integers(0, 256, (4, 1, 1024, 1024), dtype=np.uint8)}


def test_a_file_that_cannot_grow_is_not_kept_half(tmp_path):
    path = tmp_path / "prepared" / "large.npz"
    with (
        files_up_to(2**20),
        pytest.warns(UserWarning, match="cannot be kept in"),
    ):
        write_prepared(path, large())
    assert left(tmp_path) == []


def test_a_full_disk_costs_only_the_time_of_next_time(photos_here, cache, monkeypatch):
    def full(file, **arrays):
        file.write(b"the first half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(cache_module.np, "savez", full)
    with pytest.warns(UserWarning, match=r"\(No space left on device\).*GANFLOW_DATA"):
        found = load(photos_here)
    assert len(found) == 4 and left(cache) == []


def test_a_read_only_cache_still_gives_what_lies_in_it(photos_here, monkeypatch):
    data = tar_of(photos())
    monkeypatch.setattr(sources, "FLOWERS_FILE", remote("flower_photos.tgz", data))
    with read_only_folder() as (folder, lock):
        monkeypatch.setenv("GANFLOW_DATA", str(folder))
        (folder / "flower_photos.tgz").write_bytes(data)
        lock()
        with pytest.warns(UserWarning, match=r"\(Permission denied\).*GANFLOW_DATA"):
            found = load("flowers")
        assert len(found) == 4 and left(folder) == ["flower_photos.tgz"]


def test_nothing_is_fetched_into_a_read_only_cache():
    pytest.importorskip("requests")  # while this process may read its own packages
    pytest.importorskip("pooch")
    pytest.importorskip("filelock")

    with read_only_folder() as (folder, lock):
        lock()
        file = remote("flower_photos.tgz", b"x", "http://127.0.0.1:9/x")
        with pytest.raises(OSError, match=r"\(Permission denied\).*GANFLOW_DATA"):
            local_file(file, folder, progress=False)
        assert left(folder) == []


def test_a_download_that_cannot_grow_is_not_kept_half(tmp_path):
    pytest.importorskip("pooch", reason="nothing can be fetched without pooch")
    data = np.random.default_rng(0).bytes(3 * 2**20)
    with serving({"x": data}) as host, files_up_to(2**20):
        file = remote("x.bin", data, host.url("x"))
        with pytest.raises(OSError, match=r"cannot be kept .*free 3 MB there"):
            local_file(file, tmp_path, progress=False)
    assert left(tmp_path) == []


def test_a_folder_that_may_not_be_read_is_not_passed_over(cache):
    with read_only_folder() as (folder, lock):
        folder_of({"a/1.png": plain("red"), "b/2.png": plain("red")}, folder)
        os.chmod(folder / "b", 0o000)
        lock()
        with pytest.raises(PermissionError, match="/b"):
            load(folder)


@pytest.mark.parametrize("name", sources.FLOWERS_BY_HAND)
def test_flowers_laid_by_hand_are_taken(cache, name):
    cache.mkdir()
    if name.endswith(".zip"):
        (cache / name).write_bytes(zip_of(photos()))
    else:
        folder_of(photos(), cache / name)
    found = load("flowers")
    assert found.source == name and found.licence == "CC BY 2.0"
    assert found.classes == ("roses", "tulips") and found.name == "flowers"
    assert found.credit_of(3) == "CC-BY by painter of tulips/1.png"


def test_the_whole_archive_goes_before_what_was_laid_by_hand(cache, monkeypatch):
    data = tar_of(photos(each=3))
    monkeypatch.setattr(sources, "FLOWERS_FILE", remote("flower_photos.tgz", data))
    folder_of(photos(each=1), cache / "flower_photos")
    assert len(load("flowers")) == 2
    (cache / "flower_photos.tgz").write_bytes(data)
    assert len(load("flowers")) == 6
    (cache / "flower_photos.tgz").unlink()
    assert len(load("flowers")) == 6  # prepared from it


def test_killed_while_it_writes_it_leaves_no_half_file(photos_here, cache):
    code = (
        "import os, sys, numpy\n"
        "def savez(file, **arrays):\n"
        "    file.write(b'half')\n"
        "    file.flush()\n"
        "    os.kill(os.getpid(), 9)\n"
        "numpy.savez = savez\n"
        "from ganflow.data import load_images\n"
        "load_images(sys.argv[1], size=8, progress=False)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(photos_here)])
    assert run.returncode == -signal.SIGKILL
    (part,) = (cache / "prepared").iterdir()
    assert part.read_bytes() == b"half" and part.suffix == ".part"
    assert len(load(photos_here)) == 4
