"""The reports' recipes and the course's, trained in turn and timed: `make bench`. `systems` has them."""
