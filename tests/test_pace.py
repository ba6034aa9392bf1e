"""What a document asks of those who poll it: `ttl`, `sy:*`, skipped hours and days; junk says nothing."""

import time
from datetime import timedelta

import pytest

from aggregator.model.cadence import Pace
from aggregator.model.fetch import Document
from aggregator.parse import parse
from aggregator.parse.pace import LONGEST, pace_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def channel(head: str) -> str:
    return f"<rss version='2.0'><channel><title>A source</title>{head}<item><title>One</title></item></channel></rss>"


@pytest.mark.parametrize(
    ("why", "head", "interval"),
    [
        ("nothing is asked", "", None),
        ("minutes", "<ttl>90</ttl>", 90 * MINUTE),
        ("with space and in another case", "<TTL>\n 90 </TTL>", 90 * MINUTE),
        ("a fraction", "<ttl>1.5</ttl>", 90 * timedelta(seconds=1)),
        ("zero is no interval", "<ttl>0</ttl>", None),
        ("negative", "<ttl>-60</ttl>", None),
        ("a word", "<ttl>soon</ttl>", None),
        ("empty", "<ttl></ttl><ttl/>", None),
        ("twenty digits", "<ttl>99999999999999999999</ttl>", LONGEST),
        ("more digits than a number may have", f"<ttl>{'9' * 90}</ttl>", None),
        ("digits of another script", "<ttl>٦٠</ttl>", None),
        ("not a number to Python either", "<ttl>1e9</ttl><ttl>60</ttl>", None),
        ("the element of another vocabulary", "<media:ttl>60</media:ttl><ttlx>60</ttlx>", None),
        ("in a comment", "<!-- <ttl>60</ttl> -->", None),
        ("in a text", "<description><![CDATA[<ttl>60</ttl>]]></description>", None),
        ("a comment without end", "<ttl>60</ttl><!-- <ttl>", HOUR),
        ("hourly", "<sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("a frequency alone is by the day", "<sy:updateFrequency>4</sy:updateFrequency>", 6 * HOUR),
        (
            "twice a week, as blogs print it",
            "<sy:updatePeriod>\n\tWeekly\t</sy:updatePeriod><sy:updateFrequency>\n\t2\t</sy:updateFrequency>",
            3.5 * DAY,
        ),
        ("under another prefix", "<syn:updatePeriod>yearly</syn:updatePeriod>", 365 * DAY),
        ("a period that is none", "<sy:updatePeriod>always</sy:updatePeriod>", None),
        (
            "no times in a period",
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            DAY,
        ),
        ("the longer of both", "<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("the longer of both, again", "<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", 90 * MINUTE),
    ],
)
def test_the_interval_that_a_document_asks_for(why: str, head: str, interval: timedelta | None) -> None:
    assert pace_of(channel(head)) == Pace(interval=interval), why


def hours(*printed: object) -> str:
    return "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in printed) + "</skipHours>"


def days(*printed: str) -> str:
    return "<skipDays>" + "".join(f"\n  <day> {day} </day>" for day in printed) + "</skipDays>"


@pytest.mark.parametrize(
    ("why", "head", "pace"),
    [
        ("each hour once, in order", hours(3, 1, 3), Pace(skip_hours=(1, 3))),
        ("24 is midnight", hours(23, 24), Pace(skip_hours=(0, 23))),
        ("junk between", hours(5, 25, -1, "", "noon", 1.5, "٣", "0007", 7), Pace(skip_hours=(5, 7))),
        ("every hour is junk too", hours(*range(24)), Pace()),
        ("all but one", hours(*range(1, 24)), Pace(skip_hours=tuple(range(1, 24)))),
        ("an hour outside", "<hour>5</hour>", Pace()),
        ("weekdays in any case", days("Sunday", "saturday"), Pace(skip_days=(5, 6))),
        ("junk between weekdays", days("Sonntag", "", "Sun", "Monday"), Pace(skip_days=(0,))),
        (
            "every day is junk too",
            days("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
            Pace(),
        ),
    ],
)
def test_the_times_that_a_document_wants_skipped(why: str, head: str, pace: Pace) -> None:
    assert pace_of(channel(head)) == pace, why


@pytest.mark.parametrize(
    "text",
    [
        "<rss><channel><item><ttl>60</ttl></item></channel></rss>",
        "<feed><entry><ttl>60</ttl></entry></feed>",
        "<rdf:RDF><rss:item rdf:about='x'><ttl>60</ttl></rss:item></rdf:RDF>",
        "<channel>" + "<a/>" * 20_000 + "<ttl>60</ttl></channel>",
        '{"version": "https://jsonfeed.org/version/1.1", "ttl": 60}',
        "",
    ],
)
def test_only_the_head_counts(text: str) -> None:
    assert pace_of(text) == Pace()


def test_the_list_of_items_of_rss_1_is_no_item() -> None:
    assert pace_of("<rdf:RDF><channel><items/><ttl>60</ttl></channel></rdf:RDF>").interval == HOUR


@pytest.mark.parametrize(
    "piece",
    ["<ttl>", "<ttl ", "<ttl" + " " * 199 + ">" + " " * 99, "<skipHours>", "<skipDays><day>", "<!--", "<![CDATA["],
)
def test_a_hostile_head_costs_little(piece: str) -> None:
    begun = time.process_time()
    assert pace_of(piece * (200_000 // len(piece))) == Pace()
    assert time.process_time() - begun < 1


ATOM_LINK = "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='{}' href='{}'/>"


@pytest.mark.parametrize(
    ("why", "head", "hub"),
    [
        ("none", "", None),
        ("a link of Atom in RSS", ATOM_LINK.format("hub", "https://hub.example/"), "https://hub.example/"),
        ("relative", ATOM_LINK.format("hub", "/hub"), "https://example.org/hub"),
        (
            "the first of two",
            ATOM_LINK.format("hub", "https://one.example/") + ATOM_LINK.format("hub", "https://two.example/"),
            "https://one.example/",
        ),
        ("another relation", ATOM_LINK.format("self", "https://example.org/feed"), None),
    ],
)
def test_pace_and_hub_are_read_with_the_document(why: str, head: str, hub: str | None) -> None:
    body = channel(head + "<ttl>90</ttl>").encode()
    document = Document(key="https://example.org/feed", body=body, content_type="application/rss+xml", digest=b"")
    parsed = parse(document, url="https://example.org/feed", agencies=())
    assert parsed.hub == hub, why
    assert parsed.pace == Pace(interval=90 * MINUTE)
