"""A folder or an archive gives all of its images, or says which cannot be used."""

import gzip
import os
import tarfile
import zipfile

import numpy as np
import pytest
from image_makers import encoded, folder_of, levels, photos, plain, tar_of, zip_of
from PIL import Image

from ganflow.data import load_images
from ganflow.data.images import members as members_module
from ganflow.data.images.decode import decode
from ganflow.data.images.options import Options


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own, still missing."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GANFLOW_DATA", str(folder))
    return folder


def load(path, size=8, **how):
    return load_images(path, size=size, **{"progress": False} | how)


def laid(tmp_path, kind, files):
    """The same files as a folder, a tar or a zip."""
    path = tmp_path / f"mine.{kind}"
    if kind == "folder":
        return folder_of(files, path)
    path.write_bytes({"tgz": tar_of, "zip": zip_of}[kind](files))
    return path


@pytest.mark.parametrize("kind", ["folder", "tgz", "zip"])
def test_a_folder_and_its_archives_give_the_same(tmp_path, kind):
    path = laid(tmp_path, kind, photos())
    for again in (load(path), load(str(path))):  # prepared, then from the cache
        red, blue = [255, 0, 0], [0, 0, 255]
        assert levels(again)[:, :, 3, 3].tolist() == [red, red, blue, blue]
        assert again.labels.tolist() == [0, 0, 1, 1]
        assert again.classes == ("roses", "tulips")
        assert again.credit_of(2) == "CC-BY by painter of tulips/0.png"
        assert again.source == again.name == path.name
        assert again.pixels.dtype == np.float32 and again.licence == "not stated"


def test_pixels_run_from_minus_1_for_black_to_1_for_white(tmp_path):
    greys = np.arange(256, dtype=np.uint8).reshape(16, 16)
    folder_of({"a.png": encoded(Image.fromarray(greys))}, tmp_path / "one")
    found = load(tmp_path / "one", size=16, channels=1).pixels[0, 0]
    assert found[0, 0] == -1 and found[-1, -1] == 1
    np.testing.assert_allclose(np.diff(found.ravel()), 2 / 255, rtol=1e-4)
    np.testing.assert_array_equal(np.rint((found + 1) * 127.5), greys)


def test_images_of_one_folder_have_no_labels_and_stand_in_the_order_of_names(tmp_path):
    files = {f"{k}.png": plain((k, 0, 0)) for k in (7, 1, 4)}
    found = load(folder_of(files, tmp_path / "flat"))
    assert found.labels is None and found.classes == () and found.credits == ()
    assert levels(found)[:, 0, 0, 0].tolist() == [1, 4, 7]


def test_hidden_files_and_other_kinds_of_files_are_left_out(tmp_path):
    files = {
        "a.PNG": plain("red"),
        ".b.png": b"hidden",
        "._a.png": b"left by a Mac",
        "__MACOSX/._a.png": b"",
        ".git/c.png": b"",
        "notes.txt": b"x",
        "SHA256SUMS": b"x",
    }
    for kind in ("folder", "zip"):
        assert len(load(laid(tmp_path, kind, files))) == 1


def test_linked_folders_are_followed_once(tmp_path):
    folder_of(photos(), tmp_path / "there")
    here = folder_of({"own.png": plain("red")}, tmp_path / "here")
    (here / "more").symlink_to(tmp_path / "there")
    (here / "again").symlink_to(here)
    assert len(load(here)) == 5


def test_a_changed_folder_is_prepared_again(tmp_path):
    folder = folder_of({"a.png": plain("red")}, tmp_path / "mine")
    before = load(folder)
    (folder / "a.png").write_bytes(plain("blue"))
    os.utime(folder / "a.png", (1, 1))
    assert levels(load(folder))[0, :, 0, 0].tolist() == [0, 0, 255]
    (folder / "b.png").write_bytes(plain("red"))
    assert [len(before), len(load(folder))] == [1, 2]


def test_each_option_has_prepared_pixels_of_its_own(tmp_path, cache):
    folder = folder_of({"a.png": plain("red", (24, 16))}, tmp_path / "mine")
    ways = [{}, {"size": 4}, {"channels": 1}, {"fit": "stretch"}]
    ways.append({"size": 24, "enlarge": True})
    for _ in range(2):
        shapes = [load(folder, **way).pixels.shape[1:] for way in ways]
    assert shapes == [(3, 8, 8), (3, 4, 4), (1, 8, 8), (3, 8, 8), (3, 24, 24)]
    assert len(list((cache / "prepared").iterdir())) == 5
    with pytest.raises(ValueError, match="24 x 16 pixels"):
        load(folder, size=24)  # although it was prepared with enlarge=True


def half(data):
    return data[: len(data) // 2]


UNUSABLE = {
    "half a png": (half(plain("red", (99, 99))), "truncated"),
    "half a jpeg": (half(plain("red", (99, 99), "JPEG")), "[Tt]runcated"),
    "half a gif": (half(plain("red", (99, 99), "GIF")), "truncated"),
    "nothing": (b"", "cannot identify"),
    "a page of text": (b"<html>404</html>", "cannot identify"),
    "too small": (plain("red", (7, 9)), "7 x 9 pixels, 8 only with enlarge=True"),
}


@pytest.mark.filterwarnings("ignore:Truncated File Read")  # nor is it needed to raise
@pytest.mark.parametrize(("data", "reason"), UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("kind", ["folder", "tgz", "zip"])
def test_one_unusable_image_among_good_ones_is_named(
    tmp_path, cache, kind, data, reason
):
    path = laid(tmp_path, kind, photos() | {"roses/a.png": data})
    with pytest.raises(ValueError, match=f"1 of 5 images .*roses/a.png.*{reason}"):
        load(path)
    assert not cache.exists()


def test_many_unusable_images_are_counted_and_the_first_named(tmp_path):
    files = {f"{k}.jpg": b"" for k in range(9)} | {"good.png": plain("red")}
    with pytest.raises(ValueError) as caught:
        load(folder_of(files, tmp_path / "bad"))
    message = str(caught.value)
    assert "9 of 10 images cannot be used: " in message and "and 4 more" in message
    assert message.count(".jpg") == 5 and message.count("\n") == 0


@pytest.mark.parametrize("suffix", [".heic", ".avif", ".svg"])
def test_an_image_in_a_format_that_cannot_be_read_is_not_passed_over(tmp_path, suffix):
    files = {"good.png": plain("red"), f"phone{suffix}": b"\0\0\0\x18ftypheic"}
    with pytest.raises(ValueError, match=f"1 of 2 images .*phone{suffix}"):
        load(folder_of(files, tmp_path / "phone"))


def test_a_link_to_nothing_and_a_pipe_are_named(tmp_path):
    folder = folder_of({"good.png": plain("red")}, tmp_path / "links")
    (folder / "gone.png").symlink_to(tmp_path / "gone.png")
    os.mkfifo(folder / "pipe.png")
    with pytest.raises(ValueError, match=r"2 of 3 images .*a broken link") as caught:
        load(folder)
    assert "gone.png" in str(caught.value) and "pipe.png" in str(caught.value)


@pytest.mark.parametrize("kind", ["folder", "tgz", "zip"])
def test_no_image_at_all_says_what_was_expected(tmp_path, cache, kind):
    path = laid(tmp_path, kind, {"notes/readme.txt": b"x"})
    with pytest.raises(ValueError, match="holds no image: expected files such as"):
        load(path)
    assert not cache.exists()


def test_an_image_of_dishonest_size_is_refused(tmp_path, monkeypatch):
    """Pillow warns from its limit on, and raises from twice that."""
    folder_of({"a.png": plain("red", (20, 20))}, tmp_path / "large")
    for limit in (300, 100):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(ValueError, match=r"a.png \(Image size \(400 pixels\)"):
            load(tmp_path / "large")


def test_credits_that_are_no_text_are_named(tmp_path):
    files = {"a.png": plain("red"), "LICENSE.txt": b"\xff\xfe"}
    with pytest.raises(ValueError, match="LICENSE.txt .*utf-8"):
        load(folder_of(files, tmp_path / "mine"))


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


GOOD = {"a.png": plain("red")}
DISHONEST = {
    "up.tgz": (tar_of(GOOD | {"../b.png": plain("red")}, top=""), "leave its folder"),
    "in.tgz": (tar_of({"x/../../b.png": plain("red")}), "leave its folder"),
    "root.tgz": (tar_of({"/etc/b.png": plain("red")}, top=""), "leave its folder"),
    "link.tgz": (tar_of(GOOD, extra=[link("l.png", "/etc/passwd")]), "is a link"),
    "hard.tgz": (
        tar_of(GOOD, extra=[link("l.png", "a.png", tarfile.LNKTYPE)]),
        "is a link",
    ),
    "dev.tgz": (
        tar_of(GOOD, extra=[link("d.png", "", tarfile.CHRTYPE)]),
        "a link or a device",
    ),
    "up.zip": (zip_of({"../b.png": plain("red")}), "leave its folder"),
    "root.zip": (zip_of({"/b.png": plain("red")}), "leave its folder"),
    "drive.zip": (zip_of({"C:b.png": plain("red")}), "leave its folder"),
    "slash.zip": (zip_of({"..\\b.png": plain("red")}), "leave its folder"),
    "link.zip": (zip_of(GOOD, extra=[zip_link("l.png")]), "is a link"),
}


@pytest.mark.parametrize("name", DISHONEST)
def test_an_archive_that_reaches_outside_is_refused(tmp_path, name, cache):
    data, reason = DISHONEST[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=f"{reason}.*a source you trust"):
        load(tmp_path / name)
    assert {p.name for p in tmp_path.iterdir()} == {name}  # nothing was unpacked


@pytest.mark.parametrize("kind", ["tgz", "zip"])
@pytest.mark.parametrize(
    ("limit", "bytes_"), [("LARGEST_MEMBER", 5_000), ("LARGEST_TOTAL", 2_000)]
)
def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path, monkeypatch, kind, limit, bytes_
):
    """A thousand bytes that become a million; the limits here are small ones."""
    monkeypatch.setattr(members_module, limit, bytes_)
    path = laid(tmp_path, kind, GOOD | {"zeros.png": bytes(1_000_000)})
    assert path.stat().st_size < 1_100_000
    with pytest.raises(ValueError, match="zeros.png it unpacks to 1,000,.* at most"):
        load(path)


@pytest.mark.parametrize("kind", ["tgz", "zip"])
@pytest.mark.parametrize("harm", ["cut", "end", "empty", "text", "flipped"])
def test_a_damaged_archive_says_so(tmp_path, cache, kind, harm):
    path = laid(tmp_path, kind, photos(each=40))
    data = bytearray(path.read_bytes())
    if harm == "flipped":
        for at in range(len(data) // 3, len(data) // 2):
            data[at] ^= 0xFF
    changed = {"cut": half(data), "end": data[:-9], "empty": b"", "text": b"<html>"}
    path.write_bytes(changed.get(harm, data))
    with pytest.raises(ValueError, match="damaged|cannot be used") as caught:
        load(path)
    assert path.name in str(caught.value) and "\n" not in str(caught.value)
    assert not cache.exists()


def test_a_damaged_header_is_not_taken_for_the_end_of_a_tar(tmp_path):
    """tarfile stops there without a word, and 39 of 40 photos would be gone."""
    path = tmp_path / "plain.tar"
    data = bytearray(gzip.decompress(tar_of(photos(each=20))))
    second = data.index(b"flower_photos/roses/1.png")
    data[second : second + 9] = b"\xff" * 9
    path.write_bytes(data)
    with tarfile.open(path) as archive:
        assert len(archive.getmembers()) == 1
    with pytest.raises(ValueError, match="bytes that belong to no member"):
        load(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_no_damage_leads_to_anything_but_pixels_or_one_sentence(tmp_path, kind):
    """Random bytes changed in a real file, 40 times."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    good = np.frombuffer(encoded(Image.fromarray(noise), kind), np.uint8)
    path, used = tmp_path / f"a.{kind.lower()}", 0
    for _ in range(40):
        data = good.copy()
        data[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
        path.write_bytes(data[: rng.integers(len(data) // 2, 2 * len(data))].tobytes())
        try:
            assert load(tmp_path, enlarge=True).pixels.shape == (1, 3, 8, 8)
            used += 1
        except ValueError as error:
            assert f"1 of 1 images cannot be used: {path.name}" in str(error)
    assert used < 40


def test_the_option_channels_none_means_three_for_photos():
    assert decode(plain("red"), Options(8)).shape == (3, 8, 8)
