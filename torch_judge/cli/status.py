"""`torch-judge status`."""

from __future__ import annotations

from pathlib import Path

import click

from torch_judge.cli.console import filters, format_option, options_of, problems_option, publish_json, tell


@click.command()
@filters
@format_option
@problems_option
def status(topic: str | None, difficulty: str | None, state: str | None, form: str, problems: Path | None) -> None:
    """Show what is solved, attempted and to do, and what is next."""
    from dataclasses import asdict

    from torch_judge.bank import find_bank
    from torch_judge.learner import shared
    from torch_judge.learner.due import due, lesson_rows, study_sentence
    from torch_judge.learner.progress import Store
    from torch_judge.show import show_status

    store = Store()
    bank = find_bank(problems)
    rows, summary = shared.status_rows(bank, store)
    shown = shared.chosen(rows, topic, difficulty, state)
    following = shared.next_row(rows, store)
    today = due(bank, store)
    lessons = lesson_rows(bank, store, today)
    if form == "json":
        document = {**summary, "next": following and following.id, "problems": [asdict(row) for row in shown]}
        publish_json({**document, "lessons": [asdict(row) for row in lessons], "due": today._asdict()})
    else:
        options = options_of(problems)
        sentence = shared.next_sentence(following, shell=True, options=options)
        studies = study_sentence(lessons, today, f"`torch-judge review{options}`")
        show_status(
            shown,
            summary=summary,
            following=" ".join(filter(None, (sentence, studies))),
            filtered=len(shown) < len(rows),
        )
    tell(store)
