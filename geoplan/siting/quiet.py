"""A HiGHS that prints nothing."""

from __future__ import annotations

import highspy


class QuietHighs(highspy.Highs):
    """HiGHS without its banner: some versions print it while callbacks are switched on, before
    a caller can set an option.
    """

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        """Switch output off first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()
