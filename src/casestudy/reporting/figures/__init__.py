"""Figures of the reports; each function gives one part."""

from casestudy.reporting.figures.attribution import attribution
from casestudy.reporting.figures.change import change
from casestudy.reporting.figures.items import items
from casestudy.reporting.figures.practice import practice
from casestudy.reporting.figures.ratings import ratings
from casestudy.reporting.figures.saturation import saturation
from casestudy.reporting.figures.waves import waves

__all__ = ["attribution", "change", "items", "practice", "ratings", "saturation", "waves"]
