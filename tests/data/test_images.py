"""Digits, flowers and folders come as the pixels they are, or with one clear error."""

import errno
import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganflow.data import Images, digit_pairs, load_images
from ganflow.data import images as images_module
from ganflow.data import photos as photos_module
from ganflow.data.photos import square_pixels

SHARED = Path(__file__).parents[3] / "shared" / "data"
KINDS = ("folder", "tgz", "zip")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own, still missing."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GANFLOW_DATA", str(folder))
    return folder


def load(data, size=8, **how):
    return load_images(data, size=size, **{"progress": False} | how)


def levels(images):
    """Pixels in [-1, 1] as levels 0 to 255."""
    return np.rint((images.pixels + 1) * 127.5).astype(int)


def encoded(image, kind="PNG", **options):
    """The bytes of an image file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def plain(colour, size=(8, 8), kind="PNG"):
    return encoded(Image.new("RGB", size, colour), kind)


def half(data):
    return data[: len(data) // 2]


def photos(each=2):
    """Red roses, blue tulips and whom to thank: {path: bytes}."""
    files = {f"roses/{k}.png": plain("red") for k in range(each)}
    files |= {f"tulips/{k}.png": plain("blue") for k in range(each)}
    lines = [f"{name} CC-BY by painter of {name}" for name in files]
    return files | {"LICENSE.txt": "\n".join(["All free", *lines]).encode()}


def tar_of(files, *links):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, kind, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return out.getvalue()


def laid(path, files):
    """Lay {name: bytes} down as a folder, or as what the suffix of `path` says."""
    if path.suffix == ".tgz":
        path.write_bytes(tar_of({f"top/{name}": data for name, data in files.items()}))
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        for name, data in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
    return path


def prepared(cache):
    (path,) = (cache / "prepared").iterdir()
    return path


# Digits, the record, and what may be asked for


def test_digits_at_8_pixels_are_the_originals_and_touch_no_folder(cache):
    digits = load("digits")
    np.testing.assert_array_equal(digits.pixels, digit_pairs().sharp)
    assert repr(digits).startswith("<digits: 1,797 images 1 x 8 x 8, Optical")
    assert digits.credit_of(5) == digits.credit and not cache.exists()


@pytest.mark.parametrize("size", [4, 16, 28, 32])
def test_digits_of_any_size_keep_their_grey(size):
    """Scaling keeps the mean of an image, but for what is clipped at its edges."""
    pixels = load("digits", size=size).pixels
    assert pixels.shape == (1797, 1, size, size)
    assert pixels.dtype == np.float32 and pixels.flags.c_contiguous
    assert pixels.min() == -1 and 0.8 < pixels.max() <= 1
    means = [p.mean(axis=(1, 2, 3)) for p in (pixels, load("digits").pixels)]
    np.testing.assert_allclose(*means, rtol=0, atol=0.06)


def test_digits_keep_their_place_when_they_grow_and_are_grey_in_colour():
    """The 2 x 2 mean of a digit at 16 pixels follows the digit at 8 pixels."""
    large, small = load("digits", size=16).pixels, load("digits").pixels
    mean = large.reshape(-1, 1, 8, 2, 8, 2).mean(axis=(3, 5))
    assert np.corrcoef(mean.ravel(), small.ravel())[0, 1] > 0.99
    colour = load("digits", size=16, channels=3).pixels
    np.testing.assert_array_equal(colour, large.repeat(3, axis=1))


def record(pixels, **more):
    return Images("ours", pixels, "us", **more)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: load("flwers"), "called 'flwers'.*flowers"),
        (lambda: load(""), "called ''.*expected digits"),
        (lambda: load("digits", size=0), "size=0: expected .* 1 to 1024"),
        (lambda: load("digits", size=1025), "size=1025"),
        (lambda: load("digits", size=8.0), "size=8.0"),
        (lambda: load("digits", channels=2), r"channels=2: expected 1 \(grey\)"),
        (lambda: record(np.zeros((2, 3, 4, 5), np.float32)), r"\(2, 3, 4, 5\)"),
        (lambda: record(np.zeros((2, 3, 4, 4))), "float32.*got float64"),
        (lambda: record(np.full((1, 1, 4, 4), 1.5, np.float32)), r"to \[-1, 1\]"),
        (lambda: record(np.full((1, 1, 4, 4), np.nan, np.float32)), "without NaN"),
        (
            lambda: record(np.zeros((2, 1, 4, 4), np.float32), credits=("a",)),
            "2 images need as many credits, got 1",
        ),
    ],
)
def test_a_bad_argument_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# One image


def sixteen_bits(kind):
    return encoded(Image.fromarray(np.full((8, 8), 0x80FF, np.uint16)), kind)


KINDS_OF_PIXEL = {
    "grey": (encoded(Image.new("L", (8, 8), 77)), [77, 77, 77]),
    "1 bit": (encoded(Image.new("1", (8, 8), 1)), [255, 255, 255]),
    "CMYK": (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), [255, 0, 0]),
    "half clear": (encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128))), [127, 127, 127]),
    "grey, clear": (encoded(Image.new("LA", (8, 8), (0, 51))), [204, 204, 204]),
    "PNG of 16 bits": (sixteen_bits("PNG"), [128, 128, 128]),
    "TIFF of 16 bits": (sixteen_bits("TIFF"), [128, 128, 128]),
}


@pytest.mark.parametrize(
    ("data", "expected"), KINDS_OF_PIXEL.values(), ids=KINDS_OF_PIXEL
)
def test_every_kind_of_pixel_has_its_colour(data, expected):
    """Transparent ones stand on white, of 16 bits the upper 8 count."""
    assert square_pixels(data, 8, 3)[:, 4, 4].tolist() == expected


TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_photo_stands_upright(turn):
    """Each EXIF orientation against the turn that its definition names."""
    given = np.arange(64, dtype=np.uint8).reshape(8, 8)
    exif = Image.Exif()
    exif[0x0112] = turn
    found = square_pixels(encoded(Image.fromarray(given), exif=exif), 8, 1)
    np.testing.assert_array_equal(found[0], TURNS[turn](given))


@pytest.mark.parametrize("size", [(24, 8), (8, 24)])
def test_the_middle_is_cut_out(size):
    image = Image.new("L", size)
    image.paste(200, tuple(n // 2 + k for k in (-4, 4) for n in size))
    assert (square_pixels(encoded(image), 8, 1) == 200).all()


def test_at_its_own_size_an_image_is_untouched_and_shrinking_averages():
    """Of a fine chessboard every second pixel is all black, or all white."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    found = square_pixels(encoded(Image.fromarray(noise)), 8, 3)
    np.testing.assert_array_equal(found, noise.transpose(2, 0, 1))
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    found = square_pixels(encoded(Image.fromarray(board)), 16, 1)
    np.testing.assert_allclose(found[:, 1:-1, 1:-1], 127.5, rtol=0, atol=4)


# A folder or an archive


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_and_its_archives_give_the_same(tmp_path, monkeypatch, kind):
    path = laid(tmp_path / f"mine.{kind}", photos())
    for again in (False, True):
        if again:  # from the cache folder: nothing is decoded
            monkeypatch.setattr(photos_module, "square_pixels", None)
        found, red, blue = load(str(path)), [255, 0, 0], [0, 0, 255]
        assert levels(found)[:, :, 3, 3].tolist() == [red, red, blue, blue]
        assert found.credit_of(2) == "CC-BY by painter of tulips/0.png"
        assert found.name == path.name and found.pixels.dtype == np.float32


def test_pixels_run_from_minus_1_for_black_to_1_for_white(tmp_path):
    greys = np.arange(256, dtype=np.uint8).reshape(16, 16)
    laid(tmp_path / "one", {"a.png": encoded(Image.fromarray(greys))})
    found = load(tmp_path / "one", size=16, channels=1).pixels[0, 0]
    np.testing.assert_allclose(found, greys * (2 / 255) - 1, rtol=0, atol=1e-6)
    assert found[0, 0] == -1 and found[-1, -1] == 1


def test_images_stand_in_the_order_of_names_and_other_files_are_left_out(tmp_path):
    files = {f"{k}.PNG": plain((k, 0, 0)) for k in (7, 1, 4)}
    others = (".b.png", "._1.png", "__MACOSX/._1.png", ".git/c.png", "notes.txt")
    for kind in KINDS:
        path = laid(tmp_path / f"mine.{kind}", files | dict.fromkeys(others, b"x"))
        assert levels(load(path))[:, 0, 0, 0].tolist() == [1, 4, 7]


def test_linked_folders_are_followed_once(tmp_path):
    there, here = laid(tmp_path / "there", photos()), tmp_path / "here"
    laid(here, {"own.png": plain("red")})
    (here / "more").symlink_to(there)
    (here / "again").symlink_to(here)
    (here / "and again").symlink_to(here)  # with two, walking on would never end
    assert len(load(here)) == 5


def test_a_changed_folder_and_another_option_are_prepared_anew(tmp_path, cache):
    """BMP keeps every pixel, so that only the time of the change tells."""
    folder, means = tmp_path / "mine", []
    for second, grey in enumerate(("black", "white"), start=1):
        laid(folder, {"a.bmp": plain(grey, kind="BMP")})
        os.utime(folder / "a.bmp", (second, second))
        means.append(load(folder).pixels.mean())
    assert means == [-1, 1] and load(folder, channels=1).pixels.shape == (1, 1, 8, 8)
    assert load(folder, size=16, enlarge=True).pixels.shape == (1, 3, 16, 16)
    with pytest.raises(ValueError, match="8 x 8 pixels"):
        load(folder, size=16)  # although it was prepared with enlarge=True
    assert len(list((cache / "prepared").iterdir())) == 4


UNUSABLE = {
    "half a png": (half(plain("red", (99, 99))), "truncated"),
    "half a jpeg": (half(plain("red", (999, 999), "JPEG")), "truncated"),
    "nothing": (b"", "cannot identify"),
    "a page of text": (b"<html>404</html>", "cannot identify"),
    "another format": (encoded(Image.new("RGB", (16, 16)), "EPS"), "cannot identify"),
    "no known range": (encoded(Image.new("F", (8, 8)), "TIFF"), "pixels of mode F"),
    "too small": (plain("red", (7, 9)), "7 x 9 pixels, 8 only with enlarge=True"),
}


@pytest.mark.parametrize(("data", "reason"), UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("kind", KINDS)
def test_one_unusable_image_among_good_ones_is_named(
    tmp_path, cache, kind, data, reason
):
    path = laid(tmp_path / f"mine.{kind}", photos() | {"roses/a.png": data})
    with pytest.raises(ValueError, match=f"1 of 5 images .*roses/a.png.*{reason}"):
        load(path)
    assert not cache.exists()


def test_unusable_images_are_counted_whatever_their_format(tmp_path):
    files = {f"{k}.heic": b"\0\0\0\x18ftypheic" for k in range(9)}
    path = laid(tmp_path / "phone", files | {"a.png": plain("red")})
    with pytest.raises(ValueError, match=r"9 of 10 images .*first 0\.heic \(cannot"):
        load(path)


def test_a_link_to_nothing_and_a_pipe_are_named(tmp_path):
    folder = laid(tmp_path / "links", {"good.png": plain("red")})
    (folder / "gone.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(ValueError, match="gone.png is a broken link"):
        load(folder)
    (folder / "gone.png").unlink()
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(ValueError, match="pipe.png is .* no plain file"):
        load(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_no_image_at_all_says_what_was_expected(tmp_path, cache, kind):
    path = laid(tmp_path / f"mine.{kind}", {"notes/readme.txt": b"x"})
    with pytest.raises(ValueError, match="holds no image: expected files such as"):
        load(path)
    assert not cache.exists()


DISHONEST = {
    "name": (tar_of({"../b.png": plain("red")}), "outside the destination"),
    "link": (tar_of({}, ("l.png", tarfile.SYMTYPE, "/etc/passwd")), "absolute path"),
    "link up": (tar_of({}, ("l.png", tarfile.SYMTYPE, "../x")), "outside"),
    "device": (tar_of({}, ("d.png", tarfile.CHRTYPE, "")), "special file"),
}


@pytest.mark.skipif(
    not hasattr(tarfile, "data_filter"), reason="Python before 3.11.4: no data filter"
)
@pytest.mark.parametrize(("data", "reason"), DISHONEST.values(), ids=DISHONEST)
def test_an_archive_that_reaches_outside_is_refused(tmp_path, data, reason):
    (tmp_path / "mine.tgz").write_bytes(data)
    with pytest.raises(ValueError, match=f"unsafe .*{reason}.*a source you trust"):
        load(tmp_path / "mine.tgz")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.tgz"]


@pytest.mark.parametrize("kind", ["tgz", "zip"])
@pytest.mark.parametrize("harm", ["cut", "end", "empty", "text", "zeros"])
def test_a_damaged_archive_says_so(tmp_path, cache, kind, harm):
    path = laid(tmp_path / f"mine.{kind}", photos(each=40))
    data = path.read_bytes()
    third = len(data) // 3
    changed = {"cut": half(data), "end": data[:-9], "empty": b"", "text": b"<html>"}
    changed["zeros"] = data[:third] + bytes(1000) + data[third + 1000 :]
    path.write_bytes(changed[harm])
    with pytest.raises(ValueError, match="damaged|cannot be used") as caught:
        load(path)
    assert path.name in str(caught.value) and "\n" not in str(caught.value)
    assert not cache.exists()


def test_a_damaged_header_is_not_taken_for_the_end_of_a_tar(tmp_path):
    """tarfile stops there without a word, and 39 of 40 photos would be gone."""
    path, data = tmp_path / "plain.tar", gzip.decompress(tar_of(photos(each=20)))
    path.write_bytes(data.replace(b"roses/1.png", b"\xff" * 11, 1))
    with tarfile.open(path) as archive:
        assert len(archive.getmembers()) == 1
    with pytest.raises(ValueError, match="bytes that belong to no member"):
        load(path)


# What is kept


@pytest.mark.parametrize("harm", ["cut", "empty", "text", "flipped", "a program"])
def test_damaged_prepared_pixels_are_named(tmp_path, cache, harm):
    path = laid(tmp_path / "mine", photos())
    good = load(path)
    kept = prepared(cache)
    data = kept.read_bytes()
    middle = data.index(levels(good).astype(np.uint8).tobytes()) + 9
    changed = {"cut": half(data), "empty": b"", "text": b"x"}
    changed["flipped"] = data[:middle] + b"\x01" + data[middle + 1 :]
    if harm == "a program":
        np.savez(kept, pixels=np.array([print], dtype=object))  # a pickle could run it
    else:
        kept.write_bytes(changed[harm])
    with pytest.raises(ValueError, match=r"\.npz is damaged .*: delete it, it is made"):
        load(path)
    kept.unlink()
    np.testing.assert_array_equal(load(path).pixels, good.pixels)


def test_a_full_disk_costs_only_the_time_of_next_time(tmp_path, cache, monkeypatch):
    def full(file, **arrays):
        file.write(b"the first half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(images_module.np, "savez", full)
    with pytest.warns(UserWarning, match="No space left on device.*GANFLOW_DATA"):
        assert len(load(laid(tmp_path / "mine", photos()))) == 4
    assert list((cache / "prepared").iterdir()) == []


PROGRAM = """
import os, sys, numpy
from ganflow.data import load_images
def half(file, **arrays):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), 9)
if sys.argv[2] == "killed":
    numpy.savez = half
print(load_images(sys.argv[1], size=8, progress=False).pixels.mean())
"""


def started(path, how):
    command = [sys.executable, "-c", PROGRAM, path, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_while_it_writes_it_leaves_no_half_file(tmp_path, cache):
    path = laid(tmp_path / "mine", photos())
    run = started(path, "killed")
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    assert prepared(cache).read_bytes() == b"half"
    assert prepared(cache).suffix == ".part" and len(load(path)) == 4


def test_several_processes_prepare_the_same_file(tmp_path, cache):
    """As the processes of one training do."""
    path = laid(tmp_path / "mine", photos(each=50))
    runs = [started(path, "whole") for _ in range(3)]
    means = {run.communicate()[0] for run in runs}
    assert len(means) == 1 and [run.returncode for run in runs] == [0, 0, 0]
    assert prepared(cache).suffix == ".npz"
    assert float(means.pop()) == pytest.approx(load(path).pixels.mean())


# The flowers


ARCHIVE = tar_of(photos())


@pytest.fixture
def serve(monkeypatch):
    """Serve bytes in place of the flowers, where ARCHIVE is expected.

    The first `breaks` answers stop half way; each waits for `hold` seconds. Gives the
    list of the requests that came.
    """
    pytest.importorskip("pooch", reason="nothing can be fetched without pooch")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setattr(images_module, "FLOWERS_SHA256", sha256(ARCHIVE).hexdigest())
    running = []

    def start(data, breaks=0, status=200, hold=0.0):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                threading.Event().wait(hold)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(half(data) if len(asked) <= breaks else data)

            def log_message(self, *_):
                """Keep the test's output clean."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        address = f"http://127.0.0.1:{server.server_port}/f.tgz"
        monkeypatch.setattr(images_module, "FLOWERS_URL", address)
        return asked

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def check_flowers(found):
    assert levels(found)[:, 0, 0, 0].tolist() == [255, 255, 0, 0]
    assert found.name == "flowers" and "CC BY 2.0" in found.credit
    assert found.credit_of(0) == "CC-BY by painter of roses/0.png"


def left(cache):
    """What lies in the cache folder, but for the empty lock."""
    files = cache.iterdir() if cache.exists() else ()
    return [path.name for path in files if path.suffix != ".lock"]


@pytest.mark.parametrize("breaks", [0, 2])
def test_flowers_are_fetched_once_although_the_line_breaks(serve, capsys, breaks):
    asked = serve(ARCHIVE, breaks)
    for _ in range(2):
        check_flowers(load("flowers", progress=True))
    assert len(asked) == breaks + 1 and "100%" in capsys.readouterr().err


def test_two_at_once_fetch_them_once(serve):
    asked = serve(ARCHIVE, hold=0.5)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(load, ["flowers"] * 2):
            check_flowers(found)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"data": ARCHIVE[::-1]}, "hash"),
        ({"data": b"<html>please log in</html>"}, "hash"),
        ({"data": half(ARCHIVE)}, "hash"),
        ({"data": ARCHIVE, "breaks": 3}, "broken"),
        ({"data": ARCHIVE, "status": 404}, "404"),
    ],
)
def test_what_is_not_the_archive_is_said_and_not_kept(serve, cache, how, reason):
    serve(**how)
    with pytest.raises(OSError, match=f"was not fetched .*{reason}.*by hand"):
        load("flowers")
    assert left(cache) == []


def test_a_host_that_cannot_be_reached_is_named(serve, cache, monkeypatch):
    serve(ARCHIVE)
    monkeypatch.setattr(images_module, "FLOWERS_URL", "http://127.0.0.1:9/f.tgz")
    with pytest.raises(OSError, match="not fetched .*127.0.0.1.*check the network"):
        load("flowers")
    assert left(cache) == []
    cache.rename(cache.with_name("elsewhere"))
    cache.write_text("no folder")
    with pytest.raises(OSError, match="cache takes 229 MB .GANFLOW_DATA may name"):
        load("flowers")


@pytest.mark.parametrize("name", images_module.FLOWERS_FILES)
def test_flowers_laid_by_hand_need_no_network_nor_pooch(cache, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "pooch", None)  # importing it now fails
    with pytest.raises(ModuleNotFoundError, match="pip install pooch, or copy http"):
        load("flowers")
    cache.mkdir()
    laid(cache / name, photos())
    check_flowers(load("flowers"))


def test_where_files_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GANFLOW_DATA", "")
    assert images_module.cache_folder() == tmp_path / ".cache" / "ganflow"
    monkeypatch.setenv("GANFLOW_DATA", "~/elsewhere")
    assert images_module.cache_folder() == tmp_path / "elsewhere"


@pytest.mark.skipif(
    not SHARED.is_dir(), reason="no real images here: ../shared/data is missing"
)
def test_the_real_photos_are_squares_that_name_their_makers(cache):
    flowers = load(SHARED / "flower_photos_subset" / "flower_photos", size=64)
    assert flowers.pixels.shape == (1040, 3, 64, 64)
    assert all("CC-BY" in line and "flickr.com" in line for line in flowers.credits)
    path = SHARED / "flower_photos_64px_derived.zip"
    (cache / path.name).symlink_to(path)
    flowers = load("flowers", size=64)
    assert len(flowers) == len(flowers.credits) == 3670 and all(flowers.credits)
    with zipfile.ZipFile(path) as archive:
        name = sorted(n for n in archive.namelist() if n.endswith(".jpg"))[1000]
        with Image.open(io.BytesIO(archive.read(name))) as photo:
            untouched = np.asarray(photo).transpose(2, 0, 1)
    np.testing.assert_array_equal(levels(flowers)[1000], untouched)
    with pytest.raises(ValueError, match="3670 of 3670 images .*enlarge=True"):
        load("flowers", size=65)
