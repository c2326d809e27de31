"""Small panels in chapters: still until the reader starts them, then with the numbers that Keras gives; elsewhere a plain sentence.

One chapter with all three is built, with untrained networks, which their arithmetic does not mind.
"""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from live_project import (
    PATIENCE,
    drawn,
    eventually,
    finds_nothing,
    in_keras,
    keep_networks,
    softmax,
    watched,
    with_axe,
    with_page,
)
from playwright.sync_api import expect
from small_project import GOOD, make_project

from helpers import attribution, live
from helpers.data import CLASS_NAMES, load_original
from helpers.models import RECIPES, keras
from tools.build import build
from tools.chapters import ROOT, all_chapters
from tools.check_pages import check_text, read_pages
from tools.execute import execute
from tools.live import LIGHT, garments, reach_of_code
from tools.local_server import serve
from tools.stage import stage

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import live_panels

pytestmark = pytest.mark.slow
PAGE = "notebooks/01_count.html"
FIRST = {
    "maps": 32,
    "code": 8,
    "occlusion": 28,
}  # the bag, the pullover and the sneaker, among the garments to pick from
SENTENCE = "# **Try it.** Look at {kind}, as on the page [Try the networks](../book/live.md#{section}).\n#\n"
CHAPTER = GOOD + "\n# %% [markdown]\n# ## Panels\n#\n"
CHAPTER += "".join(SENTENCE.format(kind=kind, section=section) for section, kind in live_panels.KINDS.items())


@pytest.fixture(scope="module")
def networks():
    keras.utils.set_random_seed(0)
    return {name: RECIPES[name].build() for name in ("simple-cnn", "autoencoder")}


@pytest.fixture(scope="module")
def site(tmp_path_factory, networks):
    project = with_page(make_project(tmp_path_factory.mktemp("project"), c01_count=CHAPTER))
    keep_networks(project, networks)
    stage(project)
    execute(project)
    with pytest.MonkeyPatch.context() as less:
        less.setattr("tools.live.JUDGED", 500)
        return build(project)


@pytest.fixture(scope="module")
def images():
    return load_original().test.images[garments()] / np.float32(255)


@pytest.fixture
def page(browser, address):
    """The chapter, as it stands before anything is started; at the end nothing may have been blocked or have failed."""
    with watched(browser, address + PAGE) as opened:
        yield opened


def panel(page, kind):
    return page.locator(f".live-panel[data-kind={kind}]")


def start(page, kind):
    """The panel, once it runs."""
    found = panel(page, kind)
    found.get_by_role("button", name="Run it here").click()
    expect(found.locator(".live")).to_be_visible(timeout=PATIENCE)
    return found


def says(found, words):
    expect(found.locator(".live-line")).to_contain_text(words, timeout=PATIENCE)


def shares(found):
    return np.array(
        [float(text.removesuffix(" %")) for text in found.locator(".live-bars td:last-child").all_inner_texts()]
    )


# Before it is started


def test_the_page_passes_its_checks(site):
    pages = read_pages(site)
    assert [str(finding) for finding in check_text(pages[PAGE], pages, site)] == []


@pytest.mark.parametrize("how", ["without scripts", "printed"])
def test_the_first_state_is_a_picture_in_words_and_a_link(site, browser, how):
    page = browser.new_page(java_script_enabled=how == "printed")
    page.goto((site / PAGE).resolve().as_uri())
    if how == "printed":
        page.emulate_media(media="print")
    for kind in live_panels.KINDS.values():
        picture = panel(page, kind).locator("img")
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 300)")
        assert re.match(r"Test image \d+, (bag|pullover|sneaker), and ", picture.get_attribute("alt"))
        assert not panel(page, kind).get_by_role("button").is_visible()
        assert panel(page, kind).get_by_role("link", name="Try the networks").is_visible()
    page.close()


def test_nothing_heavy_is_loaded_before_the_reader_asks(site, browser):
    with serve(site) as served:
        asked, page = set(), browser.new_page()
        page.on("request", lambda request: asked.add((served.name(request.url) or "").rpartition("/")[2]))
        page.goto(served.address + "book/index.html", wait_until="networkidle")
        assert not {name for name in asked if name.startswith("live")}
        page.goto(served.address + PAGE, wait_until="networkidle")
        at_first = {name for name in asked if name.startswith("live") and not name.endswith(".png")}
        assert at_first == {"live_panels.js", "live.css"}
        line = panel(page, "code").locator(".live-panel-line").inner_text()
        start(page, "code")
        data = {name for name in asked if name.startswith("live_data")}
        assert data == {"live_data_edition.js", "live_data_autoencoder.js"}
        weight = sum(served.weight(f"_static/{name}") for name in data)
        assert float(re.search(r"Loads ([\d.]+) MB", line)[1]) == pytest.approx(weight / 1e6, abs=0.06)
        page.close()


def test_what_does_not_arrive_is_named_and_can_be_asked_for_again(site, browser):
    with serve(site) as served:
        page = browser.new_page()
        page.route("**/live_data_simple-cnn.js", lambda route: route.abort())
        page.route("**/live_parts.js", lambda route: route.abort())
        page.goto(served.address + PAGE)
        found = panel(page, "maps")
        for name in ("live_parts.js", "live_data_simple-cnn.js"):
            found.get_by_role("button", name="Run it here").click()
            expect(found.locator(".live-panel-line")).to_contain_text(f"{name} did not arrive", timeout=PATIENCE)
            assert found.locator("img").is_visible()
            page.unroute(f"**/{name}")
        start(page, "maps")
        page.close()


# Once it runs


def test_the_garment_of_the_still_picture_is_chosen_and_has_the_focus(page):
    for kind, first in FIRST.items():
        found = start(page, kind)
        expect(found.locator(":checked")).to_have_value(str(first))
        expect(found.locator(":checked")).to_be_focused()
        assert not found.get_by_role("button", name="Run it here").count()


def test_maps_and_answer_are_those_of_keras(page, networks, images):
    found = start(page, "maps")
    network = live.rounded(networks["simple-cnn"])
    page.keyboard.press("ArrowRight")
    says(found, "It is ankle boot.")
    boot = images[36:37]
    expected = softmax(in_keras(network, boot)[0])
    eventually(page, lambda: np.abs(shares(found) - expected).max() < 0.06)
    maps = np.abs(np.asarray(network.layers[0](boot[..., None]))[0]).sum(axis=(0, 1))
    one, two, three = np.argsort(-maps)[:3] + 1
    eventually(page, lambda: f"maps {one}, {two} and {three} answer" in found.locator(".live-help").last.inner_text())


def test_a_line_that_is_drawn_changes_the_maps(page):
    found = start(page, "maps")
    ink = """canvas => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0; for (let at = 0; at < data.length; at += 4) sum += data[at] !== 255; return sum; }"""
    sheet = found.locator(".live-sheet")
    found.get_by_role("button", name="Empty the picture").click()
    expect(found.locator(".live-help").last).to_contain_text("No map answers", timeout=PATIENCE)
    assert sheet.evaluate(ink) <= 238 * 118 - 32 * 28 * 28  # the gaps between maps alone
    found.locator(".live-drawn").focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowDown")
    expect(found.locator(".live-help").last).to_contain_text("answer most strongly", timeout=PATIENCE)
    assert sheet.evaluate(ink) > 238 * 118 - 32 * 28 * 28 + 100
    says(found, "The network says")
    page.keyboard.press("ArrowLeft")
    says(found, "Pencil at column 14, row 20, brightness 0.5.")
    box = found.locator(".live-drawn").bounding_box()
    page.mouse.move(box["x"] + 25, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] + 105, box["y"] + 25)
    page.mouse.up()
    eventually(page, lambda: (drawn(found.locator(".live-drawn")).reshape(28, 28)[2, 3:10] == 1).all())


def test_the_six_sliders_that_matter_most_move_the_picture_as_in_keras(page, networks, images):
    found = start(page, "code")
    order = reach_of_code(live.rounded(networks["autoencoder"]), garments())["order"]
    stated = page.evaluate("liveNetworks.load('edition').then(({ autoencoder }) => autoencoder.order)")
    assert sorted(stated) == list(range(32)) and set(stated[:3]) & set(order[:6])
    sliders = found.locator("input[type=range]")
    assert [int(each.get_attribute("id").rpartition("-")[2]) for each in sliders.all()] == stated
    assert [each.is_visible() for each in sliders.all()] == [True] * 6 + [False] * 26
    encoder, decoder = live.rounded(networks["autoencoder"]).layers
    code = encoder.predict(images[8][None, ..., None], verbose=0)
    assert float(sliders.first.input_value()) == pytest.approx(code[0, stated[0]], abs=1e-3)
    sliders.first.focus()
    page.keyboard.press("End")
    code[0, stated[0]] = float(sliders.first.get_attribute("max"))
    expected = decoder.predict(code, verbose=0).ravel()
    rebuilt = found.locator("canvas.live-picture").last
    eventually(page, lambda: np.abs(drawn(rebuilt) - expected).max() < 0.01)
    says(found, f"Mean squared error of the rebuilt picture: {((expected - images[8].ravel()) ** 2).mean():.4f}"[:-1])
    found.get_by_role("button", name="Squeeze the garment again").click()
    eventually(
        page, lambda: abs(float(sliders.first.input_value()) - encoder(images[8][None, ..., None])[0, stated[0]]) < 1e-3
    )


def test_the_order_is_that_of_what_the_numbers_do(networks):
    """A number that the decoder does not read comes last, and one that it reads ten times as strongly first."""
    network = keras.models.clone_model(networks["autoencoder"])
    network.set_weights(networks["autoencoder"].get_weights())
    dense = network.layers[1].layers[0]
    kernel = dense.get_weights()[0]
    kernel[5], kernel[9] = 0, 10 * kernel[9]
    dense.set_weights([kernel, *dense.get_weights()[1:]])
    found = reach_of_code(network, garments())
    assert found["order"][0] == 9 and found["order"][-1] == 5
    assert all(low < high for low, high in zip(found["low"], found["high"]))


def test_occlusion_follows_the_reader_and_is_that_of_the_chapter(page, networks, images):
    found = start(page, "occlusion")
    says(found, "Covered at 169 places")
    page.keyboard.press("ArrowLeft")
    says(found, "Covering")
    says(found, "Covered at 169 places")
    network, shirt = live.rounded(networks["simple-cnn"]), images[24:25]
    scores = in_keras(network, shirt)
    label = scores.argmax(axis=1)
    expected = np.abs(attribution.occlusion(network, shirt[..., None], label)).max()
    text = found.locator(".live-line").inner_text()
    assert float(re.search(r"change is (−?[\d.]+) of", text)[1]) == pytest.approx(expected, abs=0.006)
    name = CLASS_NAMES[label[0]]
    assert text.endswith(f"for {name if name == 'T-shirt' else name.lower()}.")
    assert np.abs(shares(found) - softmax(scores[0])).max() < 0.06


@pytest.mark.parametrize(("motion", "times"), [("reduce", 1), ("no-preference", 2)])
def test_who_wants_less_motion_sees_the_finished_map_alone(site, browser, motion, times):
    context = browser.new_context(reduced_motion=motion)
    page = context.new_page()
    page.goto((site / PAGE).resolve().as_uri())
    found = start(page, "occlusion")
    says(found, "Covered at 169 places")
    page.evaluate("""() => {
        const { drawSigned } = liveDrawing;
        window.drawings = 0;
        liveDrawing.drawSigned = (...each) => { window.drawings += 1; drawSigned(...each); };
    }""")
    page.keyboard.press("ArrowRight")
    says(found, "Covering")
    says(found, "Covered at 169 places")
    count = page.evaluate("drawings")
    assert count == 1 if times == 1 else count >= times
    context.close()


def test_a_theme_that_changes_keeps_what_was_drawn(page):
    found = start(page, "maps")
    found.get_by_role("button", name="Empty the picture").click()
    expect(found.locator(".live-help").last).to_contain_text("No map answers", timeout=PATIENCE)
    corner = "canvas => [...canvas.getContext('2d').getImageData(1, 1, 1, 1).data]"
    assert found.locator(".live-sheet").evaluate(corner) == [255, 255, 255, 255]
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    eventually(page, lambda: found.locator(".live-sheet").evaluate(corner) == [20, 24, 30, 255])
    expect(found.locator(".live-help").last).to_contain_text("No map answers")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_inspection_finds_nothing_once_all_panels_run(site, browser, width, theme):
    with with_axe(browser, site / PAGE, width, theme) as page:
        for kind in FIRST:
            start(page, kind)
        says(panel(page, "occlusion"), "Covered")
        says(panel(page, "code"), "Mean squared error")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.evaluate("scrollTo(0, 0)")
        finds_nothing(page)


# The sentence in the notebook


def sphinx(folder, text, **more):
    """A page in a book of two, built without what `tools.live` writes. Returns the page and what the build complains of."""
    (folder / "book").mkdir()
    (folder / "notebooks").mkdir()
    (folder / "book" / "live.md").write_text(
        "# Try the networks\n\n## Where does it look?\n\n## You against the network\n"
    )
    (folder / "notebooks" / "page.md").write_text(f"# A page\n\n{text}\n")
    (folder / "index.md").write_text("# Book\n\n```{toctree}\nbook/live\nnotebooks/page\n```\n")
    command = [sys.executable, "-m", "sphinx", "-C", "-q", "-b", "html", folder, folder / "out"]
    settings = {"extensions": "myst_parser,live_panels", "myst_heading_anchors": "2"}
    command += [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "book" / "_ext")}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return (folder / "out" / "notebooks" / "page.html").read_text(), result.stderr


def test_without_the_network_it_stays_a_sentence(tmp_path):
    page, complaints = sphinx(tmp_path, "**Try it.** Look, as on [the page](../book/live.md#where-does-it-look).")
    assert "<p><strong>Try it.</strong> Look, as on <a" in page and complaints == ""
    assert "live-panel" not in page and "live_panels.js" not in page


def test_a_link_to_no_such_section_is_a_warning(tmp_path):
    _, complaints = sphinx(tmp_path, "**Try it.** Look, as on [the page](../book/live.md#you-against-the-network).")
    assert "must link to book/live.md and one of its sections #what-happens-on-the-way" in complaints


def test_each_kind_stands_in_one_chapter_and_is_one_plain_sentence_there():
    found = {}
    for chapter in all_chapters():
        for cell in chapter.read().cells:
            for paragraph in re.findall(r"^\*\*Try it\.\*\* .*(?:\n.+)*", cell.source, re.MULTILINE):
                (section,) = re.findall(r"\]\(\.\./book/live\.md#([\w-]+)\)", paragraph)
                found.setdefault(live_panels.KINDS[section], []).append(chapter.number)
                assert ". " not in paragraph and "<" not in paragraph
    assert found == {"maps": ["09"], "code": ["15"], "occlusion": ["20"]}


def test_the_still_pictures_have_the_colours_of_the_stylesheet():
    styles = (ROOT / "book" / "_static" / "live.css").read_text()
    for name, colour in LIGHT.items():
        assert f"--live-{name}: #{bytes(colour).hex()};" in styles
