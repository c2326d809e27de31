"""Each fault that a page can have is found, on that page, and nothing is found on a page without one.

All faults stand in one small site, one fault a page, which is inspected once in a real browser.
"""

import random
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools import browse, browsers, inspect_site, policy
from tools.chapters import ROOT, PipelineError
from tools.check_pages import Finding
from tools.local_server import Served, serve

pytestmark = pytest.mark.slow

ALT = "A small grey square, drawn for this test"
DRAWN = 64 * "a"  # as the file of a chapter's figure is named

REMOTE = '<script src="https://cdn.example.org/x.js"></script>'

# The body of each page, and the check that must find it.
FAULTS = {
    "no_alt": ('<img src="square.png">', {"alternative text", "axe image-alt"}),
    "empty_alt": ('<img src="square.png" alt="">', {"alternative text"}),
    "file_alt": ('<img src="square.png" alt="a_plot_of_the_classes.png">', {"alternative text"}),
    "path_alt": ('<img src="square.png" alt="../_images/3f0a41c2b7d9e8f6">', {"alternative text"}),
    "short_alt": ('<img src="square.png" alt="A plot of it">', {"alternative text"}),
    "same_alt": (f'<img src="square.png" alt="{ALT}"><img src="square.png" alt="{ALT}">', {"alternative text"}),
    "no_twin": (f'<img src="{DRAWN}.png" alt="{ALT}">', {"dark figure"}),
    "other_twin": (
        f'<img class="only-light" src="{DRAWN}.png" alt="{ALT}"><img class="only-dark" src="{DRAWN}-12.png" alt="{ALT}, again">',
        {"dark figure"},
    ),
    "console": ("<script>console.error('something is off')</script>", {"console error", "unknown script"}),
    "script": ("<script>nothing.here()</script>", {"script error", "unknown script"}),
    "third_party": (REMOTE, {"content policy", "third party"}),
    "late_third_party": (
        "<script>setTimeout(() => fetch('https://late.example.org/').catch(() => 0))</script>",
        {"content policy", "unknown script"},
    ),
    "no_file": ("<script>fetch('no_such_file.json')</script>", {"missing file", "unknown script"}),
    "handler": ('<button onclick="away()">away</button>', {"content policy"}),
    "script_link": ('<a href="javascript:away()">away</a>', {"content policy"}),
    "frame": ('<iframe src="index.html" title="the front page"></iframe>', {"content policy"}),
    "no_script": ('<script src="no_such_script.js"></script>', {"missing file", "broken link"}),
    "broken_link": ('<a href="no_such_page.html">away</a>', {"broken link"}),
    "root_link": ('<a href="/index.html">home</a>', {"broken link"}),
    "outside_link": ('<a href="../outside.html">out</a>', {"broken link"}),
    "broken_anchor": ('<a href="index.html#nowhere">home</a>', {"broken anchor"}),
    "own_broken_anchor": ('<a href="#nowhere">here</a>', {"broken anchor"}),
    "wide": ('<div class="culprit" style="width: 500px">wide</div>', {"sideways scroll"}),
    "folded_wide": (
        '<details><summary>more</summary><div style="width: 500px">wide</div></details>',
        {"sideways scroll"},
    ),
    "heavy": (
        "".join(f'<img src="noise{i}.png" alt="" role="presentation" loading="lazy">' for i in range(14)),
        {"heavy page"},
    ),
    "heavy_scripts": ('<script src="heavy.js"></script>', {"heavy scripts"}),
    "pale": ('<p style="color: #bbb">hardly to be read</p>', {"axe color-contrast"}),
    "pale_below_large": (
        '<p style="color: #888; font-size: 30px">large enough</p><p style="color: #888">not so</p>',
        {"axe color-contrast"},
    ),
    "pale_on_grey": (
        '<p style="color: #707070">on white</p><div style="background: #ccc"><p style="color: #707070">on grey</p></div>',
        {"axe color-contrast"},
    ),
    "dark_only": ('<p class="night">hardly to be read at night</p>', {"axe color-contrast"}),
    "folded_pale": (
        '<details><summary>more</summary><p style="color: #bbb">pale</p></details>',
        {"axe color-contrast"},
    ),
    "pale_code": (
        '<pre>x <span class="k">for</span> <span class="k">in</span> <span class="c" style="color: #bbb"># pale</span></pre>',
        {"axe color-contrast"},
    ),
    "pale_second_code": (
        '<pre><span class="k">for</span></pre><pre style="background: #777"><span class="k">for</span></pre>',
        {"axe color-contrast"},
    ),
    "local_path": ("<p>saved in /home/somebody/course</p>", {"local path"}),
    "split_path": ("<pre><b>/home</b>/somebody/course</pre>", {"local path"}),
    "windows_path": (r"<p>saved in C:\Users\somebody</p>", {"local path"}),
    "search": ('<p>a kernel</p><div id="search-results"></div>', {"search"}),
    "traceback": ("<pre>Traceback (most recent call last): ...</pre>", {"traceback"}),
}
# What somebody does to a page after its policy was stated, and the check that must find it.
SPOILT = {
    "no_policy": (lambda page: policy.META.sub("", page).replace("</main>", REMOTE), {"content policy", "third party"}),
    "loose_policy": (
        lambda page: page.replace("script-src 'self'", "script-src 'self' https:").replace("</main>", REMOTE),
        {"content policy", "third party"},
    ),
    "late_policy": (
        lambda page: policy.META.sub("", page).replace("</head>", f"{policy.META.search(page).group()}</head>"),
        {"content policy"},
    ),
    "added_script": (
        lambda page: page.replace("</main>", "<script>away()</script>"),
        {"content policy", "unknown script"},
    ),
    "added_style": (lambda page: page.replace("<p>", '<p style="color: red">'), {"content policy"}),
}
CLEAN = {
    "index": '<a href="sub/page.html#part">on</a> <a href="https://example.org/home/x">away</a> <a href="mailto:a@example.org">write</a>',
    "sub/page": '<h2 id="part">Part</h2><a href="../index.html">back</a> <a href="../index.html#top">top</a>'
    f'<a href="../data.csv">data</a><img src="../square.png" alt="{ALT}"><img src="../square.png" alt="" role="presentation">'
    f'<img class="only-light" src="../{DRAWN}.png" alt="{ALT} twice"><img class="only-dark" src="../{DRAWN}-12.png" alt="{ALT} twice">'
    '<div style="overflow-x: auto" tabindex="0"><div style="width: 700px">wide in its own box</div></div>',
    "moved": "",
}
STYLE = """
html { background: #fff; color: #111 } a { color: #00479d } pre { background: #fff; color: #111 }
.night { background: #fff; color: #111 }
@media (prefers-color-scheme: dark) {
    html { background: #111; color: #eee } a { color: #9cf } .night { background: #222; color: #555 }
}
"""


def write_page(site: Path, name: str, body: str, head: str = "") -> None:
    style = "../" * name.count("/") + "style.css"
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="{style}">{head}</head>'
        f'<body><main id="top"><h1>{name.replace("/", " ")}</h1>{body}</main></body></html>'
    )
    page, rules = policy.move_styles(page)
    if rules:
        page = page.replace("</head>", f"<style>{' '.join(sorted(rules))}</style></head>")
    path = site / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(policy.state(page), encoding="utf-8")


def write_clean_site(site: Path) -> None:
    for name, body in CLEAN.items():
        write_page(
            site, name, body, '<meta http-equiv="refresh" content="0; url=index.html">' if name == "moved" else ""
        )
    (site / "style.css").write_text(STYLE, encoding="utf-8")
    (site / "data.csv").write_text("label\n1\n", encoding="utf-8")
    for name in ("square", DRAWN, f"{DRAWN}-12"):
        Image.new("L", (40, 40), 128).save(site / f"{name}.png")


@pytest.fixture(scope="module")
def empty_baseline(tmp_path_factory):
    path = tmp_path_factory.mktemp("baseline") / "empty.yml"
    path.write_text("[]\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def faulty(tmp_path_factory, empty_baseline):
    """The findings of the site with all the faults."""
    site = tmp_path_factory.mktemp("faulty")
    write_clean_site(site)
    for name, (body, _) in FAULTS.items():
        write_page(site, name, body)
    for name, (spoil, _) in SPOILT.items():
        write_page(site, name, "<p>words</p>")
        path = site / f"{name}.html"
        path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    noise = np.random.default_rng(0)
    for i in range(14):
        Image.fromarray(noise.integers(0, 256, (196, 196, 3), np.uint8)).save(site / f"noise{i}.png")
    (site / "heavy.js").write_text(f"// {random.Random(0).randbytes(300_000).hex()}\n", encoding="utf-8")
    Image.fromarray(noise.integers(0, 256, (240, 240, 3), np.uint8)).save(site / "too_heavy.png")
    (site / "notebook.ipynb").write_text('{"source": "open(\'/home/somebody/x.csv\')"}', encoding="utf-8")
    with pytest.MonkeyPatch.context() as less:
        less.setattr("tools.check_search.PATIENCE", 1_000)  # its search never answers
        return inspect_site.inspect(site, baseline=empty_baseline)


def on_page(findings: list[Finding], page: str) -> list[Finding]:
    return [finding for finding in findings if finding.page == page]


@pytest.mark.parametrize("name", FAULTS | SPOILT)
def test_the_fault_of_a_page_is_found_and_no_other(faulty, name):
    assert {finding.check for finding in on_page(faulty, f"{name}.html")} == (FAULTS | SPOILT)[name][1]


def test_the_pages_without_a_fault_have_no_finding(faulty):
    assert [finding for name in CLEAN for finding in on_page(faulty, f"{name}.html")] == []


def test_files_are_checked_too(faulty):
    assert [finding.check for finding in on_page(faulty, "too_heavy.png")] == ["heavy figure"]
    assert [finding.check for finding in on_page(faulty, "notebook.ipynb")] == ["local path"]
    assert on_page(faulty, "noise0.png") == []


def test_a_fault_of_dark_mode_alone_says_so(faulty):
    (finding,) = on_page(faulty, "dark_only.html")
    assert "dark 1280, dark 390" in finding.found and "light" not in finding.found
    (finding,) = on_page(faulty, "pale.html")
    assert "light" in finding.found


def test_a_page_that_scrolls_sideways_names_the_element_and_the_width(faulty):
    (finding,) = on_page(faulty, "wide.html")
    assert "div.culprit" in finding.found and "390" in finding.found and "1280" not in finding.found


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("third_party", "https://cdn.example.org/x.js"),
        ("late_third_party", "https://late.example.org/"),
        ("console", "something is off"),
        ("script", "nothing is not defined"),
        ("no_file", "no_such_file.json answers 404"),
        ("broken_link", "no_such_page.html"),
        ("broken_anchor", "#nowhere"),
        ("heavy_scripts", "heavy.js alone is"),
        ("heavy", "at most 1500 kB"),
        ("local_path", "/home/somebody"),
        ("short_alt", "12 characters"),
    ],
)
def test_a_finding_names_what_was_found_and_how_to_mend_it(faulty, page, words):
    found = [finding for finding in on_page(faulty, f"{page}.html") if words in finding.found]
    assert found
    for finding in found:
        assert re.fullmatch(rf"{page}\.html: {finding.check}: .* Mend: .+", str(finding))


def test_a_policy_that_does_not_fit_says_how_it_differs(faulty):
    found = {name: " ".join(finding.found for finding in on_page(faulty, f"{name}.html")) for name in SPOILT}
    assert "states no policies" in found["no_policy"]
    assert "script-src allows https:" in found["loose_policy"]
    assert "comes after `<link`" in found["late_policy"]
    assert "script-src should have 'sha256-" in found["added_script"]
    assert "style of <p>" in found["added_style"]


def test_scripts_and_files_that_the_list_does_not_know_are_found(faulty):
    assert [finding.check for finding in on_page(faulty, "heavy.js")] == ["unknown script"]
    assert "tools.vendored" in on_page(faulty, "heavy.js")[0].mend


# A site without a fault, and the baseline


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    site = tmp_path_factory.mktemp("clean")
    write_clean_site(site)
    return site


def run_main(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["inspect_site", *arguments])
    return inspect_site.main()


def test_a_clean_site_passes_says_so_and_shows_how_far_it_is(clean, tmp_path, monkeypatch, capsys):
    assert run_main(monkeypatch, str(clean), "--screenshots", str(tmp_path / "shots")) == 0
    lines = capsys.readouterr().out.splitlines()
    words = [line.split() for line in lines[:2]]
    assert [progress[:3] for progress in words] == [["1", "of", "2"], ["2", "of", "2"]]
    assert {progress[3] for progress in words} == {"index.html", "sub/page.html"}, "in any order: two browsers look"
    assert lines[-1].endswith("no findings.")
    names = {path.name for path in (tmp_path / "shots").iterdir()}
    assert names == {
        f"{page}-{width}-{theme}.png"
        for page in ("index", "sub-page")
        for width in (1280, 390)
        for theme in ("light", "dark")
    }


def test_with_a_finding_the_exit_code_is_one_and_the_last_line_counts(tmp_path, monkeypatch, capsys):
    write_clean_site(tmp_path)
    write_page(tmp_path, "index", '<a href="no_such_page.html">away</a><p id="top"></p>')
    assert run_main(monkeypatch, str(tmp_path)) == 1
    assert re.search(r": \d+ findings?\.$", capsys.readouterr().out.splitlines()[-1])


def test_the_baseline_excuses_what_it_names_and_reports_what_it_no_longer_needs(tmp_path):
    site, baseline = tmp_path / "site", tmp_path / "baseline.yml"
    write_clean_site(site)
    write_page(
        site, "index", '<p class="known" style="color: #bbb">pale</p><p class="new" style="color: #bbb">pale</p>'
    )
    write_page(site, "sub/page", '<h2 id="part">Part</h2>')
    baseline.write_text(
        "- {rule: color-contrast, selector: .known, why: the theme does it}\n"
        "- {rule: color-contrast, selector: .gone, why: it was so once}\n",
        encoding="utf-8",
    )
    findings = inspect_site.inspect(site, baseline=baseline)
    assert [finding.check for finding in findings] == ["axe color-contrast", "stale baseline"]
    assert ".new" in findings[0].found and ".known" not in findings[0].found
    assert ".gone" in findings[1].found


def test_a_baseline_entry_without_a_reason_is_refused(tmp_path):
    path = tmp_path / "baseline.yml"
    path.write_text("- {rule: color-contrast, selector: .known}\n", encoding="utf-8")
    with pytest.raises(PipelineError, match="why"):
        browse.read_baseline(path)


def test_every_entry_of_the_course_s_baseline_has_a_reason():
    for entry in browse.read_baseline(browse.BASELINE):
        assert len(entry["why"]) > 20


@pytest.fixture
def no_browser(monkeypatch, tmp_path):
    """A machine without any, except where a test puts one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browsers, "PLACES", ())
    monkeypatch.delenv("CHROMIUM", raising=False)
    return tmp_path


def put_program(path: Path) -> str:
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def open_one():
    with browse.open_browser():
        pass


def test_without_a_browser_the_message_says_how_to_get_one(no_browser):
    with pytest.raises(browse.NoBrowser, match="looked for chromium.*apt-get install chromium"):
        open_one()


@pytest.mark.parametrize("name", browsers.NAMES)
def test_each_browser_of_the_list_is_found(name, no_browser):
    program = put_program(no_browser / name)
    assert browsers.find() == program


def test_the_variable_names_the_browser_and_excludes_the_others(no_browser, monkeypatch):
    put_program(no_browser / "chromium")
    monkeypatch.setenv("CHROMIUM", put_program(no_browser / "mine"))
    assert browsers.find() == str(no_browser / "mine")
    monkeypatch.setenv("CHROMIUM", "nowhere")
    with pytest.raises(browse.NoBrowser, match="CHROMIUM names nowhere, which is no program"):
        open_one()


def test_the_list_of_browsers_needs_the_standard_library_alone():
    code = (
        "import sys; sys.path = [path for path in sys.path if 'site-packages' not in path]; from tools import browsers"
    )
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)


def test_a_folder_without_pages_is_refused(tmp_path):
    with pytest.raises(PipelineError, match="tools.build"):
        inspect_site.inspect(tmp_path)


def test_the_server_compresses_text_and_hands_out_nothing_outside_the_site(clean):
    with serve(clean) as served:
        plain = (clean / "index.html").stat().st_size
        assert 0 < served.weight("index.html") < plain
        assert served.weight("square.png") == (clean / "square.png").stat().st_size
        assert served.body("../outside.html") is None
        assert served.name(served.address) == "index.html"
        assert served.name("https://example.org/") is None


def test_a_browser_that_hangs_up_makes_the_server_say_nothing(clean, capfd):
    with serve(clean) as served:
        port = int(served.address.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /square.png HTTP/1.1\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not closed
        time.sleep(0.5)
    assert capfd.readouterr().err == ""


def test_a_fault_of_the_server_itself_is_told(clean, capfd, monkeypatch):
    monkeypatch.setattr(Served, "body", lambda *_: 1 / 0)
    with serve(clean) as served, pytest.raises(OSError):
        urllib.request.urlopen(served.address, timeout=5)
    assert "ZeroDivisionError" in capfd.readouterr().err
