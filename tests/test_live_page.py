"""The page on which networks run does what it says, from a web server and from a disk, under its own policy.

A small book with this page is built once. Its networks are untrained, which their arithmetic does not mind.
"""

import json
import re
import struct
import zlib

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

from helpers import attribution, live, metrics
from helpers.data import CLASS_NAMES, load_original
from helpers.models import RECIPES, keras
from tools import browse
from tools.build import assemble, build, fingerprint
from tools.check_pages import check_text, read_pages
from tools.execute import execute
from tools.live import garments, is_ours
from tools.local_server import serve
from tools.stage import stage
from tools.vendored import check as check_vendored

pytestmark = pytest.mark.slow
PAGE = "book/live.html"


@pytest.fixture(scope="module")
def networks():
    keras.utils.set_random_seed(0)
    return {name: recipe.build() for name, recipe in RECIPES.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory, networks):
    project = with_page(make_project(tmp_path_factory.mktemp("project"), c01_count=GOOD))
    keep_networks(project, networks)
    stage(project)
    execute(project)
    return project


@pytest.fixture(scope="module")
def site(project):
    with pytest.MonkeyPatch.context() as less:
        less.setattr("tools.live.JUDGED", 500)  # answers, not an accuracy, matter here
        return build(project)


@pytest.fixture(scope="module")
def images():
    return load_original().test.images[garments()] / np.float32(255)


@pytest.fixture
def page(browser, address):
    """The page once it has given its first answer; at the end nothing may have been blocked or have failed."""
    with watched(browser, address + PAGE) as opened:
        expect(opened.locator("#live-line")).to_contain_text("The network says", timeout=PATIENCE)
        yield opened


def line(page, words):
    expect(page.locator("#live-line")).to_contain_text(words, timeout=PATIENCE)


def shares(page):
    texts = page.locator("#live-bars td:last-child").all_inner_texts()
    return np.array([float(text.removesuffix(" %")) for text in texts])


def seen(page):
    return np.array(page.evaluate("[...livePage.state.seen]")).reshape(28, 28)


def upload(page, field, name, content):
    page.locator(f"#live-{field}").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def png(width, height, rgba=None):
    """A PNG of one row of pixels repeated; without pixels the head alone, which tells the size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    if rgba is None:
        return head
    rows = b"".join(b"\0" + row.tobytes() for row in rgba.astype(np.uint8))
    return head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG_HEAD = b"\xff\xd8\xff\xe0" + struct.pack(">H14x", 16) + b"\xff\xc0" + struct.pack(">HBHH10x", 17, 8, 6000, 8000)


# What the build writes


def test_the_site_passes_its_checks(site):
    pages = read_pages(site)
    found = [finding for page in pages.values() for finding in check_text(page, pages, site)]
    assert [str(finding) for finding in [*found, *check_vendored(site)]] == []
    assert {"live_data_edition.js", "live_data_autoencoder.js"} <= {path.name for path in (site / "_static").glob("*")}
    assert not is_ours("live_page.js") and not (site / "_static" / "evil.js").exists()


def test_the_first_load_is_light(site, browser):
    """Everything that arrives until the first answer is there, as web servers send it: at most a megabyte."""
    with serve(site) as served:
        asked, page = set(), browser.new_page()
        page.on("request", lambda request: asked.add(served.name(request.url)))
        page.goto(served.address + PAGE, wait_until="networkidle")
        line(page, "The network says")
        page.close()
        assert "_static/live_data_simple-cnn.js" in asked
        assert sum(served.weight(name) for name in asked - {None}) < 1_000_000


def test_without_scripts_a_still_picture_and_its_numbers_are_there(site, browser, networks, images):
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / PAGE).resolve().as_uri())
    assert "needs JavaScript" in page.locator("article noscript").inner_text()
    picture = page.locator("#live-first img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 300")
    texts = page.locator(".live-still td").all_inner_texts()
    expected = softmax(in_keras(networks["simple-cnn"], images[36:37])[0])
    assert texts == [f"{share:.1f} %" for share in expected]
    assert not page.locator("#live-seen").is_visible()
    page.close()


def test_an_edition_without_networks_says_so(project, tmp_path):
    (project / "_build" / "checkpoints").rename(tmp_path / "checkpoints")
    try:
        assemble(project, "quick", tmp_path / "pages")
        text = (tmp_path / "pages" / "book" / "live.md").read_text()
        assert "made without Simple CNN (chapter 9) and Regularised CNN (chapter 11) and the autoencoder" in text
        assert not list((tmp_path / "pages").rglob("live_data_simple-cnn.js"))
    finally:
        (tmp_path / "checkpoints").rename(project / "_build" / "checkpoints")


def test_other_networks_make_another_site(project):
    before, file = fingerprint(project, "quick"), project / "_build" / "checkpoints" / "simple-cnn-quick.keras"
    kept = file.read_bytes()
    file.write_bytes(kept + b"x")
    assert fingerprint(project, "quick") != before
    file.write_bytes(kept)
    assert fingerprint(project, "quick") == before


# What the page does


def test_two_hundred_test_images_get_the_scores_that_keras_gives(page, networks, images):
    found = page.evaluate("""async () => {
        const network = liveNetworks.read(await liveNetworks.load("simple-cnn"));
        return Array.from({ length: 200 }, (_, at) => [...liveKernels.run(network, livePage.garment(at)).at(-1).values]);
    }""")
    assert np.abs(np.array(found) - in_keras(live.rounded(networks["simple-cnn"]), images)).max() < 1e-4


def test_a_garment_is_picked_with_the_arrow_keys_and_named(page, networks, images):
    page.locator("#live-garments input").nth(36).focus()
    page.keyboard.press("ArrowRight")
    line(page, "It is ankle boot.")
    expected = softmax(in_keras(networks["simple-cnn"], images[37:38])[0])
    eventually(page, lambda: np.abs(shares(page) - expected).max() < 0.3)
    winner = CLASS_NAMES[int(expected.argmax())]
    assert page.locator(".live-winner th").inner_text() == winner
    line(page, f"The network says {winner.lower()}, ")


def test_temperature_spreads_the_probabilities_and_keeps_the_winner(page, networks, images):
    before = page.locator(".live-winner th").inner_text()
    page.locator("#live-temperature").fill("-0.5")
    scores = in_keras(networks["simple-cnn"], images[36:37])[0]
    expect(page.locator("#live-temperature-text")).to_have_text("0.32", timeout=PATIENCE)
    eventually(page, lambda: np.abs(shares(page) - softmax(scores, 10**-0.5)).max() < 0.5)
    assert page.locator(".live-winner th").inner_text() == before


def test_a_shift_moves_the_picture_and_the_curves_cover_all_positions(page, images):
    page.locator("#live-move-right").fill("3")
    expect(page.locator("#live-move-right-text")).to_have_text("3", timeout=PATIENCE)
    eventually(page, lambda: np.abs(seen(page)[:, 3:] - images[36][:, :-3]).max() < 1e-6)
    assert seen(page)[:, :3].max() == 0
    text = page.locator("#live-sweep-text")
    expect(text).to_contain_text("Shift to the right (pixels): ", timeout=PATIENCE)
    assert "−10" in text.inner_text() and "10" in text.inner_text()
    page.locator("#live-move-right").fill("0")
    page.locator("#live-move-turn").fill("180")
    expect(text).to_contain_text("Turn clockwise (degrees): ", timeout=PATIENCE)
    eventually(page, lambda: np.abs(seen(page) - images[36][::-1, ::-1]).max() < 1e-5)


def test_every_class_that_a_sweep_names_has_a_curve(page):
    page.evaluate(
        "() => { const draw = liveDrawing.drawCurves; window.drawn = [];"
        " liveDrawing.drawCurves = (...all) => { window.drawn = all[2].map(({ name }) => name); draw(...all); }; }"
    )
    page.locator("#live-move-right").fill("1")
    eventually(page, lambda: len(page.evaluate("window.drawn")) >= 3)
    told = page.locator("#live-sweep-text").inner_text().split(": ", 1)[1]
    named = {re.sub(r" (at|from) .*", "", part).strip(" .") for part in told.split(", ")}
    drawn_names = {name.lower() for name in page.evaluate("window.drawn")}
    assert len(named) > 1 and {name.lower() for name in named} <= drawn_names, told


def test_one_draws_with_the_keyboard_and_with_the_mouse(page, images):
    page.locator("#live-empty").click()
    expect(page.locator("#live-line")).not_to_contain_text(
        "It is", timeout=PATIENCE
    )  # the answer for the empty picture has come
    page.locator("#live-seen").focus()
    page.keyboard.press("ArrowRight")
    line(page, "Pencil at column 16, row 15, brightness 0.0.")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    line(page, "The network says")
    eventually(page, lambda: seen(page)[14, 15] == 1 and seen(page)[15, 15] == 1 and seen(page)[0].max() == 0)
    box = page.locator("#live-seen").bounding_box()
    page.mouse.move(box["x"] + 25, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] + 105, box["y"] + 25)
    page.mouse.up()
    eventually(page, lambda: (seen(page)[2, 2:11] == 1).all())
    page.locator("#live-restore").click()
    eventually(page, lambda: np.abs(seen(page) - images[36]).max() < 1e-6)
    line(page, "It is ankle boot.")


def test_three_levels_tell_one_number(page, networks, images):
    page.locator(".live-layers input").nth(4).focus()  # the second convolution
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#live-layer-text")).to_contain_text(
        "Layer 5, convolution: 64 maps of 14 × 14.", timeout=PATIENCE
    )
    for name, value in (("channel", 10), ("y", 6), ("x", 7)):
        page.locator(f"#live-place-{name}").fill(str(value))
    values = images[36][None, ..., None]
    for layer in live.rounded(networks["simple-cnn"]).layers[:5]:
        values = layer(values, training=False)
    expected = float(values[0, 5, 6, 9])

    def chosen():
        text = page.locator("#live-layer-text").inner_text()
        return float(re.search(r"chosen is (−?[\d.]+)\.$", text)[1].replace("−", "-"))

    eventually(page, lambda: chosen() == pytest.approx(expected, abs=0.006))
    assert page.locator(".live-products td").count() == 9
    assert "All 32 input maps together give" in page.locator("#live-sum").inner_text()
    page.locator("#live-input").fill("5")
    expect(page.locator(".live-products caption")).to_contain_text(
        "Input map 5 of 32: its 9 products", timeout=PATIENCE
    )
    number = r"(−?\d+\.\d{3})"
    products = re.findall(rf"= {number}", page.locator(".live-products").inner_text())
    told = re.search(rf"These add up to {number}\.", page.locator("#live-sum").inner_text())[1]
    added = sum(float(each.replace("−", "-")) for each in products)
    assert added == pytest.approx(float(told.replace("−", "-")), abs=0.005), "a reader who adds them up gets it"
    page.locator("#live-maps").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    for name, value in (("channel", "11"), ("y", "6"), ("x", "8")):
        expect(page.locator(f"#live-place-{name}")).to_have_value(value, timeout=PATIENCE)
    for choice in page.locator(".live-layers input").all():
        choice.check(force=True)
        assert page.locator("#live-sum").inner_text(), "every kind of layer is explained"


def test_occlusion_is_that_of_the_chapter(page, networks, images):
    page.locator("#live-occlude").click()
    expect(page.locator("#live-occlude-text")).to_contain_text("Covered at 169 places", timeout=PATIENCE)
    network, garment = live.rounded(networks["simple-cnn"]), images[36:37]
    label = in_keras(network, garment).argmax(axis=1)
    expected = np.abs(attribution.occlusion(network, garment[..., None], label)).max()
    found = re.search(r"change is (−?[\d.]+) of", page.locator("#live-occlude-text").inner_text())[1]
    assert float(found) == pytest.approx(expected, abs=0.006)


def test_the_sliders_of_the_autoencoder_rebuild_what_keras_rebuilds(page, networks, images):
    page.locator("#live-code-start").click()
    expect(page.locator("#live-code-text")).to_contain_text("Mean squared error", timeout=PATIENCE)
    assert page.locator("#live-sliders input").count() == 32
    encoder, decoder = live.rounded(networks["autoencoder"]).layers
    code = encoder.predict(images[36][None, ..., None], verbose=0)
    found = [float(slider.input_value()) for slider in page.locator("#live-sliders input").all()]
    assert np.abs(np.array(found) - code[0]).max() < 1e-3
    code[0, 3] = float(page.locator("#live-code-3").get_attribute("max"))
    page.locator("#live-code-3").evaluate(
        "slider => { slider.value = slider.max; slider.dispatchEvent(new Event('input')) }"
    )
    expected = decoder.predict(code, verbose=0).ravel()

    eventually(page, lambda: np.abs(drawn(page.locator("#live-code-out")) - expected).max() < 0.01)


def test_a_photo_is_cropped_inverted_and_centred(page):
    photo = np.full((300, 200, 4), 255)
    photo[100:180, 60:100, :3] = 51  # a dark garment, twice as high as wide, on white
    upload(page, "photo", "coat.png", png(200, 300, photo))
    expect(page.locator("#live-message")).to_contain_text(
        "inverted because its ground is bright, scaled to 28 × 28", timeout=PATIENCE
    )
    eventually(page, lambda: np.abs(seen(page)[1:-1, 8:20] - 0.8).max() < 0.02)
    picture = seen(page)
    assert picture[:, :7].max() == 0 and picture[:, 21:].max() == 0
    assert picture[:, 7:21].min() > 0.3, "its edges are mixed with the ground"


def test_a_photo_on_a_dark_ground_stays_as_it_is_and_a_transparent_one_lies_on_white(page):
    photo = np.zeros((90, 90, 4))
    photo[..., 3] = 255
    photo[30:60, 10:80, :3] = 255
    upload(page, "photo", "bag.png", png(90, 90, photo))
    expect(page.locator("#live-message")).to_contain_text("garment, scaled", timeout=PATIENCE)
    eventually(page, lambda: seen(page)[14].min() > 0.99 and seen(page)[0].max() == 0)
    photo = np.zeros((90, 90, 4))  # black where it is transparent
    photo[10:80, 30:60] = [0, 0, 0, 255]
    upload(page, "photo", "dress.png", png(90, 90, photo))
    expect(page.locator("#live-message")).to_contain_text("inverted because its ground is bright", timeout=PATIENCE)
    eventually(page, lambda: seen(page)[:, 14].min() > 0.99 and seen(page)[:, 0].max() == 0)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.txt", b"hello", "“notes.txt” is no picture that this browser can read. Choose a JPEG, PNG or WebP file."),
        ("empty.png", b"", "“empty.png” is no picture"),
        ("half.png", png(40, 40), "“half.png” is no picture"),
        ("huge.png", png(10_000, 5_000), "“huge.png” has 10000 × 5000 pixels, 50 megapixels; at most 40 are taken"),
        ("huge.jpg", JPEG_HEAD, "“huge.jpg” has 8000 × 6000 pixels, 48 megapixels"),
        ("grey.png", png(9, 9, np.full((9, 9, 4), 128)), "has one colour all over"),
        ("clear.png", png(9, 9, np.zeros((9, 9, 4))), "has one colour all over"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_clear_message_and_changes_nothing(page, images, name, content, message):
    upload(page, "photo", name, content)
    expect(page.locator("#live-message")).to_contain_text(message, timeout=PATIENCE)
    assert np.abs(seen(page) - images[36]).max() < 1e-6


def test_a_readers_own_network_runs_and_a_damaged_or_wrong_one_does_not(page, networks, images, tmp_path):
    own = keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)], name="mine")
    content = live.export_network(own, tmp_path / "mine.network").read_bytes()
    upload(page, "own", "mine.network", content[:500] + bytes([content[500] ^ 1]) + content[501:])
    expect(page.locator("#live-message")).to_contain_text("The file is damaged", timeout=PATIENCE)
    upload(page, "own", "autoencoder.network", live.as_text(networks["autoencoder"], "autoencoder").encode())
    expect(page.locator("#live-message")).to_contain_text(
        "“autoencoder” gives 784 numbers; expected 10", timeout=PATIENCE
    )
    upload(page, "own", "mine.network", content)
    expect(page.locator("#live-network option:checked")).to_have_text("Your own: mine", timeout=PATIENCE)
    expect(page.locator("#live-network-text")).to_contain_text("Checksum", timeout=PATIENCE)
    expected = softmax(own.predict(images[36:37], verbose=0)[0])
    eventually(page, lambda: np.abs(shares(page) - expected).max() < 0.06)
    page.locator("#live-network").select_option("regularised-cnn")
    expect(page.locator("#live-network-text")).to_contain_text("Right on", timeout=PATIENCE)


def test_an_edition_without_networks_runs_the_readers_own(site, browser, images, tmp_path):
    page, said = browser.new_page(), []
    page.on("pageerror", lambda error: said.append(str(error)))
    text = (site / "_static" / "live_data_edition.js").read_text()
    edition = json.loads(text[text.index("{") : text.rindex("}") + 1]) | {"networks": {}, "autoencoder": False}
    without = f'liveNetworks.bring("edition", {json.dumps(edition)});'
    with serve(site) as served:
        page.route("**/live_data_edition.js", lambda route: route.fulfill(body=without, content_type="text/javascript"))
        page.goto(served.address + PAGE)
        page.locator("#live-seen").focus()
        page.keyboard.press("Shift+ArrowDown")
        line(page, "Pencil at column 15, row 16")
        assert "without the autoencoder" in page.locator("article").inner_text()
        own = keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
        page.locator("#live-own").set_input_files(live.export_network(own, tmp_path / "mine.network"))
        line(page, "The network says")
        page.close()
    assert said == []


def test_a_dropped_file_is_taken_and_anything_else_is_refused(page):
    drop = """([name, content]) => {
        const data = new DataTransfer();
        if (name) data.items.add(new File([content], name));
        document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop, ["notes.txt", "hello"])
    expect(page.locator("#live-message")).to_contain_text("“notes.txt” is no picture", timeout=PATIENCE)
    page.evaluate(drop, ["", ""])
    expect(page.locator("#live-message")).to_contain_text("What you dropped is no file", timeout=PATIENCE)


def test_the_game_counts_and_tells_its_interval(page):
    page.locator("#live-game-start").click()
    right = 0
    for turn in range(20):
        expect(page.locator("#live-game .live-caption")).to_contain_text(f"Garment {turn + 1} of 20", timeout=PATIENCE)
        assert page.evaluate("document.activeElement.className") == "live-caption", "a screen reader is told"
        page.locator(".live-names button").nth(turn % 10).click()
    rows = page.locator(".live-result tbody tr").all_inner_texts()
    right = int(re.search(r"You were right on (\d+) of 20", page.locator(".live-result caption").inner_text())[1])
    expected = metrics.accuracy(np.ones(20, int), (np.arange(20) < right).astype(int))
    assert rows[0].split("\t") == [
        "You",
        f"{100 * expected.value:.1f} % ({100 * expected.low:.1f} % to {100 * expected.high:.1f} %)",
        "20",
    ]
    assert rows[-1].startswith("People, as the data set's README tells\t83.5 %") and rows[-1].endswith("1\u202f000")
    assert len(rows) == 6 and page.locator(".live-missed li").count() == 20 - right


def test_the_networks_answers_in_the_game_are_those_of_keras(site, networks, images):
    text = (site / "_static" / "live_data_edition.js").read_text()
    edition = json.loads(text[text.index("{") : text.rindex("}") + 1])
    answers = in_keras(live.rounded(networks["regularised-cnn"]), images).argmax(axis=1)
    assert edition["networks"]["regularised-cnn"]["answers"] == answers.tolist()
    assert edition["labels"][:4] == [0] * 4 and len(edition["labels"]) == 200


def test_an_answer_comes_within_a_frame_or_two_on_a_phone_too(page):
    """The fastest of many runs, since other tests keep the machine busy; a phone is taken to be four times as slow."""
    page.locator("#live-network").select_option("regularised-cnn")
    expect(page.locator("#live-network-text")).to_contain_text("Right on", timeout=PATIENCE)
    fastest = """() => Math.min(...Array.from({ length: 30 }, () => {
        const start = performance.now();
        liveKernels.run(livePage.state.network, Float32Array.from({ length: 784 }, Math.random));
        return performance.now() - start;
    }))"""
    assert page.evaluate(fastest) < 30
    phone = page.context.new_cdp_session(page)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    assert page.evaluate(fastest) < 100


# For everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_inspection_finds_nothing_once_everything_is_open(site, browser, width, theme):
    """Axe and sideways scrolling, with a sum, the sliders and a finished game in view; `make test` inspects the page at its start."""
    with with_axe(browser, site / PAGE, width, theme) as page:
        line(page, "The network says")
        page.locator("#live-code-start").click()
        page.locator(".live-layers input").nth(4).check(force=True)
        page.locator("#live-game-start").click()
        for turn in range(20):
            page.locator(".live-names button").nth(turn % 10).click()
        expect(page.locator("#live-code-text")).to_contain_text("Mean squared error", timeout=PATIENCE)
        assert page.evaluate("document.getAnimations().length") == 0
        page.evaluate("scrollTo(0, 0)")
        finds_nothing(page)


def test_the_inspection_finds_nothing_at_the_start(site):
    pages = {PAGE: read_pages(site)[PAGE]}
    with serve(site) as served:
        findings = browse.look_at_pages(served, pages, browse.read_baseline(browse.BASELINE), screenshots=None)
    assert [str(finding) for finding in findings if finding.check != "stale baseline"] == []
