"""Experiment files: typed, validated, with the line of every mistake."""

from testbed.experiment.error import ExperimentError
from testbed.experiment.load import experiment_of, load_experiment
from testbed.experiment.plan import ApPlan, Experiment, TagPlan
from testbed.experiment.shape import Channel, Record, Security

__all__ = [
    "ApPlan",
    "Channel",
    "Experiment",
    "ExperimentError",
    "Record",
    "Security",
    "TagPlan",
    "experiment_of",
    "load_experiment",
]
