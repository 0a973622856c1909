"""The main job on an embedded cluster and cloud, in virtual time: step by step, with an audit at its end."""
