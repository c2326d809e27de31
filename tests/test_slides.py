"""Slides are made from the chapters alone, in their order, and can be shown with keys, by touch, on paper, and without scripts."""

import re

import pytest
from bs4 import BeautifulSoup
from live_project import eventually
from PIL import Image
from playwright.sync_api import expect

from tools import browse, slides
from tools.chapters import ROOT, PipelineError
from tools.check_pages import check_text, read_pages
from tools.policy import state
from tools.print_book import page_objects
from tools.slim_site import slim_page

pytestmark = pytest.mark.slow

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} — A small book</title></head><body>
<article class="bd-article">{body}</article></body></html>"""
HEADING = (
    '<h{level}><span class="section-number">{number}. </span>{words}<a class="headerlink" href="#{id}">#</a></h{level}>'
)
ALT = "A grey rectangle, drawn for this test as number"


def section(id, number, words, body, level=2):
    heading = HEADING.format(level=level, number=number, words=words, id=id)
    return f'<section id="{id}">{heading}{body}</section>'


def figure(number, classes=""):
    return (
        f'<div class="cell_output"><a class="reference internal" href="../_images/{number}.png">'
        f'<img class="{classes}" alt="{ALT} {number}" src="../_images/{number}.png" style="width: 60px; height: 30px;" /></a></div>'
    )


CLAIM = '<ul><li class="claim holds"><p><span class="tick" role="img" aria-label="Checked:">✓ </span>{words} <button class="source-link">source</button></p></li></ul>'
CODE = '<div class="cell"><pre><span class="k">for</span> coat <span class="k">in</span> coats: Predict</pre></div>'
QUESTION = """<p><strong>{number}. Which is a coat?</strong></p><details><summary>a) This</summary><p>No. Not this.</p></details>
<details><summary>b) That</summary><p>Yes. That one has sleeves.</p></details><p>Reread: <a href="#shape">Shape</a></p>"""
TERM = '<a class="reference internal" href="../book/glossary.html#term-pixel"><span class="xref std std-term">pixel</span></a>'

COUNT = section(
    "count",
    "1",
    "Count the garments",
    '<p class="quick-banner">Made on the quick budget.</p><p><strong>What you’ll do.</strong> Count coats &amp; shirts.</p>'
    "<p><strong>What you’ll learn.</strong> To count; to tell <em>coats</em>\nfrom shirts.</p>"
    + section(
        "shape",
        "1.1",
        "What has sleeves?",
        f"<p>Words about coats.</p>{CODE}{figure(1)}<p>Take one {TERM}. <strong>Predict:</strong> is it dark?</p>{CODE}"
        + CLAIM.format(words="It is dark.")
        + figure(2, "only-light")
        + figure(3, "only-dark")
        + CLAIM.format(words="The figure shows it.")
        + f'<p><strong>Predict</strong> how many.</p><details class="hide">{figure(9)}</details>'
        + CLAIM.format(words="There are more than one."),
    )
    + section("rest", "1.2", "And the rest?", f"<p>Nothing to see.</p>{CLAIM.format(words='Unasked.')}")
    + section(
        "formula", "1.3", "By which rule?", '<p>Long words. It is</p><div class="formula"><math><mi>x</mi></math></div>'
    )
    + section("check-yourself", "1.4", "Check yourself", QUESTION.format(number=1) + QUESTION.format(number=2))
    + section(
        "exercises", "1.5", "Exercises", "<p><strong>1. Count shoes.</strong> Return their number.</p>" + figure(8)
    )
    + section(
        "what-we-found",
        "1.6",
        "What we found",
        f"<ul>{''.join(f'<li><p>Coats <a href=#shape>have</a> {n} sleeves.</p></li>' for n in range(5))}</ul>",
    )
    + section(
        "further-reading",
        "1.7",
        "Further reading",
        '<ul><li><p><a href="https://example.org/">A book</a></p></li></ul>',
    ),
    level=1,
)
LOOK = section("look", "2", "Look", section("see", "2.1", "What do you see?", figure(4)), level=1)
TEACHERS = section(
    "for-teachers",
    "0",
    "For teachers",
    section(
        "session-1-coats",
        "0",
        "Session 1: Coats",
        "<p><strong>Aim.</strong> To count; to look.</p><p><strong>Ask.</strong> Why? And how?</p>",
    ),
    level=1,
)
PAGES = {"notebooks/01_count": COUNT, "notebooks/02_look": LOOK, "book/teachers": TEACHERS}
KINDS = [
    "title",
    "chapter",
    "goals",
    "figure",
    "predict",
    "figure",
    "predict",
    "answer",
    "heading",
    "told",
    "check",
    "check",
]
KINDS += ["exercises", "found", "found", "chapter", "figure", "ask"]


def write_site(folder, pages=PAGES):
    for name, body in pages.items():
        path = folder / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(state(PAGE.format(title=name, body=body.replace(' style="width: 60px; height: 30px;"', ""))))
    (folder / "_images").mkdir()
    for number in (1, 2, 3, 4, 8, 9):
        Image.new("L", (120 + number, 60), 128).save(folder / "_images" / f"{number}.png")
    (folder / "_static").mkdir()
    for name in ("slides.css", "slides.js", "favicon.svg"):
        (folder / "_static" / name).write_bytes((ROOT / "book" / "_static" / name).read_bytes())
    (folder / "book" / "glossary.html").write_text(
        state(PAGE.format(title="Glossary", body='<p id="term-pixel">A pixel.</p>'))
    )
    return folder


@pytest.fixture(scope="module", autouse=True)
def sessions():
    with pytest.MonkeyPatch.context() as less:
        less.setattr(slides, "SESSIONS", (("Coats", ("01", "02")), ("Shoes", ("03",))))
        yield


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = write_site(tmp_path_factory.mktemp("site"))
    [deck] = slides.write(folder)
    deck.write_text(state(slim_page(deck.read_text(), deck.name)))
    return folder


@pytest.fixture(scope="module")
def deck(site):
    return BeautifulSoup((site / "slides" / "session-1.html").read_text(), "html.parser").select(".slide")


def words(part):
    return " ".join(part.get_text().split())


def of_kind(deck, kind):
    return [slide.select_one(".content") for slide in deck if kind in slide["class"]]


# What is on the slides


def test_slides_follow_the_chapters(deck):
    assert [slide["class"][1] for slide in deck] == KINDS
    assert [slide["id"] for slide in deck] == [str(number) for number in range(1, len(KINDS) + 1)]
    assert [words(heading) for slide in deck for heading in slide.select("h1, h2")] == [
        "Session 1: Coats",
        "Count the garments",
        "What you’ll learn",
        *["What has sleeves?"] * 5,
        "And the rest?",
        "By which rule?",
        "1. Which is a coat?",
        "2. Which is a coat?",
        "Exercises",
        "What we found",
        "What we found",
        "Look",
        "What do you see?",
        "Ask",
    ]


def test_aims_and_questions_are_those_of_the_teachers_page(deck):
    first, last = deck[0], deck[-1]
    assert [words(point) for point in first.select("li")] == ["To count", "to look", "Count the garments", "Look"]
    assert [link["href"] for link in first.select(".contents a")] == ["#2", "#16"]
    assert [words(point) for point in last.select("li")] == ["Why?", "And how?"]
    assert first.select_one(".source a")["href"] == "../book/teachers.html#session-1-coats"


def test_a_chapter_opens_with_what_its_readers_do_and_learn(deck):
    assert words(of_kind(deck, "chapter")[0].select_one("p")) == "Count coats & shirts."
    assert words(of_kind(deck, "chapter")[0].select_one(".quick-banner")) == "Made on the quick budget."
    assert [words(point) for point in of_kind(deck, "goals")[0].select("li")] == [
        "To count",
        "to tell coats from shirts",
    ]


def test_a_prediction_stands_alone_before_what_answers_it(deck):
    first, second = of_kind(deck, "predict")
    assert [words(part) for part in first.select("p")] == ["Take one pixel.", "Predict: is it dark?"]
    assert not first.select("a, img, li"), "no figure beside it, and no link to the glossary"
    assert deck[KINDS.index("predict") + 1].img["src"].endswith("/2.png")
    assert [words(part) for part in second.select("p")] == ["Predict how many."]
    [answer] = of_kind(deck, "answer")
    assert words(answer.ul) == "✓ There are more than one.", "what was checked, where no figure is the answer"


def test_figures_are_the_chapters_own_with_their_words(deck, site):
    found = [(picture["src"], picture["alt"]) for slide in deck for picture in slide.select("img")]
    assert found == [(f"../_images/{number}.png", f"{ALT} {number}") for number in (1, 2, 3, 4)]
    assert [path.name for path in (site / "slides").iterdir()] == ["session-1.html"]


def test_a_formula_has_the_sentence_that_leads_to_it(deck):
    [told] = of_kind(deck, "told")
    assert words(told.p) == "It is" and told.math


def test_a_question_keeps_its_answer_folded(deck):
    for question in of_kind(deck, "check"):
        assert [words(option) for option in question.select("li")] == ["a) This", "b) That"]
        assert words(question.summary) == "Answer" and not question.details.has_attr("open")
        assert [words(part) for part in question.select("details p")] == ["b) That", "Yes. That one has sleeves."]


def test_exercises_are_titles_and_findings_are_few_on_a_slide(deck):
    assert [words(point) for point in of_kind(deck, "exercises")[0].select("li")] == ["1. Count shoes."]
    found = of_kind(deck, "found")
    assert [len(slide.select("li")) for slide in found] == [2, 3]
    assert found[0].a["href"] == "../notebooks/01_count.html#shape"


def test_each_slide_names_its_chapter_and_section(deck):
    places = [words(slide.select_one(".source a")) for slide in deck]
    assert places[3] == "1.1 · Count the garments" and places[-2] == "2.1 · Look"
    assert deck[3].select_one(".source a")["href"] == "../notebooks/01_count.html#shape"


def test_the_site_s_checks_hold_for_a_deck_and_find_a_figure_without_words(site):
    pages = read_pages(site)
    name = "slides/session-1.html"
    assert [str(finding) for finding in check_text(pages[name], pages, site)] == []
    (site / "slides" / "mute.html").write_text(re.sub(r' alt="[^"]*"', "", (site / name).read_text()))
    pages = read_pages(site)
    assert {finding.check for finding in check_text(pages["slides/mute.html"], pages, site)} == {"alternative text"}
    (site / "slides" / "mute.html").unlink()


def test_a_site_without_the_page_or_a_chapter_has_no_slides(tmp_path):
    write_site(tmp_path / "one", {name: PAGES[name] for name in ("notebooks/01_count", "book/teachers")})
    (tmp_path / "two" / "notebooks").mkdir(parents=True)
    assert slides.write(tmp_path / "one") == slides.write(tmp_path / "two") == []


@pytest.mark.parametrize(("lost", "named"), [("Ask.", "Ask"), ("Session 1", "Aim.. and no ..Ask")])
def test_a_teachers_page_without_a_part_is_named(tmp_path, lost, named):
    write_site(tmp_path / "site", PAGES | {"book/teachers": TEACHERS.replace(lost, "Lost")})
    with pytest.raises(PipelineError, match=rf"teachers.md has no ..{named}.. for session 1"):
        slides.write(tmp_path / "site")
    assert not (tmp_path / "site" / "slides").exists()


# How they are shown


@pytest.fixture
def page(browser, address):
    """The deck; at the end nothing may have been blocked or have failed."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light", has_touch=True)
    opened, said = context.new_page(), []
    opened.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(f"{address}slides/session-1.html", wait_until="load")
    yield opened
    context.close()
    assert said == []


def shown(page):
    return page.locator(".slide").evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => Number(each.id))"
    )


def test_keys_move_through_the_slides(page):
    last = len(KINDS)
    assert shown(page) == [1]
    for key, expected in [
        ("ArrowRight", 2),
        (" ", 3),
        ("PageDown", 4),
        ("ArrowLeft", 3),
        ("Shift+ ", 2),
        ("PageUp", 1),
        ("ArrowLeft", 1),
        ("End", last),
        ("ArrowRight", last),
        ("Home", 1),
    ]:
        page.keyboard.press(key)
        assert shown(page) == [expected], key


def test_buttons_move_say_where_and_keep_the_focus_at_the_end(page):
    forward = page.get_by_role("button", name="Next slide")
    forward.click()
    expect(page.get_by_role("status")).to_have_text(f"Slide 2 of {len(KINDS)}: Count the garments")
    assert page.url.endswith("#2")
    page.goto(f"{page.url.split('#')[0]}#{len(KINDS) - 1}")
    forward.press("Enter")
    assert shown(page) == [len(KINDS)] and forward.get_attribute("aria-disabled") == "true"
    assert forward.evaluate("element => element === document.activeElement")


def test_the_address_names_the_slide(page):
    page.goto(f"{page.url.split('#')[0]}#5")
    assert shown(page) == [5]
    page.reload()
    assert shown(page) == [5]
    page.go_back()
    assert shown(page) == [1]


def test_a_swipe_moves_and_a_scroll_does_not(page):
    swipe = """([right, down]) => {
        const touch = (x, y) => new Touch({ identifier: 1, target: document.body, clientX: x, clientY: y });
        const send = (name, field, at) => document.body.dispatchEvent(new TouchEvent(name, { bubbles: true, [field]: [at] }));
        send("touchstart", "touches", touch(200, 200));
        send("touchend", "changedTouches", touch(200 + right, 200 + down));
    }"""
    for way, expected in [((-120, 10), 2), ((-120, 200), 2), ((-20, 0), 2), ((120, 10), 1)]:
        page.evaluate(swipe, way)
        assert shown(page) == [expected]


def test_escape_shows_all_slides_and_one_is_chosen_by_its_number(page):
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    assert len(shown(page)) == len(KINDS)
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"#{len(KINDS)}"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert shown(page) == [len(KINDS) - 1]
    page.get_by_role("button", name="All slides").click()
    page.locator(".slide").nth(3).click()  # anywhere on it
    assert shown(page) == [4]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert shown(page) == [4]


def test_enter_opens_the_answer_and_closes_it(page):
    page.goto(f"{page.url.split('#')[0]}#{KINDS.index('check') + 1}")
    answer = page.locator(".slide.shown .key p").last
    expect(answer).not_to_be_visible()
    page.keyboard.press("Enter")
    expect(answer).to_be_visible()
    page.locator(".slide.shown summary").press(" ")  # which elsewhere goes on
    expect(answer).not_to_be_visible()
    assert shown(page) == [KINDS.index("check") + 1]


def test_a_figure_takes_the_room_there_is(page):
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    width, height = page.locator(".shown img").evaluate("image => [image.clientWidth, image.clientHeight]")
    assert width > 900 and height > 400
    assert page.evaluate("document.documentElement.scrollHeight") == 720, "and no more"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_slide_fits_a_phone(browser, site, theme):
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=theme)
    page.goto((site / "slides" / "session-1.html").resolve().as_uri())
    for number in range(1, len(KINDS) + 1):
        assert shown(page) == [number] and page.evaluate("document.documentElement.scrollWidth") == 390
        page.keyboard.press("ArrowRight")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (theme == "light")
    page.close()


def test_the_theme_chosen_in_the_book_holds_here_too(page):
    page.evaluate("localStorage.setItem('mode', 'dark')")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)"
    page.goto(page.url.partition("#")[0] + "#6")
    assert [page.locator(f"img[src$='/{drawn}.png']:visible").count() for drawn in (2, 3)] == [0, 1]
    page.evaluate("localStorage.clear()")


def test_without_scripts_all_slides_stand_below_each_other(browser, site):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / "slides" / "session-1.html").resolve().as_uri())
    assert shown(page) == list(range(1, len(KINDS) + 1))
    tops = page.locator(".slide").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    page.close()


@pytest.mark.parametrize(("theme", "own", "other"), [("light", 2, 3), ("dark", 3, 2)])
def test_the_figures_of_the_other_theme_are_not_fetched(browser, site, theme, own, other):
    page = browser.new_page(color_scheme=theme)
    asked = set()
    page.on("request", lambda request: asked.add(request.url.rpartition("/")[2]))
    page.goto((site / "slides" / "session-1.html").resolve().as_uri(), wait_until="load")
    eventually(page, lambda: {"1.png", f"{own}.png", "4.png"} <= asked)
    assert f"{other}.png" not in asked
    page.close()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("theme", "media", "drawn"), [("light", "screen", 2), ("dark", "screen", 3), ("dark", "print", 2)]
)
def test_a_figure_that_was_drawn_twice_shows_the_one_of_its_theme(browser, site, theme, media, drawn, scripts):
    page = browser.new_page(color_scheme=theme, java_script_enabled=scripts)
    page.emulate_media(media=media)
    page.goto((site / "slides" / "session-1.html").resolve().as_uri() + "#6")
    assert page.locator(f"img[src$='/{drawn}.png']:visible").count() == 1
    assert page.locator(f"img[src$='/{5 - drawn}.png']:visible").count() == 0
    page.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_each_slide_is_a_page_on_paper_with_its_figure(browser, site, scripts):
    page = browser.new_page(java_script_enabled=scripts, color_scheme="dark")
    page.goto((site / "slides" / "session-1.html").resolve().as_uri(), wait_until="load")
    if scripts:  # the other slides' figures come after the page
        page.evaluate(
            "Promise.all([...document.images].map((picture) => { picture.loading = 'eager'; return picture.decode(); }))"
        )
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="print")
    assert page.locator(".bar:visible").count() == 0
    assert len(page_objects(pdf)) == len(KINDS) and pdf.count(b"/Subtype /Image") == 3
    page.close()


def test_the_inspection_sees_all_slides(page):
    page.evaluate(browse.SHOW_ALL)
    assert len(shown(page)) == len(KINDS)
