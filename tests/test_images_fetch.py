"""A file is fetched once, whole and checked, from a server that may misbehave."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import requests
from image_makers import idx_of, levels, photos, remote, tar_of
from image_server import serving

from ganflow.data import load_images
from ganflow.data.images import download, sources
from ganflow.data.images.download import local_file

NOISE = np.random.default_rng(0).integers(0, 256, 1_000_000, dtype=np.uint8).tobytes()
NAME = "set/noise.bin"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """pooch waits 1 s, then 2 s, before it tries again. A break may fall anywhere."""
    pytest.importorskip("pooch", reason="nothing can be fetched without pooch")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setattr(download, "CHUNK", 1000)


def fetch(file, folder, progress=False):
    return local_file(file, folder, progress=progress)


def left(folder):
    """What lies in the cache folder, but for the empty lock."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if path.suffix != ".lock"}


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/noise.bin"


def test_a_file_is_fetched_once(tmp_path):
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        for _ in range(2):
            path = fetch(file, tmp_path)
            assert path == tmp_path / NAME and path.read_bytes() == NOISE
        assert host.asked == [("noise.bin", None)]
    assert left(tmp_path) == {"noise.bin"}


def test_a_bar_shows_the_bytes_unless_it_is_not_wanted(tmp_path, capsys):
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        fetch(file, tmp_path / "a", progress=True)
        assert "noise.bin: 100%" in capsys.readouterr().err
        fetch(file, tmp_path / "b")
        assert "%" not in capsys.readouterr().err


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize(
    ("ranges", "asked"),
    [
        (True, [None, "bytes=300000-", "bytes=500000-"]),
        (False, [None, "bytes=300000-", "bytes=200000-"]),
    ],
)
def test_a_broken_download_goes_on_where_it_stopped(tmp_path, ranges, asked, declares):
    """A server that does not know ranges begins anew, and so does the file."""
    how = {"ranges": ranges, "declares": declares, "breaks": [300_000, 200_000]}
    with serving({"noise.bin": NOISE}, **how) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        assert fetch(file, tmp_path).read_bytes() == NOISE
        assert [wanted for _, wanted in host.asked] == asked
    assert left(tmp_path) == {"noise.bin"}


def test_what_arrived_is_kept_for_the_next_run(tmp_path):
    with serving({"noise.bin": NOISE}, breaks=[200_000] * 3) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        with pytest.raises(ConnectionError, match=r"broke off.*600,000 bytes are kept"):
            fetch(file, tmp_path)
        assert left(tmp_path) == {"noise.bin.part"}
        assert fetch(file, tmp_path).read_bytes() == NOISE
        assert host.asked[-1] == ("noise.bin", "bytes=600000-")
    assert left(tmp_path) == {"noise.bin"}


@pytest.mark.parametrize("before", [b"of another file", NOISE, NOISE + b"more"])
def test_a_wrong_beginning_on_the_disk_heals_itself(tmp_path, before):
    part = tmp_path / f"{NAME}.part"
    part.parent.mkdir()
    part.write_bytes(before)
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        assert fetch(file, tmp_path).read_bytes() == NOISE
    assert left(tmp_path) == {"noise.bin"}


@pytest.mark.parametrize(
    "wrong", [NOISE[::-1], NOISE + b"x", b"<html>please log in</html>", b""]
)
def test_another_file_than_expected_is_not_kept(tmp_path, wrong):
    with serving({"noise.bin": wrong}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        with pytest.raises(ConnectionError, match="noise.bin was not fetched.*by hand"):
            fetch(file, tmp_path)
    assert not (tmp_path / NAME).exists()
    if len(wrong) >= len(NOISE):
        assert left(tmp_path) == set()


def test_the_wrong_checksum_is_said(tmp_path):
    with serving({"noise.bin": NOISE[::-1]}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        with pytest.raises(ConnectionError, match="another SHA-256 than expected"):
            fetch(file, tmp_path)
        assert len(host.asked) == 3


def test_an_endless_answer_is_cut_off(tmp_path):
    """Ten times the expected bytes do not fill the disk."""
    with serving({"noise.bin": NOISE * 10}) as host:
        file = remote(NAME, NOISE[:1000], host.url("noise.bin"))
        written = []
        write = download._write

        def watched(response, part, *rest):
            write(response, part, *rest)
            written.append(part.stat().st_size)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(download, "_write", watched)
            with pytest.raises(ConnectionError, match="another SHA-256"):
                fetch(file, tmp_path)
    assert max(written) <= 2 * download.CHUNK
    assert left(tmp_path) == set()


@pytest.mark.parametrize(
    ("how", "path", "message"),
    [
        ({}, "gone.bin", "answered 404 Not Found"),
        ({"status": 500}, "noise.bin", "answered 500 Internal Server Error"),
        ({"status": 403}, "noise.bin", "answered 403 Forbidden"),
    ],
)
def test_what_the_server_answered_is_said(tmp_path, how, path, message):
    with serving({"noise.bin": NOISE}, **how) as host:
        file = remote(NAME, NOISE, host.url(path))
        with pytest.raises(ConnectionError, match=message) as caught:
            fetch(file, tmp_path)
    assert file.urls[0] in str(caught.value) and str(tmp_path / NAME) in str(
        caught.value
    )
    assert left(tmp_path) == set()


def test_a_host_that_cannot_be_reached_is_named(tmp_path):
    urls = (closed_port(), "http://no-such-host.invalid/noise.bin")
    with pytest.raises(ConnectionError) as caught:
        fetch(remote(NAME, NOISE, *urls), tmp_path)
    message = str(caught.value)
    assert all(f"{url} cannot be reached" in message for url in urls)
    assert "check the network and run it again, or copy the file to" in message
    assert "\n" not in message and "kept" not in message
    assert left(tmp_path) == set()


def test_a_server_that_falls_silent_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    how = {"breaks": [1000] * 3, "stall": True}
    with serving({"noise.bin": NOISE}, **how) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        with pytest.raises(ConnectionError, match="nothing for 0.2 s.*3,000 bytes"):
            fetch(file, tmp_path)


def test_no_server_is_asked_to_compress_what_it_sends(tmp_path):
    """A range of compressed bytes is not the rest of the file."""
    with serving({"noise.bin": NOISE}, breaks=[200_000]) as host:
        fetch(remote(NAME, NOISE, host.url("noise.bin")), tmp_path)
        assert host.encodings == ["identity", "identity"]


def test_the_second_address_is_asked_when_the_first_fails(tmp_path):
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, closed_port(), host.url("noise.bin"))
        assert fetch(file, tmp_path).read_bytes() == NOISE


def test_two_at_once_fetch_it_once(tmp_path):
    """As the processes of one training do."""
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        both = [threading.Thread(target=fetch, args=(file, tmp_path)) for _ in "ab"]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert len(host.asked) == 1
    assert (tmp_path / NAME).read_bytes() == NOISE


def test_a_killed_download_leaves_no_half_file_and_is_resumed(tmp_path):
    code = (
        "import sys; from pathlib import Path; "
        "from ganflow.data.images.download import local_file; "
        "from ganflow.data.images.sources import RemoteFile; "
        "path, n, sha, url, folder = sys.argv[1:]; "
        "file = RemoteFile(path, int(n), sha, (url,)); "
        "local_file(file, Path(folder), progress=False)"
    )
    with serving({"noise.bin": NOISE}, breaks=[600_000], stall=True) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        given = [file.path, str(file.bytes), file.sha256, file.urls[0], str(tmp_path)]
        run = subprocess.Popen([sys.executable, "-c", code, *given])
        part = tmp_path / f"{NAME}.part"
        waited = threading.Event()
        while not (part.exists() and part.stat().st_size) and run.poll() is None:
            waited.wait(0.01)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        kept = part.stat().st_size
        assert 0 < kept <= 600_000 and not (tmp_path / NAME).exists()
        assert fetch(file, tmp_path).read_bytes() == NOISE
        assert host.asked[-1] == ("noise.bin", f"bytes={kept}-")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_leaves_nothing(tmp_path):
    """/dev/full answers every write with: no space left on device."""
    part = tmp_path / f"{NAME}.part"
    part.parent.mkdir()
    part.symlink_to("/dev/full")
    with serving({"noise.bin": NOISE}) as host:
        file = remote(NAME, NOISE, host.url("noise.bin"))
        with pytest.raises(OSError, match=r"No space left.*free 1 MB.*GANFLOW_DATA"):
            fetch(file, tmp_path)
    assert left(tmp_path) == set() and not part.is_symlink()


def test_a_cache_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "cache").write_text("not a folder")
    file = remote(NAME, NOISE, closed_port())
    with pytest.raises(OSError, match=r"cannot be kept in .*cache.*GANFLOW_DATA"):
        fetch(file, tmp_path / "cache")


def test_a_wrong_file_laid_by_hand_is_named_and_left_alone(tmp_path):
    path = tmp_path / NAME
    path.parent.mkdir()
    path.write_bytes(b"something else")
    file = remote(NAME, NOISE, closed_port())
    with pytest.raises(ValueError, match=r"has the SHA-256.*14 bytes.*delete"):
        fetch(file, tmp_path)
    assert path.read_bytes() == b"something else"


def without(monkeypatch, *modules):
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)  # importing it now fails


def test_without_pooch_it_says_what_to_do(tmp_path, monkeypatch):
    without(monkeypatch, "pooch")
    file = remote(NAME, NOISE, "http://here/noise.bin")
    with pytest.raises(ModuleNotFoundError, match="pip install pooch, or copy"):
        fetch(file, tmp_path)


@pytest.fixture
def flowers(tmp_path, monkeypatch):
    """A small set of flowers, and an empty cache folder."""
    monkeypatch.setenv("GANFLOW_DATA", str(tmp_path))
    data = tar_of(photos())

    def at(url):
        file = remote("flower_photos.tgz", data, url)
        monkeypatch.setattr(sources, "FLOWERS_FILE", file)
        return data

    return at


def load_flowers(**how):
    return load_images("flowers", size=8, progress=False, **how)


def check_flowers(found):
    assert levels(found)[:, 0, 0, 0].tolist() == [255, 255, 0, 0]
    assert found.classes == ("roses", "tulips") and found.licence == "CC BY 2.0"
    assert found.credit_of(0) == "CC-BY by painter of roses/0.png"


def test_flowers_are_fetched_prepared_and_kept(flowers, tmp_path):
    with serving({}) as host:
        host.files["f.tgz"] = flowers(host.url("f.tgz"))
        for _ in range(2):
            check_flowers(load_flowers())
        (tmp_path / "flower_photos.tgz").unlink()
        check_flowers(load_flowers())  # the prepared pixels suffice
        assert len(host.asked) == 1


def test_a_cache_folder_filled_by_hand_needs_no_network_nor_pooch(
    flowers, tmp_path, monkeypatch
):
    data = flowers("http://nowhere.invalid/")
    without(monkeypatch, "pooch", "requests", "filelock")
    (tmp_path / "flower_photos.tgz").write_bytes(data)
    check_flowers(load_flowers())


def test_fashion_is_fetched_from_its_two_files(tmp_path, monkeypatch):
    monkeypatch.setenv("GANFLOW_DATA", str(tmp_path))
    grey = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    files = {"x.gz": idx_of(grey), "y.gz": idx_of(np.array([9, 0, 3, 3, 1]))}
    with serving(files) as host:
        table = tuple(remote(n, data, host.url(n)) for n, data in files.items())
        monkeypatch.setitem(sources.FASHION_FILES, "fashion", table)
        found = load_images("fashion", size=28, progress=False)
        np.testing.assert_array_equal(levels(found)[:, 0], grey)
        assert [found.classes[k] for k in found.labels[:2]] == [
            "Ankle boot",
            "T-shirt/top",
        ]
        three = load_images("fashion", size=32, channels=3, progress=False)
        assert three.pixels.shape == (5, 3, 32, 32) and len(host.asked) == 2


GREY = np.zeros((3, 28, 28))
WRONG = {
    "wrong size": (
        idx_of(np.zeros((3, 27, 28))),
        idx_of(np.zeros(3)),
        r"\(3, 27, 28\)",
    ),
    "labels missing": (idx_of(GREY), idx_of(np.zeros(2)), "2 labels"),
    "labels for images": (idx_of(np.zeros(3)), idx_of(np.zeros(3)), "of 3 dimensions"),
    "no gzip": (b"<html>", idx_of(np.zeros(3)), "is damaged"),
    "cut": (idx_of(GREY)[:-9], idx_of(np.zeros(3)), "is damaged"),
    "empty": (b"", idx_of(np.zeros(3)), "an idx file of 3 dimensions"),
}


@pytest.mark.parametrize("case", WRONG)
def test_fashion_files_that_do_not_fit_are_refused(tmp_path, monkeypatch, case):
    """With a checksum that agrees: as if the table itself were wrong."""
    images, labels, message = WRONG[case]
    monkeypatch.setenv("GANFLOW_DATA", str(tmp_path))
    table = (remote("x.gz", images), remote("y.gz", labels))
    monkeypatch.setitem(sources.FASHION_FILES, "fashion", table)
    for file, data in zip(table, (images, labels), strict=True):
        (tmp_path / file.path).write_bytes(data)
    with pytest.raises(ValueError, match=message) as caught:
        load_images("fashion", size=28, progress=False)
    assert "delete" in str(caught.value)
    assert left(tmp_path) == {"x.gz", "y.gz"}


def test_the_table_names_a_file_only_inside_the_cache_folder():
    files = [f for pair in sources.FASHION_FILES.values() for f in pair]
    for file in [*files, sources.FLOWERS_FILE]:
        assert not Path(file.path).is_absolute() and ".." not in Path(file.path).parts
        assert len(file.sha256) == 64 and len(file.urls) == 2
        assert all(requests.Request("GET", url).prepare().url for url in file.urls)
