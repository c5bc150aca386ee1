from .runs import RunComparison as RunComparison, compare_runs as compare_runs
