"""The score as one page for people who have never seen the product: tables, plots, timelines, mistakes. One file.

Nothing in it comes from elsewhere and nothing in it runs: no script, no font, no picture that is not in the page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.liveshop.scoring.clips import clips, worst
from benchmarks.liveshop.scoring.plots import LINES, coverage, histogram, reliability
from benchmarks.liveshop.scoring.report_tables import comparison_rows, groups_table, summary_table
from benchmarks.liveshop.scoring.shop import read_shop
from benchmarks.liveshop.scoring.summary import FIGURES, UNITS, told
from benchmarks.liveshop.scoring.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.liveshop.scoring.compare import Comparison
    from benchmarks.liveshop.scoring.judged import Contender
    from benchmarks.liveshop.scoring.record import Result, Scored
    from benchmarks.liveshop.scoring.scores import Mistake
    from benchmarks.liveshop.scoring.shop import Shop

STYLE = Path(__file__).with_name("report.css")
HEADLINES = ("f1_1s", "wrong_s_per_hour", "unknown_shows", "onset_median", "ece")
INTRODUCTION = """LiveShop makes up live-shopping shows of which everything is known, and has them watched by a
recogniser that is to tell which product of the shop's catalogue the host presents: held up to the camera, from the
first frame in which it can be seen to the last. Not to be told is what merely lies about, what no catalogue has, and
what an advertisement shows."""
COVERAGE = """Telling only what is surer than a threshold: each point of the line is one. To the right more is told,
to the left less; a good recogniser keeps its line high. What is told where there is nothing to tell lowers it."""
RELIABILITY = """Of all windows whose first product got about the same probability, the share in which it really was
presented. On the dashed line a probability means what it says. Larger dots stand for more windows."""
ONSET = """From the first frame in which a product can be seen to the event that tells of it. Introductions of which
nothing was told are not in it."""


def write_report(
    path: Path, result: Result, ours: Contender, folders: Mapping[str, Path], comparison: Comparison | None = None
) -> Path:
    """`ours`: the first system's lives; `folders`: each live's, with its video and feed. Whole or not there."""
    part = path.with_name(path.name + ".part")
    part.write_text(page(result, ours, folders, comparison), encoding="utf-8")
    return part.rename(path)


def page(result: Result, ours: Contender, folders: Mapping[str, Path], comparison: Comparison | None = None) -> str:
    shops = {name: read_shop(folder) for name, folder in folders.items()}
    title = f"LiveShop: {result.about.get('family', 'lives')}, seed {result.about.get('seed', '–')}"
    sections = [
        _head(title, result),
        _section("All figures", summary_table(result), _notes(result)),
        _section("Against another run", comparison_rows(comparison)) if comparison else "",
        _section("How sure, how soon", _plots(result)),
        _section("By attribute of the introduction", groups_table(result.systems[0])),
        _section("Minute by minute", KEY, *_timelines(ours, result.systems[0], shops)),
        _section("The worst mistakes", _mistakes(ours, result.systems[0], folders, shops)),
    ]
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<title>{escape(title)}</title>\n'
        f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n<main>\n{''.join(sections)}</main>\n</html>\n"
    )


KEY = (
    '<p class="key"><span><i class="right"></i>right: both ends within a second</span>'
    '<span><i class="off"></i>right product, ends are off</span>'
    '<span><i class="wrong"></i>wrong, or nothing told</span>'
    '<span><i class="unknown"></i>in no catalogue: not to be told</span></p>'
    '<p class="muted">The same number above and below is the same product; point at a bar for its title.</p>'
)


def _head(title: str, result: Result) -> str:
    pooled = result.systems[0].pooled
    facts = [
        f"{pooled.hours * 60:.3g} minutes", f"{pooled.introductions} introductions",
        f"{pooled.unlisted} of products in no catalogue",
        *(f"{key.replace('_', ' ')} {value}" for key, value in result.about.items() if value is not None),
    ]  # fmt: skip
    return (
        f'<h1>{escape(title)}</h1><p class="muted">{escape(" · ".join(facts))}</p><p>{INTRODUCTION}</p>'
        f'<div class="tiles">{"".join(_tiles(result.systems[0]))}</div>'
    )


def _tiles(ours: Scored) -> list[str]:
    shown = [figure for figure in FIGURES if figure.key in HEADLINES]
    return [
        f'<div class="tile">{escape(f.name)}<b>{told(f.value(ours.pooled), f.unit)}</b>'
        f"<small>{UNITS[f.unit]}</small></div>"
        for f in shown
    ]


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>\n"


def _notes(result: Result) -> str:
    notes = [f"{system.name}: {system.note}." for system in result.systems if system.note]
    return f"<p><small>{escape(' '.join(['In brackets: 95% intervals of Poisson counts.', *notes]))}</small></p>"


def _plots(result: Result) -> str:
    ours = result.systems[0].pooled
    curves = [(s.name, s.pooled.calibration) for s in result.systems if s.pooled.calibration is not None]
    key = "".join(
        f'<span><i class="{style}"></i>{escape(name)}</span>' for (name, _), style in zip(curves, LINES, strict=False)
    )
    figures = [
        (histogram(ours.events.onset.seconds, "seconds", "Onset delays"), f"<b>Onset delay.</b> {ONSET}"),
    ]
    if ours.calibration is not None:
        figures.insert(0, (coverage(curves), f'<span class="key">{key}</span><br><b>Abstaining.</b> {COVERAGE}'))
        figures.insert(0, (reliability(ours.calibration.bins), f"<b>Reliability.</b> {RELIABILITY}"))
    drawn = [f"<figure>{svg}<figcaption>{caption}</figcaption></figure>" for svg, caption in figures]
    return f'<div class="plots">{"".join(drawn)}</div>'


def _timelines(ours: Contender, scored: Scored, shops: Mapping[str, Shop]) -> list[str]:
    drawn = {live.name: timeline(live, scored.lives[live.name], shops[live.name]) for live in ours.lives}
    return [f'<h3>{escape(name)}</h3><div class="wide">{svg}</div>' for name, svg in drawn.items()]


def _mistakes(ours: Contender, scored: Scored, folders: Mapping[str, Path], shops: Mapping[str, Shop]) -> str:
    found: Sequence[Mistake] = sorted(
        (mistake for scores in scored.lives.values() for mistake in scores.mistakes), key=lambda m: -m.cost_s
    )
    if not found:
        return "<p>None: everything was told, and nothing wrongly.</p>"
    kinds = {kind: sum(m.kind == kind for m in found) for kind in dict.fromkeys(m.kind for m in found)}
    counts = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items(), key=lambda pair: -pair[1]))
    said = f"{len(found)} in all: {counts}. Here are {len(worst(found))}; a green frame marks what was presented."
    return f"<p>{escape(said)}</p>{clips(ours.lives, found, folders, shops)}"
