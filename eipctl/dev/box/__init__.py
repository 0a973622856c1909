"""SCF in a box: runs the code of a bundle as the platform does, in instances that are warm, cold, frozen and killed."""

from eipctl.dev.box.box import Box, Function, opened
from eipctl.dev.box.code import Code, unpack
from eipctl.dev.box.instance import Limits

__all__ = ["Box", "Code", "Function", "Limits", "opened", "unpack"]
