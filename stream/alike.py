"""Who looks like whom: from the feed's groups, and from what the matcher makes of catalogue pictures themselves.

Asked once for each scope, before its livestreams run. Blocks; knows no livestream and no time. A picture that was
saved anew differs in its noise, by which the matcher may tell it: such products are siblings, if the feed says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from stream.heard import Alike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Encoded, Matcher
    from indexes.gallery import Gallery
    from indexes.scope import Scope

CLOSE = 0.5  # log-odds: closer than this, each shown its own picture, and the matcher cannot tell two products apart
NEIGHBOURS = 6  # products that are compared with each: those whose pictures are likest
LIKEST = 0.98  # pictures less alike than this are not compared: twins' are 1.0, and few others' come so near
MOST = 2000  # products in scope; comparing two costs some 40 ms, and nobody shows so many


def alike_in(gallery: Gallery, matcher: Matcher, scope: Scope) -> Alike:
    """Scopes of more than MOST products have only the feed's groups."""
    products = [int(index) for index in scope.products]
    ids = {index: gallery.product(index).product_id for index in products}
    pairs = _pairs(gallery, matcher, scope, products) if len(products) <= MOST else []
    clans = _joined(pairs)
    feeds = {index: gallery.product(index).sku_group for index in products}
    groups = {ids[index]: group for index, group in feeds.items() if group}
    twins: dict[str, tuple[str, ...]] = {}
    for clan in clans:
        members = tuple(sorted(ids[index] for index in clan))
        named = {groups.get(member, "") for member in members}
        name = named.pop() if len(named) == 1 else ""
        groups.update(dict.fromkeys(members, name or members[0]))
        twins.update(dict.fromkeys(members, members))
    return Alike(groups, twins)


def _pairs(gallery: Gallery, matcher: Matcher, scope: Scope, products: Sequence[int]) -> list[tuple[int, int]]:
    """Those that the matcher cannot tell apart although it is shown their own main pictures."""
    inside, asked, found = set(products), set(), set()
    for index in products:
        main = gallery.pictures(index)[0]
        near = [i for i, like in gallery.near(main.embedding, scope, NEIGHBOURS) if like >= LIKEST and i != index]
        for other in near:
            pair = (min(index, other), max(index, other))  # likest to each other, mostly: asked once all the same
            if other not in inside or pair in asked:
                continue
            asked.add(pair)
            if _same(gallery, matcher, *pair):
                found.add(pair)
    return sorted(found)


def _same(gallery: Gallery, matcher: Matcher, one: int, two: int) -> bool:
    both = [cast("Sequence[Encoded]", gallery.pictures(index)) for index in (one, two)]
    for pictures in both:
        first, second = (match.logit for match in matcher.match(pictures[0], both))
        if abs(first - second) > CLOSE:
            return False
    return True


def _joined(pairs: Sequence[tuple[int, int]]) -> list[set[int]]:
    """Whoever is the same as the same is the same."""
    clans: list[set[int]] = []
    for one, two in pairs:
        met = [clan for clan in clans if one in clan or two in clan]
        clans = [clan for clan in clans if clan not in met]
        clans.append({one, two}.union(*met))
    return clans
