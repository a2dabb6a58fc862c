"""`scripts/bench`: what recording and replaying cost, each figure beside a yardstick of the same run."""
