"""A page's policy lets in what the page has, and nothing more; styles that stand in a page move to a file."""

import base64
import hashlib

import pytest

from tools import policy
from tools.chapters import PipelineError

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8" />
<link rel="stylesheet" href="_static/course.css" />
<script>first()</script>
</head><body>%s</body></html>
"""


def directives(page):
    return policy._directives(policy.META.search(page)[1])


def source(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# What a policy says


def test_a_policy_lets_in_files_of_the_site_and_no_other_host():
    for directive, allowed in policy.SOURCES.items():
        assert set(allowed.split()) <= {"'self'", "'none'", "data:", "file:"}, directive
    assert {policy.SOURCES[name] for name in ("object-src", "base-uri", "frame-src")} == {"'none'"}
    assert policy.SOURCES["default-src"] == policy.SOURCES["script-src"] == policy.SOURCES["style-src"] == "'self'"
    assert policy.SOURCES["img-src"] == "'self' data:"


def test_a_script_in_the_page_is_named_by_its_hash_and_only_once():
    page = policy.state(PAGE % '<script>last()</script><script data-x="y">first()</script><script src="a.js"></script>')
    assert directives(page)["script-src"] == {"'self'", source("first()"), source("last()")}
    assert "unsafe" not in page
    assert page.count(source("first()")) == 1


def test_a_policy_comes_before_everything_that_it_governs():
    page = policy.state(PAGE % "")
    assert page.index("<meta charset") < page.index("Content-Security-Policy") < page.index("<link")
    assert list(policy.problems(page)) == []


def test_stating_it_twice_is_as_once_and_follows_the_page():
    page = policy.state(PAGE % "")
    assert policy.state(page) == page
    changed = page.replace("first()", "second()")
    assert list(policy.problems(changed)) != []
    assert list(policy.problems(policy.state(changed))) == []


def test_a_page_that_states_no_encoding_is_refused():
    with pytest.raises(PipelineError, match="charset"):
        policy.state("<p>words</p>")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda page: policy.META.sub("", page), "states no policies"),
        (lambda page: page.replace("<link", policy.META.search(page).group() + "<link"), "states 2 policies"),
        (lambda page: page.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"), "style-src allows 'unsafe"),
        (lambda page: page.replace("img-src 'self' data:", "img-src *"), "img-src allows *"),
        (lambda page: page.replace("; object-src 'none'", ""), "object-src should have 'none'"),
        (lambda page: page.replace("first()", "other()"), "script-src should have 'sha256-"),
        (lambda page: page.replace("<meta charset", "<script src='a.js'></script><meta charset"), "after `<script`"),
    ],
    ids=["none", "two", "unsafe styles", "any picture", "objects", "another script", "late"],
)
def test_a_policy_that_does_not_fit_is_told(spoil, said):
    assert said in " ".join(policy.problems(spoil(policy.state(PAGE % ""))))


# Styles


def moved(body):
    page, rules = policy.move_styles(PAGE % body)
    return page.partition("<body>")[2].partition("</body>")[0], rules


def test_a_style_of_an_element_becomes_a_class_that_still_wins():
    body, rules = moved(
        '<tr style="text-align: right;"><td class="a b" style=\'top: 0; left:1px !important\'>x > y</td>'
    )
    assert "style=" not in body
    [row] = [rule for rule in rules if "text-align: right !important;" in rule]
    [cell] = [rule for rule in rules if "top: 0 !important; left:1px !important;" in rule]
    name_of_row, name_of_cell = row.split()[0].lstrip("."), cell.split()[0].lstrip(".")
    assert body == f'<tr class="{name_of_row}"><td class="a b {name_of_cell}">x > y</td>'


def test_equal_styles_share_a_rule_on_all_pages():
    first, rules = moved('<p style="color: red">a</p><b style="color: red">b</b>')
    second, others = moved('<i style="color: red">c</i>')
    assert rules == others and len(rules) == 1


def test_a_semicolon_in_brackets_ends_no_rule():
    _, rules = moved('<p style="background: url(data:image/png;base64,AA==); top: 0">a</p>')
    assert "url(data:image/png;base64,AA==) !important; top: 0 !important;" in rules.pop()


def test_a_stylesheet_in_the_text_moves_as_it_is():
    body, rules = moved("<div><style scoped>\n  .dataframe th {\n  top: 0;\n}\n</style>\n<table></table></div>")
    assert body == "<div><table></table></div>"
    assert rules == {".dataframe th { top: 0; }"}


@pytest.mark.parametrize(
    "body",
    [
        "<script>page = '<p style=\"x: y\">'</script>",
        '<!-- <p style="x: y"> -->',
        "<noscript><style>.a { b: c }</style></noscript>",
        "<style data-stays>.a { b: c }</style>",
        '<pre>&lt;p style="x: y"&gt;</pre>',
        '<p data-style="x: y" title="a style=" id="b"></p>',
        "<p>style=none and 1 < 2</p>",
    ],
)
def test_what_only_looks_like_a_style_stays(body):
    assert moved(body) == (body, set())


def test_an_empty_style_leaves_no_class():
    assert moved('<p style="">a</p>') == ("<p>a</p>", set())
