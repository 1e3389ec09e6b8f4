"""An offer is taken whole, between two views, and none that changes names is forgotten."""

from __future__ import annotations

import pytest

from indexes.fake import scripted_scope
from stream.shelf import Offer, Shelf

pytestmark = pytest.mark.unit


def test_a_new_offer_lies_ready_until_it_is_taken() -> None:
    taken: list[Offer] = []
    old, new = Offer(scripted_scope(1, "v1")), Offer(scripted_scope(2, "v2"))
    shelf = Shelf(old, taken.append)
    assert not shelf.take()
    shelf.put(new)
    assert shelf.offer is old
    assert shelf.take()
    assert shelf.offer.scope is new.scope
    assert taken == [shelf.offer]
    assert not shelf.take()


def test_names_that_changed_in_an_offer_that_was_skipped_have_changed() -> None:
    shelf = Shelf(Offer(scripted_scope(1, "v1")))
    shelf.put(Offer(scripted_scope(1, "v2"), renamed=True))
    shelf.put(Offer(scripted_scope(1, "v3")))
    assert shelf.take()
    assert (shelf.offer.scope.gallery.version, shelf.offer.renamed) == ("v3", True)


def test_while_no_view_is_judged_a_new_offer_moves_in_at_once_and_is_still_news() -> None:
    """A livestream that is away for weeks holds no gallery that was replaced."""
    taken: list[Offer] = []
    shelf = Shelf(Offer(scripted_scope(1, "v1")), taken.append)
    shelf.put(Offer(scripted_scope(1, "v2"), renamed=True))
    shelf.rest()
    assert shelf.offer.scope.gallery.version == "v2"
    shelf.put(Offer(scripted_scope(1, "v3")))
    assert (shelf.offer.scope.gallery.version, shelf.offer.renamed) == ("v3", True)
    assert taken[-1] is shelf.offer
    assert shelf.take()
    assert not shelf.take()
    shelf.put(Offer(scripted_scope(1, "v4")))
    assert shelf.offer.scope.gallery.version == "v3"  # a view may be under way
    assert shelf.take()
    assert not shelf.offer.renamed
