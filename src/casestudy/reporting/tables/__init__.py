"""Tables of the reports; each function gives one part."""

from casestudy.reporting.tables import codebook_page
from casestudy.reporting.tables.agreement import agreement
from casestudy.reporting.tables.contrasts import distinguishing
from casestudy.reporting.tables.decisions import conditions, questions, recommendations
from casestudy.reporting.tables.evidence import evidence
from casestudy.reporting.tables.framework import framework_matrix
from casestudy.reporting.tables.integration import joint_display
from casestudy.reporting.tables.mentions import mention_matrix
from casestudy.reporting.tables.method import absent, codebook, placement, suggestions, thresholds
from casestudy.reporting.tables.participation import participation
from casestudy.reporting.tables.ratings import rating_matrix, ratings_list, spread
from casestudy.reporting.tables.reading import cooccurrence, frame_coverage, saturation, three_counts
from casestudy.reporting.tables.survey import attribution, change, practice, reliability
from casestudy.reporting.tables.voices import clients, coverage

__all__ = [
    "absent",
    "agreement",
    "attribution",
    "change",
    "clients",
    "codebook",
    "codebook_page",
    "conditions",
    "cooccurrence",
    "coverage",
    "distinguishing",
    "evidence",
    "frame_coverage",
    "framework_matrix",
    "joint_display",
    "mention_matrix",
    "participation",
    "placement",
    "practice",
    "questions",
    "rating_matrix",
    "ratings_list",
    "recommendations",
    "reliability",
    "saturation",
    "spread",
    "suggestions",
    "three_counts",
    "thresholds",
]
