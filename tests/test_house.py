"""No module of the house stands on itself; the order of its parts is import-linter's to watch."""

from __future__ import annotations

import graphlib

import grimp


def test_no_module_imports_itself_through_others() -> None:
    house = grimp.build_graph("flytebind", "flytegen", cache_dir=None)
    for mixin in house.find_children("flytebind.behaviour"):
        for model in house.find_modules_directly_imported_by(mixin):
            if model.startswith("flytebind.models"):
                house.remove_import(importer=mixin, imported=model)
    order = graphlib.TopologicalSorter(
        {module: house.find_modules_directly_imported_by(module) for module in house.modules}
    )
    order.prepare()
