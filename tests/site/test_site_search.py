"""What the search finds when an error message is pasted into it."""

from urllib.parse import quote

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CHAPTER = "notebooks/10_errors/"
# message -> the entry that must come first; shapes and names are a reader's own
PASTED = {
    "RuntimeError: Trying to backward through the graph a second time (or directly "
    "access saved tensors after they have already been freed).": (
        "read_the_error.html#trying-to-backward-through-the-graph-a-second-time"
    ),
    "one of the variables needed for gradient computation has been modified by an "
    "inplace operation: [torch.cuda.FloatTensor [64, 3, 7, 7]] is at version 4; "
    "expected version 3 instead.": (
        "read_the_error.html#modified-by-an-inplace-operation-a-step-in-between"
    ),
    "RuntimeError: One of the differentiated Tensors does not require grad": (
        "mend_the_penalty.html#one-of-the-differentiated-tensors-does-not-require-grad"
    ),
    "AttributeError: 'Adam' object has no attribute 'minimize'": (
        "read_the_tape.html#adam-object-has-no-attribute-minimize"
    ),
    "UserWarning: Gradients do not exist for variables ['encoder/bias'] when "
    "minimizing the loss.": "read_the_tape.html#gradients-do-not-exist-for-variables",
}
FOUND = "#search-results ul.search li a"


@pytest.mark.parametrize("message", PASTED)
def test_a_pasted_message_finds_its_entry_first(visit, message):
    page = visit(f"search.html?q={quote(message)}")
    first = page.wait_for_selector(FOUND).get_attribute("href")
    assert first == CHAPTER + PASTED[message]


@pytest.mark.parametrize("word", ["R1", "detach", "gradient penalty"])
def test_short_words_and_few_words_are_found(visit, word):
    page = visit(f"search.html?q={quote(word)}")
    page.wait_for_function(f"document.querySelectorAll('{FOUND}').length > 3")
    assert page.locator(FOUND).count() > 3
