"""Shown source is the source, figures suit both pages, start-up is silent."""

import ast
import importlib
import os
import subprocess
import sys
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from contrast import contrast

from ganflow import page as helpers
from ganflow.page import (
    answer,
    answer_number,
    quiet_start,
    raises,
    refuses,
    show_source,
    source_of,
    use_book_style,
)
from ganflow.records import Flow, FlowCell


def body(code):
    """The code's syntax tree without docstrings, as text."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.dump(tree)


@pytest.mark.parametrize("taught", [Flow, FlowCell, FlowCell.of_norms, show_source])
def test_shown_source_differs_from_the_file_only_in_docstrings(taught):
    short, whole = source_of(taught), source_of(taught, docstrings=True)
    assert body(short) == body(whole)
    assert len(short) <= len(whole)
    assert short.startswith(f"# {taught.__module__}\n")


def test_a_long_docstring_keeps_its_first_paragraph():
    shown = source_of(show_source)
    assert '"""Show the source of functions or classes of the package' in shown
    assert "Parameters" not in shown
    assert "Parameters" in source_of(show_source, docstrings=True)


def test_outside_a_notebook_the_source_is_printed(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    show_source(Flow, FlowCell)
    assert capsys.readouterr().out == f"{source_of(Flow)}\n\n\n{source_of(FlowCell)}\n"


def test_in_a_notebook_the_source_is_a_block_of_code(monkeypatch):
    shown = []
    monkeypatch.setitem(sys.modules, "ipykernel", helpers)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    show_source(Flow)
    assert shown[0]["text/markdown"] == f"```python\n{source_of(Flow)}\n```"
    assert shown[0]["text/plain"] == source_of(Flow)


@pytest.mark.parametrize("wrong", [3.0, len])
def test_what_has_no_source_gets_one_sentence(wrong):
    with pytest.raises(TypeError, match="no Python source to show"):
        show_source(wrong)


def test_ink_and_both_players_stand_out_on_the_paper_of_a_figure():
    assert contrast(helpers.INK, helpers.PAPER) >= 7  # text, even where it is small
    for colour in helpers.CYCLE[:2]:
        assert contrast(colour, helpers.PAPER) > 3  # what WCAG asks of a graph's lines


def test_a_figure_brings_its_paper_and_has_lines_that_differ_in_dashes():
    with matplotlib.rc_context():
        use_book_style()
        figure, axes = plt.subplots()
        lines = [axes.plot([0, 1])[0] for _ in helpers.CYCLE]
        figure.canvas.draw()
        corner = np.asarray(figure.canvas.buffer_rgba())[0, 0] / 255
        ink = matplotlib.colors.to_hex(axes.xaxis.label.get_color())
        plt.close(figure)
    assert matplotlib.colors.to_hex(corner, keep_alpha=True) == helpers.PAPER + "ff"
    assert ink == helpers.INK
    assert (
        len({str(line.get_linestyle()) + str(line._dash_pattern) for line in lines})
        == 6
    )


QUIET = """
import os
from ganflow.page import quiet_start
with quiet_start():
    {block}
os.write(2, b"after")
"""


def stderr_of(block):
    command = [sys.executable, "-c", QUIET.format(block=block)]
    return subprocess.run(command, capture_output=True, text=True).stderr


def test_tensorflow_starts_in_silence():
    assert stderr_of("import tensorflow") == "after"


def test_a_failing_start_shows_what_was_said():
    said = stderr_of("os.write(2, b'cause'); raise OSError('broken')")
    assert said.startswith("cause") and "OSError: broken" in said
    assert "after" not in said


def test_quiet_start_gives_stderr_back(capfd):
    with quiet_start():
        os.write(2, b"hidden")
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"


def test_a_tensorflow_that_it_imports_is_kept_off_the_gpu(tmp_path, monkeypatch):
    """The stand-in only notes what it is told: no GPU is needed to see that."""
    (tmp_path / "tensorflow.py").write_text(
        "class config:\n"
        "    told = []\n"
        "    def set_visible_devices(*what):\n"
        "        config.told.append(what)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    for _ in range(2):  # it can only be told before it has looked for devices
        with quiet_start():
            tensorflow = importlib.import_module("tensorflow")
    assert tensorflow.config.told == [([], "GPU")]
    monkeypatch.delitem(sys.modules, "tensorflow")


def test_the_line_that_holds_the_words_is_printed_in_plain_text(capsys):
    with raises(ValueError, "second line"):
        raise ValueError("first line\n\tthe \x1b[1msecond line\x1b[0m\nThe third")
    assert capsys.readouterr().out == "ValueError: the second line\n"


def test_a_sentence_is_printed_to_its_end(capsys):
    with raises(ValueError, "the first"):
        raise ValueError("Pass the first, and \nmake two.\nOr the third.\nand")
    assert capsys.readouterr().out == "ValueError: Pass the first, and make two.\n"


def test_an_error_without_a_message_is_named(capsys):
    with raises(NotImplementedError, ""):
        raise NotImplementedError
    assert capsys.readouterr().out == "NotImplementedError:\n"


def test_an_empty_message_is_not_any_message():
    with pytest.raises(AssertionError, match="but came ValueError: some words"):
        with raises(ValueError, ""):
            raise ValueError("some words")


def test_a_long_message_is_folded(capsys):
    with raises(RuntimeError, "word"):
        raise RuntimeError("word " * 40)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3 and max(map(len, shown)) <= 88
    assert " ".join(shown) == "RuntimeError:" + " word" * 40


def test_a_warning_counts_as_an_error_of_its_class(capsys):
    with raises(UserWarning, "careful"):
        warnings.warn(
            "careful (Triggered internally at /some/place.cpp:7.)", stacklevel=1
        )
    assert capsys.readouterr().out == "UserWarning: careful\n"


@pytest.mark.parametrize(
    "error", [ValueError("other words"), TypeError("these"), UnicodeError("these")]
)
def test_no_other_error_passes(error, capsys):
    """Neither another message nor another class, be it a subclass of the named one."""
    came = f"with 'these', but came {type(error).__name__}: {error}"
    with pytest.raises(AssertionError, match=came), raises(ValueError, "these"):
        raise error
    assert capsys.readouterr().out == ""


def test_a_block_that_runs_to_its_end_is_told():
    with pytest.raises(AssertionError, match="nothing was raised"):
        with raises(ValueError, "these"):
            pass


def fail(error):
    raise error


def test_what_refuses_says_how_and_what_does_not_says_nothing(capsys):
    assert refuses(lambda: fail(ValueError("these words")), ValueError, "these") is True
    assert capsys.readouterr().out == "ValueError: these words\n"
    assert refuses(lambda: None, ValueError, "these") is False
    assert capsys.readouterr().out == ""


def test_a_warning_counts_as_a_refusal():
    assert refuses(lambda: warnings.warn("careful", stacklevel=1), UserWarning, "care")


@pytest.mark.parametrize("error", [ValueError("other"), TypeError("these")])
def test_what_refuses_in_another_way_is_told(error):
    with pytest.raises(AssertionError, match="expected ValueError with 'these', but"):
        refuses(lambda: fail(error), ValueError, "these")


@pytest.mark.parametrize("true", [True, np.True_, np.array(True), torch.tensor(True)])
def test_the_choice_that_holds_is_the_answer(true, capsys):
    answer(False, np.False_, true, torch.tensor(False))
    assert capsys.readouterr().out == "Answer: 3\n"


@pytest.mark.parametrize(
    ("claims", "held"), [((False, False), "none"), ((True, False, True), "1, 3")]
)
def test_not_exactly_one_choice_holds(claims, held):
    with pytest.raises(AssertionError, match=f"must hold, but here: {held}$"):
        answer(*claims)


@pytest.mark.parametrize("vague", [1, 0.0, "yes", None, np.ones(1), [True, False]])
def test_a_claim_is_true_or_false(vague):
    with pytest.raises(TypeError, match="one is .*: compare it"):
        answer(True, vague)


def test_a_number_is_told_with_its_tolerance(capsys):
    answer_number(np.float32(0.1), within=0)
    answer_number(46, within=10)
    said = capsys.readouterr().out
    assert said == "Answer: 0.1\nAnswer: 46, give or take 10\n"


@pytest.mark.parametrize(("x", "within"), [(np.nan, 1), (1, -1), (1, np.nan)])
def test_a_number_must_be_one(x, within):
    with pytest.raises(ValueError, match="expected a finite"):
        answer_number(x, within=within)
