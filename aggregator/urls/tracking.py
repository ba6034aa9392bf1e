"""What follows readers: parameters that are added to links, and addresses of images that only count who looks. Data, seen 2026-11."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from w3lib.url import url_query_cleaner


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoration:
    """Parameters of one tool. They mark how a reader came to a page, not which page it is."""

    tool: str
    source: str
    """Where they are described, or which feeds had them."""
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """An address that answers with an empty image and a count."""

    tool: str
    source: str
    host: str
    """With every host below it."""
    path: str = "/"
    """How the path begins."""


DECORATIONS = (
    Decoration(
        tool="Google Analytics and Ads",
        source="https://support.google.com/analytics/answer/10917952, https://support.google.com/google-ads/answer/9744275",
        names=("gclid", "dclid", "gbraid", "wbraid"),
        prefixes=("utm_",),
    ),
    Decoration(
        tool="Matomo", source="https://matomo.org/faq/reports/what-is-campaign-tracking/", prefixes=("pk_", "mtm_")
    ),
    Decoration(
        tool="Piano (AT Internet)",
        source="https://developers.atinternet-solutions.com/, links of bbc.co.uk and lemonde.fr",
        prefixes=("at_", "xtor"),
    ),
    Decoration(tool="Mailchimp", source="https://mailchimp.com/developer/", prefixes=("mc_",)),
    Decoration(
        tool="HubSpot", source="https://knowledge.hubspot.com/ads", names=("_hsenc", "_hsmi"), prefixes=("hsa_",)
    ),
    Decoration(tool="Marketo", source="https://experienceleague.adobe.com/docs/marketo/", names=("mkt_tok",)),
    Decoration(tool="Vero", source="https://help.getvero.com/", names=("vero_id",)),
    Decoration(tool="Meta", source="https://developers.facebook.com/docs/meta-pixel/", names=("fbclid", "igshid")),
    Decoration(tool="Microsoft Advertising", source="https://help.ads.microsoft.com/", names=("msclkid",)),
    Decoration(tool="Yandex Direct", source="https://yandex.com/support/direct/", names=("yclid",)),
    Decoration(
        tool="X",
        source="https://business.x.com/en/help/, links of embedded posts",
        names=("twclid", "ref_src", "ref_url", "__twitter_impression"),
    ),
    Decoration(tool="Mapp (Webtrekk)", source="https://docs.mapp.com/", prefixes=("wt_mc", "wt.mc")),
    Decoration(
        tool="comScore",
        source="links of bbc.co.uk and dailymail.co.uk",
        names=("ns_campaign", "ns_mchannel", "ns_source", "ns_linkname", "ns_fee", "ito"),
    ),
    Decoration(
        tool="publishers' own",
        source="links in the feeds of aljazeera.com, dw.com, cnet.com, msn.com, nhl.com and others",
        names=("traffic_source", "maca", "cmpid", "ocid", "ftag", "sr_share", "feedtype", "feedname", "spm"),
    ),
    Decoration(
        tool="sessions of PHP, Java and ASP: one visit, not one page",
        source="https://www.php.net/manual/en/session.idpassing.php",
        names=("phpsessid", "jsessionid"),
        prefixes=("aspsessionid",),
    ),
)

# What has a size of 1x1 is seen to be one without this table.
BEACONS = (
    Beacon(tool="WordPress statistics", source="feeds of WordPress sites", host="pixel.wp.com"),
    Beacon(tool="WordPress statistics", source="feeds of WordPress sites", host="stats.wordpress.com"),
    Beacon(tool="FeedBurner, item views", source="feeds of FeedBurner", host="feeds.feedburner.com", path="/~r/"),
    Beacon(tool="FeedPress", source="feeds of FeedPress", host="feedpress.me"),
    Beacon(tool="Mediafed", source="feeds of rue89.com", host="pi.feedsportal.com"),
    Beacon(tool="Blogger", source="feeds of Blogger", host="blogger.googleusercontent.com", path="/tracker/"),
    Beacon(tool="The Conversation", source="its republishing guidelines", host="counter.theconversation.com"),
    Beacon(
        tool="Google Analytics",
        source="https://developers.google.com/analytics/devguides/collection/protocol/v1",
        host="google-analytics.com",
    ),
    Beacon(tool="DoubleClick", source="https://easylist.to/easylist/easyprivacy.txt", host="ad.doubleclick.net"),
    Beacon(
        tool="Meta Pixel", source="https://developers.facebook.com/docs/meta-pixel/", host="facebook.com", path="/tr"
    ),
    Beacon(tool="comScore", source="https://easylist.to/easylist/easyprivacy.txt", host="scorecardresearch.com"),
    Beacon(tool="Quantcast", source="https://easylist.to/easylist/easyprivacy.txt", host="pixel.quantserve.com"),
    Beacon(tool="Nielsen", source="https://easylist.to/easylist/easyprivacy.txt", host="imrworldwide.com"),
    Beacon(tool="Yandex Metrica", source="https://yandex.com/support/metrica/", host="mc.yandex.ru", path="/watch"),
    Beacon(tool="LiveInternet", source="https://www.liveinternet.ru/code", host="counter.yadro.ru"),
    Beacon(tool="Top Mail.ru", source="https://top.mail.ru/", host="top-fwz1.mail.ru"),
)
# Matomo is installed under anybody's host (https://developer.matomo.org/api-reference/tracking-api).
_MATOMO = ("/matomo.php", "/piwik.php")

_NAMES = frozenset(name for one in DECORATIONS for name in one.names)
_PREFIXES = tuple(prefix for one in DECORATIONS for prefix in one.prefixes)
_BY_HOST = {beacon.host: beacon.path for beacon in BEACONS}
_DECORATED = re.compile(
    rf"[?&;](?:{'|'.join(map(re.escape, _PREFIXES))}|(?:{'|'.join(map(re.escape, sorted(_NAMES)))})[=&])", re.IGNORECASE
)


def is_decorated(text: str) -> bool:
    """Whether some address in the text may have a tracking parameter: a cheap test before each one is looked at."""
    return "?" in text and _DECORATED.search(text) is not None


def without_tracking(url: str) -> str:
    """The address without its tracking parameters; the others stay as they are, in their order."""
    if "?" not in url:
        return url
    names = [pair.partition("=")[0] for pair in urlsplit(url).query.split("&")]
    unwanted = [name for name in names if _is_tracking(name.lower())]
    return str(url_query_cleaner(url, unwanted, remove=True, unique=False, keep_fragments=True)) if unwanted else url


def _is_tracking(name: str) -> bool:
    return name in _NAMES or name.startswith(_PREFIXES)


def is_beacon(url: str) -> bool:
    """Whether the image there is known to be none: it counts who looks."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.path.endswith(_MATOMO):
        return True
    while host:
        path = _BY_HOST.get(host)
        if path is not None and parts.path.startswith(path):
            return True
        host = host.partition(".")[2]
    return False
