"""The scale that boards are shown on."""

import math

ELO_PER_LOGIT = 400 / math.log(10)  # points a unit of natural log-odds: 100 points ahead wins 64 %
