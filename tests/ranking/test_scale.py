"""Pages draw on the scale that the library computes; they do not load the library for two numbers."""

from ranking import maths, scale


def test_the_scale_of_pages_is_the_librarys():
    assert (scale.CENTRE, scale.ELO_PER_LOGIT) == (maths.ELO_CENTRE, maths.ELO_PER_LOGIT)
