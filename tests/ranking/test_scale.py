"""Pages draw on the scale that the library computes; they do not load the library for one number."""

from ranking import maths, scale


def test_the_scale_of_pages_is_the_librarys():
    assert scale.ELO_PER_LOGIT == maths.ELO_PER_LOGIT
