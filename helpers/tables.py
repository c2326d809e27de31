"""Tables that a reader of the book can sort.

The book's script, course.js, turns each heading into a button. Where it is absent, in Jupyter or Colab, the table is a
plain one. Each cell keeps its value in `data-value`: rows are sorted by that and not by the text that is shown.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real
from typing import Any

import pandas as pd

DASH = "–"


@dataclass(frozen=True)
class SortableTable:
    """What `sortable` returns. As the last expression of a cell it is shown as HTML, in a terminal as text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Column:
    name: str
    is_number: bool
    keys: list[str]  # what to sort by; empty for a missing value
    texts: list[str]  # what is shown


def sortable(frame: pd.DataFrame, formats: Mapping[Hashable, str] | None = None, *, caption: str) -> SortableTable:
    """A table whose rows the reader can sort by any column, that of the row names too.

    `formats` says by column how values are shown, for example {"accuracy": "{:.1%}"}; other columns look as in pandas.
    `caption` tells what the table shows. A measurement with an interval (`metrics.Accuracy`, `evidence.Interval`) is
    shown with it and sorted by its value. Missing values are shown as a dash and always come last.
    """
    formats = dict(formats or {})
    _check_frame(frame)
    names = [frame.index.name, *frame.columns]
    _check_names(names)
    _check_formats(formats, names)
    _check_caption(caption)
    series = [frame.index.to_series(), *(frame.iloc[:, place] for place in range(frame.shape[1]))]
    columns = [_column(name, each, formats.get(name)) for name, each in zip(names, series)]
    return SortableTable(_html(columns, caption), _text(columns, caption))


def _check_frame(frame: pd.DataFrame) -> None:
    if not isinstance(frame, pd.DataFrame):
        hint = " Make one with .to_frame()." if isinstance(frame, pd.Series) else ""
        raise TypeError(f"sortable got a {type(frame).__name__}; expected a pandas DataFrame.{hint}")
    if frame.empty:
        raise ValueError(
            f"sortable got a frame of {frame.shape[0]} rows and {frame.shape[1]} columns; expected at least one of each. "
            "Is the selection before it empty?"
        )
    if frame.index.nlevels > 1 or frame.columns.nlevels > 1:
        raise ValueError(
            "sortable got names in several levels; expected one name for each row and column. "
            "Use frame.reset_index() for the rows, frame.set_axis([...], axis=1) for the columns."
        )


def _check_names(names: list[Hashable]) -> None:
    """The first is that of the column of row names."""
    if _is_blank(names[0]):
        raise ValueError(
            "sortable got rows whose column has no name; expected one, since readers sort by it, too. "
            'Use frame.rename_axis("model"), or frame.set_index("model") if a column names the rows.'
        )
    if any(map(_is_blank, names)):
        raise ValueError(
            "sortable got a column without a name; expected one for each. Use frame.rename(columns={...})."
        )
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise ValueError(
            f"sortable got the column name {', '.join(twice)} twice; expected different names. "
            "Use frame.set_axis([...], axis=1), or frame.rename_axis(...) for that of the rows."
        )


def _check_formats(formats: dict[Hashable, str], names: list[Hashable]) -> None:
    if unknown := [name for name in formats if name not in names]:
        raise ValueError(
            f"sortable got a format for {', '.join(map(repr, unknown))}; expected columns of the frame: "
            f"{', '.join(map(repr, names))}. Correct the name, or leave the format out."
        )
    for name, spec in formats.items():
        if not isinstance(spec, str) or "{" not in spec:
            raise ValueError(
                f"sortable got {spec!r} as the format of {name!r}; expected text with braces, such as '{{:.1%}}'."
            )


def _check_caption(caption: str) -> None:
    if not isinstance(caption, str) or _is_blank(caption):
        raise ValueError(
            f"sortable got the caption {caption!r}; expected a sentence that tells what the table shows, "
            'such as caption="Accuracy on the test images, by model".'
        )


def _is_blank(name: Any) -> bool:
    return name is None or not str(name).strip()


def _column(name: Hashable, series: pd.Series, spec: str | None) -> _Column:
    values = list(series)
    raw = [_raw(value) for value in values]
    is_number = all(isinstance(each, Real) and not isinstance(each, bool) for each in raw if each is not None)
    plain = _plain_texts(series) if spec is None else [_formatted(value, spec, name) for value in values]
    texts = [DASH if each is None else text for each, text in zip(raw, plain)]
    return _Column(str(name), is_number, [_key(each, is_number) for each in raw], texts)


def _raw(value: Any) -> Any:
    """What a cell is sorted by: the value, or that of a measurement with an interval; None where it is missing."""
    if hasattr(value, "value") and hasattr(value, "low"):
        value = value.value
    is_missing = value == "" if isinstance(value, str) else pd.api.types.is_scalar(value) and pd.isna(value)
    return None if is_missing else value


def _key(raw: Any, is_number: bool) -> str:
    """As course.js reads it: numbers as JavaScript writes them."""
    if raw is None:
        return ""
    if not is_number:
        return str(raw)
    return str(int(raw)) if isinstance(raw, Integral) else repr(float(raw)).replace("inf", "Infinity")


def _plain_texts(series: pd.Series) -> list[str]:
    """Without a format: as pandas shows it, so that the numbers of a column have the same decimals."""
    series = series.infer_objects()
    if pd.api.types.is_float_dtype(series):
        return series.to_string(index=False, header=False).split()
    return [str(value) for value in series]


def _formatted(value: Any, spec: str, name: Hashable) -> str:
    if _raw(value) is None:
        return DASH
    try:
        return spec.format(value)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(
            f"sortable cannot show {value!r} of column {name!r} by the format {spec!r}: {error}. "
            "Expected a format that fits every value; '{}' fits any."
        ) from error


def _html(columns: list[_Column], caption: str) -> str:
    heads = "".join(f'<th scope="col"{_kind(column)}>{escape(column.name)}</th>' for column in columns)
    rows = "\n".join(_row(columns, place) for place in range(len(columns[0].keys)))
    return (
        f'<table class="dataframe sortable">\n<caption><span>{escape(caption)}</span></caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _row(columns: list[_Column], place: int) -> str:
    cells = []
    for column in columns:
        tag, scope = ("td", "") if cells else ("th", ' scope="row"')
        key, text = escape(column.keys[place]), escape(column.texts[place])
        if not key:
            text = f'<span role="img" aria-label="no value">{DASH}</span>'
        cells.append(f'<{tag}{scope}{_kind(column)} data-value="{key}">{text}</{tag}>')
    return f"<tr>{''.join(cells)}</tr>"


def _kind(column: _Column) -> str:
    return ' class="number"' if column.is_number else ""


def _text(columns: list[_Column], caption: str) -> str:
    first, *others = columns
    frame = pd.DataFrame({column.name: column.texts for column in others}, pd.Index(first.texts, name=first.name))
    return f"{caption}\n{frame.to_string()}"
