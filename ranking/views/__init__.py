"""Pages of boards, competitors and the method."""
