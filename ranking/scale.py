"""The scale that boards are shown on."""

import math

CENTRE = 1000.0  # the mean of the rated competitors
ELO_PER_LOGIT = 400 / math.log(10)  # points a unit of natural log-odds: 100 points ahead wins 64 %
