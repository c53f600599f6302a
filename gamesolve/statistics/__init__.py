"""Statistics of studies: plain functions of arrays, which know nothing of games.

Letters: `R` training runs (seeds) of a method, `D` defenders, `K` attackers, `E` episodes. Returns are the defender's, larger is better.
A run is the unit of every interval. What belongs here is a number made of returns; who plays whom is the study's.
"""

from gamesolve.statistics.comparisons import CLAIMS, Comparison, compared, holm, sign_flip_p
from gamesolve.statistics.intervals import CONFIDENCE, MANY, Estimate, interquartile_mean, mean_over_runs, over_runs
from gamesolve.statistics.ranking import AlphaRank, NashAverage, alpha_rank_sweep, nash_average, rank_intervals, ranks
from gamesolve.statistics.scores import (
    NormalisedScores,
    conditional_value_at_risk,
    cross_play_gap,
    generalisation_gap,
    normalised,
    performance_profile,
    regret,
    relative_performance_over_runs,
    relative_population_performance,
    worst_case,
)

__all__ = [
    "CLAIMS",
    "CONFIDENCE",
    "MANY",
    "AlphaRank",
    "Comparison",
    "Estimate",
    "NashAverage",
    "NormalisedScores",
    "alpha_rank_sweep",
    "compared",
    "conditional_value_at_risk",
    "cross_play_gap",
    "generalisation_gap",
    "holm",
    "interquartile_mean",
    "mean_over_runs",
    "nash_average",
    "normalised",
    "over_runs",
    "performance_profile",
    "rank_intervals",
    "ranks",
    "regret",
    "relative_performance_over_runs",
    "relative_population_performance",
    "sign_flip_p",
    "worst_case",
]
