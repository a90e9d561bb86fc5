"""One wording for a caller's mistake: what came, and what was expected."""

import math

import numpy as np
import pytest

from ganflow.check import number, one_of, whole

NOT_A_NUMBER = ["0.1", None, True, math.nan, math.inf, -math.inf, 1j, [1.0]]


def test_a_known_value_is_given_back():
    assert one_of("loss", "hinge", ("hinge", "log")) == "hinge"
    assert one_of("size", 32, {16: "a", 32: "b"}) == 32


def test_an_unknown_value_is_named_with_all_that_are_known():
    with pytest.raises(ValueError) as caught:
        one_of("loss", "soft", (name for name in ("hinge", "log")))
    assert str(caught.value) == "loss is 'soft'; expected one of hinge, log"
    with pytest.raises(ValueError, match="^size is 20; expected one of 16, 32$"):
        one_of("size", 20, (16, 32))


@pytest.mark.parametrize("value", [3, 0.5, np.float32(0.5), np.int64(3), -1e308])
def test_a_number_becomes_a_float(value):
    found = number("rate", value)
    assert type(found) is float and found == value


@pytest.mark.parametrize("value", NOT_A_NUMBER, ids=repr)
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError) as caught:
        number("rate", value)
    assert str(caught.value) == f"rate is {value!r}; expected a finite number"


@pytest.mark.parametrize(
    ("limits", "reached", "beyond", "words"),
    [
        ({"above": 0}, 1e-300, 0, "above 0"),
        ({"least": 0}, 0, -1e-300, "at least 0"),
        ({"below": 1}, 1 - 1e-16, 1, "below 1"),
        ({"most": 10}, 10, 10.000001, "at most 10"),
        ({"least": 0, "below": 1}, 0.0, 1.0, "at least 0 and below 1"),
        ({"above": -1, "below": 1}, -0.5, -1, "above -1 and below 1"),
    ],
)
def test_a_limit_is_reached_or_not_as_it_says(limits, reached, beyond, words):
    assert number("rate", reached, **limits) == reached
    with pytest.raises(ValueError) as caught:
        number("rate", beyond, **limits)
    expected = f"rate is {beyond!r}; expected a finite number, {words}"
    assert str(caught.value) == expected


@pytest.mark.parametrize("value", [1, np.int64(7), 2**80])
def test_a_whole_number_becomes_an_int(value):
    found = whole("batch", value, least=1)
    assert type(found) is int and found == value


@pytest.mark.parametrize("value", [0, 2.0, 2.5, *NOT_A_NUMBER], ids=repr)
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError) as caught:
        whole("batch", value, least=1)
    expected = f"batch is {value!r}; expected a whole number, at least 1"
    assert str(caught.value) == expected


def test_a_whole_number_stays_below_its_limit():
    assert whole("seed", 2**63 - 1, least=0, below=2**63) == 2**63 - 1
    with pytest.raises(ValueError, match="whole number, at least 0 and below 9223372"):
        whole("seed", 2**63, least=0, below=2**63)
