"""A release after this one, made of this one: what two releases at once must not do to each other can only be tried so.

It knows a phase, a field of the status and a condition that this one does not, and sees to it that each bound claim has
that condition. Its CRD comes first, as in a real upgrade.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from eipctl.dev import built
from eipctl.dev.binaries import ROOT
from eipctl.dev.box import Code

CHANGES = {
    "deploy/crd.yaml": [
        ("Unbinding, Retained, Releasing", "Unbinding, Retained, Kept, Releasing"),
        (
            "publicIP: {type: string, maxLength: 45}\n",
            "publicIP: {type: string, maxLength: 45}\n                servedBy: {type: string, maxLength: 16}\n",
        ),
    ],
    "shared/core/claim.py": [('    RETAINED = "Retained"\n', '    RETAINED = "Retained"\n    KEPT = "Kept"\n')],
    "shared/core/deeds/taking.py": [("w.now, Phase.RETAINED", "w.now, Phase.KEPT")],
    "shared/core/deeds/telling.py": [
        ('_holds(claim, "Ready")', '_holds(claim, "Ready")\n        and _holds(claim, "Reachable")'),
        (
            '        "Bound": (True, "Bound", ""),',
            '        "Bound": (True, "Bound", ""),\n        "Reachable": (True, "Bound", ""),',
        ),
    ],
    "shared/core/status.py": [
        ('        "Bound": (bound,', '        "Reachable": (bound, why, ""),\n        "Bound": (bound,'),
        ('{"phase": to.value, ', '{"phase": to.value, "servedBy": "a later one", '),
    ],
}


def make(folder: Path) -> Code:
    """Its code, made of this one's, and its `deploy/` beside it; fails where what it changes is not as it was."""
    this = built.obtain(sys.stderr)
    shutil.copytree(this.folder, folder)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    for name, replacements in CHANGES.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, f"{name} has {text.count(old)} of {old!r}"
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
        for compiled in (folder / name).parent.glob(f"__pycache__/{Path(name).stem}.*.pyc"):
            compiled.unlink()  # it is never compared with its source
    return Code(folder, this.python)
