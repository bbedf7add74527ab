"""Plugins that stand in for others."""

from __future__ import annotations

from flytebind.models.matchable_resource import PluginOverride

Behavior = PluginOverride.MissingPluginBehavior


def test_plugin_overrides_have_the_helpers_of_their_enum() -> None:
    assert PluginOverride.string_to_enum("USE_DEFAULT") is Behavior.USE_DEFAULT
    assert PluginOverride.string_to_enum("nonsense") == "<UNKNOWN>"
    assert PluginOverride.enum_to_string(Behavior.FAIL) == "FAIL"
    assert PluginOverride.enum_to_string(42) == "<UNKNOWN>"
