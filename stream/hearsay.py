"""What was said lately about which product, by stream time, and when it does not count. Pure: no sound, no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engines.text import Mention
    from stream.types import Seconds

KEPT_S = 90.0  # before `settled`: longer than anybody speaks of one product without naming it again
MOST = 512  # mentions and stretches each: a host names a few products a minute, a broken recogniser may not stop
TOUCHING_S = 0.25  # stretches of one reason closer than this are one


class Muted(NamedTuple):
    start: Seconds
    end: Seconds
    why: str  # a gate's verdict (music, singing, noise, tone), muted, ad, gap, behind, failed


class Hearsay:
    """One livestream's board: the listening end writes on it, the judging end reads."""

    def __init__(self) -> None:
        self._mentions: list[Mention] = []  # by their starts
        self._muted: list[Muted] = []
        self._held: Muted | None = None
        self._settled: Seconds = 0.0

    @property
    def settled(self) -> Seconds:
        """The stream time up to which sound has been heard; what was said later is not known yet."""
        return self._settled

    def push(self, mentions: Iterable[Mention], until: Seconds, *, since: Seconds | None = None) -> None:
        """Sound is heard up to `until`. `since`: these replace what starts there or later: more words tell more.

        Time never goes back here: what is told late only adds mentions.
        """
        kept = self._mentions if since is None else [old for old in self._mentions if old.start < since]
        self._mentions = sorted([*kept, *mentions], key=lambda mention: (mention.start, mention.end))
        self._settled = max(self._settled, until)
        self._forget()

    def mute(self, start: Seconds, end: Seconds, why: str) -> None:
        """What is said from `start` to `end` does not count; one that goes on is told again, with a later end."""
        if end <= start:
            return
        last = self._muted[-1] if self._muted else None
        if last is not None and last.why == why and last.start <= start <= last.end + TOUCHING_S:
            self._muted[-1] = last._replace(end=max(last.end, end))
        else:
            self._muted.append(Muted(start, end, why))
        self._forget()

    def hold(self, muted: Muted | None) -> None:
        """What goes on being muted, in place of what was told here last: the next telling may take it back."""
        self._held = muted

    def within(self, start: Seconds, end: Seconds) -> Sequence[Mention]:
        """Mentions that overlap with this span and count, the earliest first."""
        found = [mention for mention in self._mentions if mention.start <= end and mention.end >= start]
        return [mention for mention in found if self.suspended((mention.start + mention.end) / 2) is None]

    def suspended(self, at: Seconds) -> str | None:
        """Why nothing that is said at this moment counts, as it was told last; None where it does."""
        told = [*self._muted, *([self._held] if self._held else [])]
        return next((muted.why for muted in reversed(told) if muted.start <= at < muted.end), None)

    def reset(self) -> None:
        """The stream broke: nothing said before says anything of what comes, and its time may begin anew."""
        self._mentions, self._muted, self._held, self._settled = [], [], None, 0.0

    def _forget(self) -> None:
        oldest = self._settled - KEPT_S
        self._mentions = [mention for mention in self._mentions if mention.end >= oldest][-MOST:]
        self._muted = [muted for muted in self._muted if muted.end >= oldest][-MOST:]


class Boards:
    """One board for each stretch between gaps. Listening may have heard of a gap before judging sees it, or after.

    So what was said before a gap never speaks of what is seen behind it, where stream time may begin anew.
    """

    def __init__(self) -> None:
        self._boards = [Hearsay()]
        self._ahead = 0  # gaps that judging has met and listening has not

    @property
    def heard(self) -> Hearsay:
        """Where listening writes."""
        return self._boards[-1]

    @property
    def seen(self) -> Hearsay:
        """Where judging reads: an empty one while listening is still before the gap."""
        return Hearsay() if self._ahead else self._boards[0]

    def level(self, at: Seconds) -> bool:
        """Whether listening has come to where judging is, at `at`."""
        return not self._ahead and (len(self._boards) > 1 or self._boards[0].settled >= at)

    def gap_heard(self) -> None:
        self._boards.append(Hearsay())
        self._meet()

    def gap_seen(self) -> None:
        self._ahead += 1
        self._meet()

    def _meet(self) -> None:
        while self._ahead and len(self._boards) > 1:
            del self._boards[0]
            self._ahead -= 1
