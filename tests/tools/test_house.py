"""No module of the house stands on itself; ``make lint`` holds the order of its parts."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp


def test_no_module_imports_itself_through_others() -> None:
    house = grimp.build_graph("flytebind", "flytegen", cache_dir=None)
    # Mixins and the models that inherit them know each other.
    for known in house.find_matching_direct_imports(
        import_expression="flytebind.behaviour.* -> flytebind.models.**"
    ) + house.find_matching_direct_imports(
        import_expression="flytebind.behaviour.* -> flytebind.models"
    ):
        house.remove_import(**known)
    # Generated packages import their modules when they are touched, and what stands in them is for
    # type checkers.
    for package in house.modules:
        if f"{package}.".startswith(("flytebind.models.", "flytebind.v2.models.")):
            for below in house.find_modules_directly_imported_by(package):
                if below.startswith(f"{package}."):
                    house.remove_import(importer=package, imported=below)
    TopologicalSorter(
        {
            module: house.find_modules_directly_imported_by(module) - {module}
            for module in house.modules
        }
    ).prepare()
