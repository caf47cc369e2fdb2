"""Report of a training: the scores of each label and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from audiocli.escaping import plain
from audiocli.results import Evaluation, Training

_MAX_LABELS = 12  # of a confusion matrix


def table(result: Training) -> Group:
    """Return the scores of cross-validation and test, and the cautions."""
    return Group(*_parts(result))


def _parts(result: Training) -> Iterator[RenderableType]:
    what = f"{result.clips} clips, {len(result.labels)} labels, head: {plain(result.head)}"
    yield Text(what + (f", {result.failed} clips failed" if result.failed else ""))
    if result.losses:
        yield Text(f"loss {result.losses[0]:.3f} to {result.losses[-1]:.3f}")
    if result.validation:
        how = f"{result.folds}-fold cross-validation" if result.folds != 1 else "held-out clips"
        yield from _evaluation(how, result.validation)
    if result.test:
        yield from _evaluation("test", result.test)
    for caution in result.cautions:
        yield Text(f"caution: {plain(caution)}", style="yellow")


def _evaluation(title: str, judged: Evaluation) -> Iterator[RenderableType]:
    interval = f"{_percent(judged.accuracy_low)} to {_percent(judged.accuracy_high)}"
    yield Text("")
    yield Text(
        f"{title}: {_percent(judged.accuracy)} right of {judged.clips} "
        f"(95 % interval {interval}; always the commonest: {_percent(judged.baseline_accuracy)}), "
        f"macro F1 {judged.macro_f1:.3f}",
        style="bold",
    )
    yield _labels(judged)
    if len(judged.labels) <= _MAX_LABELS:
        yield _confusion(judged)
    yield Text(
        f"calibration error {judged.calibration_error:.3f}, log loss {judged.log_loss:.3f} "
        f"({judged.log_loss_uncalibrated:.3f} before calibration)"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _labels(judged: Evaluation) -> Table:
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("label", overflow="fold", min_width=10)
    for heading in ("clips", "precision", "recall", "95 % interval", "F1"):
        grid.add_column(heading, justify="right", no_wrap=True)
    for score in judged.labels:
        grid.add_row(
            Text(plain(score.label)),
            str(score.clips),
            "-" if score.precision is None else f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.recall_low:.2f} to {score.recall_high:.2f}",
            f"{score.f1:.3f}",
        )
    return grid


def _confusion(judged: Evaluation) -> Table:
    """Return the confusion matrix with true labels as rows and predictions as columns."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("is / is called", overflow="fold", min_width=10)
    for number in range(len(judged.labels)):
        grid.add_column(str(number + 1), justify="right", no_wrap=True)
    for number, (score, row) in enumerate(zip(judged.labels, judged.confusion, strict=True)):
        cells = [
            Text(str(count) if count else "·", style="green" if column == number else "")
            for column, count in enumerate(row)
        ]
        grid.add_row(Text(f"{number + 1} {plain(score.label)}"), *cells)
    return grid
