"""What the HTML renderings share: elements, escaping, and a style that fits light and dark pages.

The page around us is Jupyter's, Colab's or nbconvert's, and tells us nothing about its theme. So nothing has
a background of its own but translucent grey, text inherits its colour, and an accent is a mid-tone mixed with
the inherited colour: it darkens on a light page and lightens on a dark one. The doubled class in style.css
outranks JupyterLab's own rules for tables and code.
"""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path

from torch_judge.show.words import clean, pieces


def tag(name: str, *inside: str, **attributes: str) -> str:
    """An element. ``inside`` is HTML already; attributes are escaped (``class_``, ``aria_label``)."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(clean(value))}"' if value else f" {key}"
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{''.join(inside)}</{name}>"


def esc(text: str) -> str:
    """Text, safe to stand in a page."""
    return html.escape(clean(text))


def prose(text: str) -> str:
    """A message of ours: what stands between backticks becomes code."""
    return "".join(tag("code", esc(part)) if is_code else esc(part) for part, is_code in pieces(text))


def soft(text: str) -> str:
    """An aside."""
    return tag("span", esc(text), class_="tj-soft")


def heading(text: str) -> str:
    """A heading that stays out of the notebook's table of contents."""
    return tag("div", esc(text), class_="tj-head", role="heading", aria_level="4")


def grid(columns: list[str], rows: list[str], label: str, class_: str = "tj-plain") -> str:
    """A table of finished rows; a narrow page scrolls it sideways."""
    head = tag("thead", tag("tr", *(tag("th", esc(column), scope="col") for column in columns)))
    bodies = rows if rows[0].startswith("<tbody") else [tag("tbody", *rows)]
    table = tag("table", head, *bodies, aria_label=label)
    return tag("div", table, class_=f"tj-scroll {class_}", role="region", aria_label=label, tabindex="0")


def wrapped(label: str, *inside: str) -> str:
    """The one element that a notebook shows."""
    return tag("div", tag("style", style()), *inside, class_="torch-judge", role="group", aria_label=label)


@cache
def style() -> str:
    """The style, which each element carries: an output may be shown alone."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
