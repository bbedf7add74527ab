"""Annotations of types, merged."""

from __future__ import annotations

from flytebind.models.annotation import TypeAnnotation


def test_the_second_annotation_wins_where_both_have_a_key() -> None:
    first = TypeAnnotation({"a": 1, "b": {"x": 1}})
    second = TypeAnnotation({"b": {"y": 2}, "c": [True, None]})
    merged = TypeAnnotation.merge_annotations(first, second)
    assert merged == TypeAnnotation({"a": 1, "b": {"y": 2}, "c": [True, None]})
    assert first == TypeAnnotation({"a": 1, "b": {"x": 1}})
    assert second == TypeAnnotation({"b": {"y": 2}, "c": [True, None]})


def test_empty_annotations_add_nothing() -> None:
    some, none = TypeAnnotation({"a": 1}), TypeAnnotation({})
    assert TypeAnnotation.merge_annotations(some, none) == some
    assert TypeAnnotation.merge_annotations(none, some) == some
    absent = TypeAnnotation.from_dict({})
    assert TypeAnnotation.merge_annotations(absent, absent) == none
