"""Tables of the reports; each function gives one part."""

from casestudy.reporting.tables.contrasts import distinguishing
from casestudy.reporting.tables.decisions import conditions, questions, recommendations
from casestudy.reporting.tables.integration import joint_display
from casestudy.reporting.tables.method import absent, codebook, suggestions, thresholds
from casestudy.reporting.tables.participation import participation
from casestudy.reporting.tables.ratings import rating_matrix, ratings_list, spread
from casestudy.reporting.tables.survey import attribution, change, practice, reliability
from casestudy.reporting.tables.voices import clients, coverage

__all__ = [
    "absent",
    "attribution",
    "change",
    "clients",
    "codebook",
    "conditions",
    "coverage",
    "distinguishing",
    "joint_display",
    "participation",
    "practice",
    "questions",
    "rating_matrix",
    "ratings_list",
    "recommendations",
    "reliability",
    "spread",
    "suggestions",
    "thresholds",
]
