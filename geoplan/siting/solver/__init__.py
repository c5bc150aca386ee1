"""What every siting search stands on: HiGHS, the time limit, random numbers."""
