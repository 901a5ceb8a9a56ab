"""What a training says while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """Where it is. `tokens_a_second` is of this session alone; `loss` None before the first."""

    step: int
    of: int
    loss: float | None
    tokens_a_second: float
    seconds_left: float

    @property
    def line(self) -> str:
        """As one line.

        >>> Progress(12, 300, 0.4312, 1520.4, 3725).line
        'step 12 of 300, loss 0.431, 1,520 tokens/s, 1 h 2 min left'
        """
        loss = "" if self.loss is None else f", loss {self.loss:.3f}"
        return (
            f"step {self.step:,} of {self.of:,}{loss}, {self.tokens_a_second:,.0f} tokens/s, "
            f"{duration(self.seconds_left)} left"
        )


OnProgress = Callable[[Progress], None]


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(42.4), duration(150), duration(3725), duration(200_000)
    ('42 s', '2 min 30 s', '1 h 2 min', '2 days 7 h')
    """
    whole = round(seconds)
    for size, name, part, part_name in (
        (86_400, "days", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{whole} s"
