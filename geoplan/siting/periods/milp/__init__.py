"""Plans in time as one model for HiGHS: rows, targets, the smallest change, the solve."""
