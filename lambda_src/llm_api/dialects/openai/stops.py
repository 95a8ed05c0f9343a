"""Stop sequences: sent to the models that take them, and kept here for those that don't.

Some families refuse `stopSequences`, and Claude refuses one of whitespace alone. A caller who sends one wants the text
to end there, so the gateway ends it. The model doesn't know, and what it says beyond is counted as ever.
"""

from collections.abc import Sequence

from llm_api.families import Family

MAX_KEPT_CHARACTERS = 200
"""The longest sequence that is kept here: as much of a stream may have to wait for what follows."""


def divide(stops: Sequence[str], family: Family) -> tuple[list[str], tuple[str, ...]]:
    """Those that the model gets, and those that are kept here."""
    sent = [stop for stop in stops if family.stops and (family.blank_stops or stop.strip())][: family.most_stops]
    return sent, tuple(stop for stop in stops if stop not in sent)


class Cutter:
    """A text that ends before the first of some sequences.

    Parameters:
        stops: the sequences; none of them empty.

    Attributes:
        stopped: whether one has come. Nothing that follows is part of the answer.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held = ""
        self.stopped = False

    def feed(self, piece: str) -> str:
        """What is certain to stand before any sequence, once `piece` has come, too."""
        if self.stopped or not self._stops:
            return "" if self.stopped else piece
        text = self._held + piece
        found = [position for position in map(text.find, self._stops) if position >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        longest = max(map(len, self._stops)) - 1
        # The earliest place from which on the text may be the beginning of a sequence.
        ahead = next(
            (at for at in range(max(0, len(text) - longest), len(text)) if self._may_begin(text[at:])), len(text)
        )
        self._held = text[ahead:]
        return text[:ahead]

    def rest(self) -> str:
        """What was held back, where no sequence came after all."""
        held, self._held = self._held, ""
        return held

    def _may_begin(self, text: str) -> bool:
        return any(stop.startswith(text) for stop in self._stops)
