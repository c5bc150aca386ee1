"""Plans in time: actions by year, money by year, targets by year; the machinery of `programme`."""
