"""The rules of Flyte 2's IDL are looked at by whoever asks, and demand no organization."""

from __future__ import annotations

import pytest

from flytebind.v2.models.common.identifier import RunIdentifier
from flytebind.v2.models.notification.definition import WebhookDeliveryTemplate
from flytebind.v2.models.workflow.run_service import GetRunDetailsRequest
from flytebind.v2.validation import validate
from tests.support.missing import ending


def request(**fields: str) -> GetRunDetailsRequest:
    return GetRunDetailsRequest(run_id=RunIdentifier.from_dict(fields))


def test_what_a_server_takes_breaks_no_rule_but_that_of_org() -> None:
    whole = request(project="flytesnacks", domain="development", name="r1")
    assert validate(whole) == ()
    [violation] = validate(whole, excused=())
    assert (violation.field, violation.rule) == ("run_id.org", "string.min_len")


@pytest.mark.parametrize("missing", ["project", "domain", "name"])
def test_a_violation_says_where_which_rule_and_what_it_demands(missing: str) -> None:
    parts = {"project": "flytesnacks", "domain": "development", "name": "r1", missing: ""}
    [violation] = validate(request(**parts))
    assert violation.rule == "string.min_len"
    assert str(violation).startswith(f"run_id.{missing}: ")
    assert "at least 1 characters" in violation.message


def test_a_message_that_must_be_there_is_missed() -> None:
    [violation] = validate(GetRunDetailsRequest.from_bytes(b""))
    assert (violation.field, violation.rule) == ("run_id", "required")


def test_keys_of_mappings_are_part_of_the_place() -> None:
    fields = [each.field for each in validate(WebhookDeliveryTemplate(headers={"": "x"}))]
    assert fields == ["url", "method", 'headers[""]']


def test_models_need_no_protovalidate_until_somebody_asks() -> None:
    program = "from flytebind.v2.validation import validate\nprint('protovalidate' in sys.modules)"
    assert ending("", program) == (0, ["False"])
