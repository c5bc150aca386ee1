from .runs import RunComparison as RunComparison
from .runs import compare_runs as compare_runs
