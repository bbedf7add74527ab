"""Every type that the wheel makes public is said, and none is left for type checkers to infer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.packaging.distribution import Installation


def test_every_public_type_is_known(installation: Installation, tmp_path: Path) -> None:
    # pyright looks at one package: as if flytebind were one, and not a namespace of several.
    package = tmp_path / "flytebind"
    shutil.copytree(installation.site_packages / "flytebind", package)
    parts = {each.relative_to(package).parts[0] for each in package.rglob("py.typed")}
    for name in ("__init__.py", "py.typed"):
        (package / name).touch()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pyright", "--outputjson"),
            *("--ignoreexternal", "--verifytypes", "flytebind"),
        ],
        env={
            **os.environ,
            # It asks the first Python there is where packages are.
            "PATH": f"{installation.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(tmp_path),
            "PYRIGHT_PYTHON_GLOBAL_NODE": "0",
            "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = json.loads(done.stdout)["typeCompleteness"]
    symbols = [each for each in found["symbols"] if each["isExported"]]
    unknown = [
        f"{each['name']}: {'; '.join(said['message'] for said in each['diagnostics'])}"
        for each in symbols
        if each["isTypeAmbiguous"] or not each["isTypeKnown"]
    ]
    assert unknown == []
    assert found["completenessScore"] == 1
    looked_at = Counter(each["name"].split(".")[1] for each in symbols)
    assert {"behaviour", "cli", "looks", "models", "remote", "runtime", "sandbox"} <= parts
    assert {part for part in parts if not part.startswith("_")} == looked_at.keys()
