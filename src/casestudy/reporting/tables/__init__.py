"""Tables of the reports; each function gives one part."""

from casestudy.reporting.tables import codebook_page
from casestudy.reporting.tables.agreement import agreement
from casestudy.reporting.tables.attrition import attrition
from casestudy.reporting.tables.change import change, change_in_numbers
from casestudy.reporting.tables.contrasts import distinguishing
from casestudy.reporting.tables.decisions import conditions, questions, recommendations
from casestudy.reporting.tables.evidence import evidence
from casestudy.reporting.tables.framework import framework_matrix
from casestudy.reporting.tables.integration import joint_display
from casestudy.reporting.tables.items import items
from casestudy.reporting.tables.mentions import mention_matrix
from casestudy.reporting.tables.method import absent, codebook, placement, suggestions, thresholds
from casestudy.reporting.tables.participation import participation
from casestudy.reporting.tables.ratings import rating_matrix, ratings_list, spread
from casestudy.reporting.tables.reading import cooccurrence, frame_coverage, saturation, three_counts
from casestudy.reporting.tables.reliability import reliability
from casestudy.reporting.tables.reliable_change import reliable_change
from casestudy.reporting.tables.response_shift import response_shift
from casestudy.reporting.tables.site_differences import site_differences
from casestudy.reporting.tables.survey import attribution, practice
from casestudy.reporting.tables.survey_quality import survey_quality
from casestudy.reporting.tables.voices import clients, coverage
from casestudy.reporting.tables.waves import waves

__all__ = [
    "absent",
    "agreement",
    "attribution",
    "attrition",
    "change",
    "change_in_numbers",
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
    "items",
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
    "reliable_change",
    "response_shift",
    "saturation",
    "site_differences",
    "spread",
    "suggestions",
    "survey_quality",
    "three_counts",
    "thresholds",
    "waves",
]
