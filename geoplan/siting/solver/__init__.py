"""What every siting search uses: HiGHS, the time limit, random numbers."""
