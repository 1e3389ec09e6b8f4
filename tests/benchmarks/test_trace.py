"""Traces: what is written is what is read, and deciding again from it gives what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.liveshop.evaluate.errors import EvaluationError
from benchmarks.liveshop.evaluate.trace import TOLD, Traced, read_trace, write_trace
from engines.base import Box, Match
from stream.fuse import Fuser
from stream.types import Moment
from stream.window import Windower

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unit

figures = st.floats(-30, 30).map(lambda x: round(x, 4))
shares = st.floats(0, 1).map(lambda x: round(x, 4))
matches = st.builds(Match, figures, shares, shares, st.none() | st.builds(Box, shares, shares, shares, shares))
ranked = st.lists(st.tuples(st.text(), shares), max_size=TOLD).map(tuple)
views = st.builds(
    Traced,
    at=st.floats(0, 1e5).map(lambda x: round(x, 4)),
    looks=st.dictionaries(st.text(), matches, max_size=4),
    window=st.none() | ranked,
    nearest=ranked,
    main=st.none() | ranked,
    encode_s=shares,
    search_s=shares,
    grain=shares,
    away=st.none() | shares,
)


@given(st.lists(views, max_size=5))
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, trace: list[Traced]) -> None:
    path = tmp_path_factory.mktemp("trace") / "trace.jsonl"
    write_trace(trace, path)
    assert read_trace(path) == trace


def test_a_sighting_is_made_again_from_a_trace() -> None:
    line = Traced(2.5, {"P": Match(3.0, 0.5, 0.8, Box(0.1, 0.2, 0.3, 0.4)), "Q": Match(-3.0, 0.4, 0.1)}, away=1.5)
    windower, fuser = Windower(length_s=3, hop_s=0.5), Fuser()
    window = windower.push(line.view())
    fuser.push(line.look())
    assert window is not None
    sighting = line.sighting(fuser.close(window))
    assert [c.product_id for c in sighting.ranked] == ["P", "Q"]
    assert sighting.ranked[0].box == Box(0.1, 0.2, 0.3, 0.4)
    assert sighting.away_since == Moment(1.5, None, 1.5)
    assert sighting.window.views[-1].at == sighting.window.views[-1].wall == 2.5


def test_what_is_no_trace_says_so(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_trace(path)
    for text in ("letters\n", '{"at": 1}\n', '{"at": 1, "looks": [["P"]], "nearest": [], "cost_s": [0, 0]}\n'):
        path.write_text(text)
        with pytest.raises(EvaluationError, match="not a trace"):
            read_trace(path)
