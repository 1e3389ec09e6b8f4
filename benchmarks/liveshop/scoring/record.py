"""A run's score as score.json: everything the report tells, pooled and live by live. Measures nothing itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from benchmarks.liveshop.scoring.errors import ScoreError
from benchmarks.liveshop.scoring.measure import measure
from benchmarks.liveshop.scoring.scores import Scores  # noqa: TC001  pydantic reads annotations at run time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.liveshop.scoring.judged import Contender

SCHEMA = "nowshowing.liveshop.score/1"
DIGITS = 6  # a microsecond, a millionth: more is noise, and unlike from machine to machine


@dataclass(frozen=True, slots=True)
class Scored:
    """A system's score. Rows and mistakes are with the lives alone."""

    name: str
    note: str
    pooled: Scores
    lives: dict[str, Scores]


@dataclass(frozen=True, slots=True)
class Result:
    """`about`: what the run was of, and where: family, seed, minutes, bundle, commit, machine. Ours comes first."""

    about: dict[str, str | int | float | None]
    systems: tuple[Scored, ...]
    schema: str = SCHEMA


def result_of(about: Mapping[str, str | int | float | None], contenders: Sequence[Contender]) -> Result:
    return Result(dict(about), tuple(_scored(contender) for contender in contenders))


def _scored(contender: Contender) -> Scored:
    pooled = replace(measure(contender.lives, calibrated=contender.calibrated), rows=(), mistakes=())
    lives = {live.name: measure([live], calibrated=contender.calibrated) for live in contender.lives}
    return Scored(contender.name, contender.note, pooled, lives)


def write_result(result: Result, path: Path) -> Path:
    """Whole or not there."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(_rounded(asdict(result)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return part.rename(path)


def read_result(path: Path) -> Result:
    try:
        text = path.read_text(encoding="utf-8")
        fields = json.loads(text)
        schema = fields.get("schema") if isinstance(fields, dict) else None
        if schema != SCHEMA:
            raise ScoreError(f"score {path}: its schema is {schema!r}, not {SCHEMA!r}: evaluate that run again")
        return TypeAdapter(Result).validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ScoreError(f"score {path}: cannot be read: {error}: name the score.json of a run") from error
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in what["loc"])
        raise ScoreError(f"score {path}: damaged at {where}: {what['msg']}: evaluate that run again") from error
    except ValueError as error:
        raise ScoreError(f"score {path}: not JSON ({error}): name the score.json of a run") from error


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value
