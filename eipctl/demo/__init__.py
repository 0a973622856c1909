"""The main job on an embedded cluster and cloud, in virtual time: what happens, step by step, and the audit at its end."""
