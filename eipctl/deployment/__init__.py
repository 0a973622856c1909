"""`eipctl install`, `doctor` and `teardown`: a cluster and an account made ready, looked over, left as they were."""
