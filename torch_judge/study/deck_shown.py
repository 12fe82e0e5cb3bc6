"""Cards where the learner is: as a page, as text, as widgets that can be clicked, and in a shell."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch_judge.errors import JudgeError
from torch_judge.learner.spacing import GOOD
from torch_judge.show.page import esc, heading, prose, soft, tag, wrapped
from torch_judge.show.terminal import BAD, DIM, message, plain, put
from torch_judge.study import page, terminal, widgets
from torch_judge.study.cards import RATINGS, Card, Deck
from torch_judge.study.markdown import to_html

if TYPE_CHECKING:
    from rich.console import Console

LEAVE = "q"
SCALE = ", ".join(f"{rating} {words}" for rating, words in RATINGS.items())


def html(deck: Deck) -> str:
    """The card on top as one element, its back folded."""
    if deck.card is None:
        return wrapped(deck.title, tag("p", prose(ended(deck)), class_="tj-next"))
    back = tag("details", tag("summary", "Answer") + tag("div", page.words(deck.card.back), class_="tj-inside"))
    how = tag("p", prose(f"Rate it with `rate(3)`: {SCALE}."), class_="tj-soft")
    return wrapped(deck.title, page.title(deck.title), _front(deck, deck.card), back, how)


def text(deck: Deck) -> Callable[[Console], None]:
    """Writes the card on top, its back below it."""

    def write(console: Console) -> None:
        if deck.card is None:
            put(console, message(ended(deck)))
            return
        front(console, deck, deck.card)
        put(console, plain("\nAnswer", DIM))
        terminal.markdown(console, deck.card.back, 2)
        put(console, message(f"\nRate it with `rate(3)`: {SCALE}.", DIM))

    return write


def ended(deck: Deck) -> str:
    """What is said when no card is left."""
    return f"{deck.place()}. They come again when they are due: `review()`."


def front(console: Console, deck: Deck, card: Card) -> None:
    """Write the front of a card."""
    put(console, plain(f"\n{deck.place()}", DIM))
    terminal.markdown(console, f"**{card.title}**\n\n{card.front}")


def _front(deck: Deck, card: Card) -> str:
    title = heading("CARD").replace("CARD", to_html(card.title).strip().removeprefix("<p>").removesuffix("</p>"))
    return tag("p", soft(deck.place())) + title + (page.words(card.front) if card.front else "")


def ask(deck: Deck, read: Callable[[], str] | None = None) -> bool:
    """Show the cards in a shell, one after the other; False if the learner leaves before the last.

    ``read`` gives the next line that was typed and raises EOFError at the end of the input.
    """
    from rich.console import Console

    console, typed = Console(file=sys.stdout, force_jupyter=False), read or input
    put(console, message(deck.title, "bold"))
    try:
        while (card := deck.card) is not None:
            front(console, deck, card)
            console.print(message("\nEnter shows the answer: ", DIM), end="")
            if typed().strip().lower() == LEAVE:
                return False
            terminal.markdown(console, card.back, 2)
            if not _rated(console, deck, typed):
                return False
    except EOFError:
        return False
    put(console, message(f"\n{ended(deck)}"))
    return True


def _rated(console: Console, deck: Deck, typed: Callable[[], str]) -> bool:
    """Ask for a rating until there is one; False if the learner leaves."""
    while True:
        console.print(message(f"\n{SCALE}, {LEAVE} to leave: ", DIM), end="")
        given = typed().strip().lower()
        if given == LEAVE:
            return False
        try:
            deck.rate(int(given) if given.isdecimal() and len(given) < 3 else 0)
            return True
        except JudgeError as error:
            put(console, message(f"{error.fact} {error.remedy}", BAD))


class CardBoard:
    """A card with a button that shows its back, then four that rate it."""

    def __init__(self, deck: Deck) -> None:
        import ipywidgets

        self.deck = deck
        self.turned = self.touched = False
        self.box = ipywidgets.VBox(layout=ipywidgets.Layout(width="100%", max_width="62rem"))
        deck.changed = self._next
        self.refresh()

    def refresh(self) -> None:
        """Draw what is the case now."""
        card = self.deck.card
        if card is None:
            self.box.children = (widgets.html(tag("p", prose(ended(self.deck)), class_="tj-next"), "Result"),)
            return
        shown = widgets.html(tag("p", soft(esc(self.deck.title))) + _front(self.deck, card), card.title)
        if self.turned:
            back = widgets.html(tag("div", page.words(card.back), class_="tj-box tj-hint", role="status"), "Answer")
            self.box.children = (shown, back, self._ratings())
        else:
            self.box.children = (shown, self._button("Show the answer", "Show the answer", self._turn))
        if self.touched:
            self._focus()

    def _ratings(self) -> Any:
        import ipywidgets

        made = [
            self._button(f"{rating} {words}", f"Rate {rating}: {words}", functools.partial(self.deck.rate, rating))
            for rating, words in RATINGS.items()
        ]
        return ipywidgets.HBox(made, layout=ipywidgets.Layout(flex_flow="row wrap", width="100%"))

    def _button(self, word: str, name: str, pressed: Callable[[], None]) -> Any:
        import ipywidgets

        return widgets.button(word, name, pressed, layout=ipywidgets.Layout(width="auto", align_self="flex-start"))

    def _focus(self) -> None:
        """A keyboard goes on from here: the button that was pressed is gone."""
        last = self.box.children[-1]
        threading.Timer(0.1, (last.children[GOOD - 1] if self.turned else last).focus).start()

    def _turn(self) -> None:
        self.turned = self.touched = True
        self.refresh()

    def _next(self) -> None:
        self.turned = False
        self.refresh()
