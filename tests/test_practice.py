"""A self-check in a real browser: the first choice counts, the review names what to read again, and the browser keeps it."""

import pytest

from tools.chapters import ROOT
from tools.local_server import serve

QUESTION = """<p><strong>{number}. Which?</strong></p>
<details><summary>a) This</summary>
<p>No. Not this.</p>
</details>
<details><summary>b) That</summary>
<p>Yes. That.</p>
</details>
<p>Reread: <a href="#part-{number}">Part {number}</a></p>
"""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Chapter</title><script src="practice.js"></script></head>
<body><nav class="bd-sidebar-primary"><a class="reference internal" href="#">1. This one</a>
<a class="reference internal" href="02_other.html">2. Another</a></nav>
<section id="check-yourself"><h2>Check yourself</h2>{questions}
<details class="hide"><summary>Show code cell source</summary><pre>right_option(1, "b")</pre></details></section></body></html>
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "practice.js").write_bytes((ROOT / "book" / "_static" / "practice.js").read_bytes())
    questions = "".join(QUESTION.format(number=number) for number in (1, 2, 3))
    for name in ("01_this.html", "02_other.html"):
        (folder / name).write_text(PAGE.format(questions=questions), encoding="utf-8")
    with serve(folder) as served:
        yield served.address


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    page.goto(f"{address}01_this.html")
    yield page
    page.close()


def choose(page, letters: str) -> None:
    """One option of each question, in their order."""
    for number, letter in enumerate(letters):
        page.locator(f"summary:has-text('{letter})')").nth(number).click()


def review(page) -> str:
    return page.locator("[role=status]").inner_text()


def marks(page) -> list[str]:
    return page.locator("details:not(.hide) > summary").evaluate_all("all => all.map(each => each.dataset.mark)")


def test_before_an_answer_the_page_says_how_to_give_one(page):
    assert review(page) == "Open an option to choose it; your first choice counts."


def test_the_first_choice_counts_and_others_may_be_opened(page):
    choose(page, "a")
    page.locator("summary:has-text('b)')").first.click()
    assert marks(page) == ["wrong", "", "", "", "", ""]
    assert page.locator("details[open]").count() == 2
    assert review(page) == "1 of 3 answered."


def test_the_review_links_to_what_was_missed(page):
    choose(page, "aba")
    assert review(page).startswith("1 of 3 right at the first choice. To read again: Part 1, Part 3. ")
    assert page.locator("[role=status] a").evaluate_all("all => all.map(a => a.getAttribute('href'))") == [
        "#part-1",
        "#part-3",
    ]


def test_all_right_needs_no_reading(page):
    choose(page, "bbb")
    assert review(page) == "3 of 3 right at the first choice. Try again"


def test_the_browser_keeps_the_answers_of_each_chapter_for_itself(page, address):
    choose(page, "bab")
    page.goto(f"{address}02_other.html")
    assert marks(page) == [""] * 6
    assert page.locator("a.answered").count() == 0  # on this page the other link leads nowhere but to itself
    page.goto(f"{address}01_this.html")
    assert marks(page) == ["", "right", "wrong", "", "", "right"]
    assert page.locator("a.answered").all_inner_texts() == ["1. This one"]


def test_trying_again_forgets_and_leads_back_to_the_first_question(page):
    choose(page, "bbb")
    page.locator("[role=status] button").press("Enter")
    assert marks(page) == [""] * 6 and page.locator("details[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "a) This"
    assert page.evaluate("localStorage.getItem('course-answers')") == "{}"


def test_keys_alone_do(page):
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert marks(page)[0] == "wrong"


@pytest.mark.parametrize("kept", ["not JSON", "[]", "3", "null"])
def test_what_else_lies_in_the_store_does_no_harm(page, kept):
    page.evaluate("kept => localStorage.setItem('course-answers', kept)", kept)
    page.reload()
    choose(page, "bbb")
    assert review(page).startswith("3 of 3")


def test_a_browser_that_keeps_nothing_still_reviews(browser, address):
    page = browser.new_page()
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })")
    page.goto(f"{address}01_this.html")
    choose(page, "bbb")
    assert review(page).startswith("3 of 3")
    page.close()
