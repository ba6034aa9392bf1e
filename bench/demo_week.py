"""A week of invented news in five languages, for screenshots: sources, topics, and who printed what when.

Nothing of it happened. Texts are our own; several outlets print one agency's text, so that copies are there to see.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from aggregator.model.source import Republish, Source, SourceKind
from aggregator.model.topic import Topic

NOW = datetime(2026, 3, 6, 15, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """One entry of a source's feed."""

    source: str
    hours_ago: float
    title: str
    text: str

    @property
    def at(self) -> datetime:
        return NOW - timedelta(hours=self.hours_ago)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A source of the week."""

    id: str
    name: str
    language: str
    republish: Republish = Republish.EXCERPT


OUTLETS = (
    Outlet("harbour-post", "Harbour Post", "en", Republish.FULL),
    Outlet("mission-news", "Mission News", "en", Republish.FULL),
    Outlet("courrier-du-sud", "Le Courrier du Sud", "fr"),
    Outlet("gazzetta-del-mare", "Gazzetta del Mare", "it"),
    Outlet("severny-vestnik", "Северный вестник", "ru"),
    Outlet("al-marsa", "المرسى", "ar", Republish.FULL),
)
TOPICS = (
    Topic(
        id="libya-diplomacy",
        title="Libya diplomacy",
        description="States and international organisations on Libya",
        query="pack:libya AND pack:diplomacy",
        max_per_hour=1000,
    ),
    Topic(
        id="elections",
        title="Elections",
        description="Votes, lists and those who count them",
        query='election* OR élection* OR elezion* OR выбор* OR انتخابات OR الانتخابات OR "polling station*"',
        max_per_hour=1000,
    ),
    Topic(
        id="sea-and-ports",
        title="Sea and ports",
        description="Ships, harbours, coast guards",
        query="ship* OR port OR ports OR harbour* OR navire* OR porto OR порт* OR ميناء",
        max_per_hour=1000,
    ),
    Topic(
        id="energy",
        title="Energy",
        description="Oil, gas and light",
        query="oil OR gas OR pétrole OR petrolio OR нефт* OR النفط OR electricity",
        max_per_hour=1000,
    ),
)
_AGREED = (
    "TRIPOLI, March 6. /ANSA/. Delegations of the two Libyan chambers have agreed on a calendar for elections after three days of "
    "talks in Tunis, the United Nations mission said on Friday. The vote is to be held within {months} months, and a committee of "
    "{members} members is to settle what is still disputed: who may stand, where the ballots are counted, and who guards "
    "the polling stations.\n\nThe envoy of the United Nations called the result a door that had been shut for years. Both sides are "
    "to put the text before their chambers next week. Observers warned that earlier calendars had failed over the same "
    "questions, and that no money has been set aside yet for the registers.\n\n{last}"
)
_LAST = "Egypt, Italy and Algeria welcomed the agreement and offered to send observers."
REPORTS = (
    Report(
        "harbour-post",
        3.2,
        "Libyan chambers agree on a calendar for elections",
        _AGREED.format(months=9, members=24, last=_LAST),
    ),
    Report(
        "mission-news",
        2.6,
        "Rival Libyan chambers agree on election calendar, says UN mission",
        _AGREED.format(months=9, members=24, last=_LAST + " The mission will publish the full text on Monday."),
    ),
    Report(
        "harbour-post",
        5.1,
        "Greek foreign minister to visit Tripoli for talks on the sea border",
        "The foreign minister of Greece will visit Libya next week for talks on the border at sea, the ministry in Athens said. It is "
        "the first visit since the two governments exchanged notes of protest last summer.\n\nThe Libyan side wants the "
        "question put before a joint committee, according to two diplomats.",
    ),
    Report(
        "courrier-du-sud",
        2.1,
        "Libye : les deux chambres s'accordent sur un calendrier électoral",
        "Les délégations des deux chambres libyennes se sont mises d'accord à Tunis sur un calendrier pour les élections, a annoncé la "
        "mission des Nations unies. Les négociations ont duré trois jours et doivent reprendre après le vote des chambres.",
    ),
    Report(
        "gazzetta-del-mare",
        1.4,
        "Libia, intesa a Tunisi sul calendario delle elezioni",
        "Le delegazioni delle due camere libiche hanno raggiunto a Tunisi un'intesa sul calendario delle elezioni. La missione delle "
        "Nazioni Unite parla di un passo decisivo dopo tre giorni di negoziati. L'Italia è pronta a inviare osservatori.",
    ),
    Report(
        "severny-vestnik",
        4.4,
        "Ливийские палаты согласовали календарь выборов",
        "Делегации двух ливийских палат после трёх дней переговоров в Тунисе согласовали календарь выборов, сообщила миссия ООН. "
        "Министр иностранных дел Египта приветствовал итоги переговоров по Ливии.",
    ),
    Report(
        "al-marsa",
        3.8,
        "المجلسان الليبيان يتفقان على موعد الانتخابات",
        "اتفق وفدا المجلسين في ليبيا على جدول زمني للانتخابات بعد ثلاثة أيام من المفاوضات في تونس، وفق ما أعلنته بعثة الأمم المتحدة. "
        "ورحبت مصر وإيطاليا بالاتفاق وعرضتا إرسال مراقبين إلى مراكز الاقتراع.\n\nوقالت البعثة إن النص الكامل سينشر يوم الاثنين.",
    ),
    Report(
        "al-marsa",
        26,
        "وزير الخارجية الليبي يبحث في القاهرة فتح المعابر",
        "بحث وزير الخارجية الليبي مع نظيره المصري في القاهرة فتح المعابر البرية بين ليبيا ومصر، واتفقا على لجنة مشتركة تجتمع كل شهر.",
    ),
    Report(
        "mission-news",
        22,
        "UN envoy meets Libyan oil guards over pay and the ports",
        "The envoy of the United Nations for Libya met commanders of the oil guards in Brega to hear their demands on pay. The guards had "
        "kept two ports shut for a day. Exports are running again, the operator said.",
    ),
    Report(
        "harbour-post",
        27,
        "Two ports reopen after a day's strike of the guards",
        "Tankers are loading again at two ports of the gulf after guards ended a strike of one day over late pay. Eleven ships had "
        "waited at anchor. The operator expects to make up for the lost oil within a week.",
    ),
    Report(
        "gazzetta-del-mare",
        29,
        "Il porto di Misurata riceve la prima nave di linea dopo dieci anni",
        "La prima nave passeggeri di linea dopo dieci anni è arrivata nel porto di Misurata con quattrocento persone a bordo.",
    ),
    Report(
        "courrier-du-sud",
        46,
        "Électricité : la Libye et la Tunisie relient leurs réseaux",
        "La Libye et la Tunisie ont signé un accord pour relier leurs réseaux. L'électricité et le gaz seront échangés dès l'été, "
        "selon les deux ministres réunis à Tripoli.",
    ),
    Report(
        "severny-vestnik",
        50,
        "Экспорт нефти из порта Зувейтина вырос на треть",
        "Экспорт нефти через порт Зувейтина за месяц вырос на треть, сообщил оператор. Ещё один причал откроют летом.",
    ),
    Report(
        "harbour-post",
        52,
        "Turkey and Libya renew their agreement on training, parliament is to vote",
        "Turkey and Libya have renewed an agreement on the training of officers, the defence ministry in Ankara said after talks with a "
        "Libyan delegation. The parliament in Tobruk, which rejected the first version, is to vote on it in April.",
    ),
    Report(
        "mission-news",
        75,
        "Security Council extends the arms embargo on Libya",
        "The Security Council has extended the arms embargo on Libya by a year. Fourteen members voted in favour and one abstained. Ships may "
        "be searched on the high seas as before.",
    ),
    Report(
        "courrier-du-sud",
        77,
        "L'Union africaine propose d'accueillir une conférence sur la Libye",
        "L'Union africaine a proposé d'accueillir au printemps une conférence de réconciliation sur la Libye. Des pourparlers avec les "
        "deux gouvernements sont en cours, a dit le président de la commission.",
    ),
    Report(
        "gazzetta-del-mare",
        98,
        "Colloquio telefonico tra i ministri degli Esteri di Italia e Libia",
        "I ministri degli Esteri di Italia e Libia hanno discusso in un colloquio telefonico di petrolio, visti e pesca. Un incontro a "
        "Roma è previsto entro la fine del mese.",
    ),
    Report(
        "harbour-post",
        101,
        "Local elections: thirty towns open their registers",
        "Thirty towns have opened their registers for the local elections in June. Polling stations will be smaller than last time, the "
        "commission said, so that nobody waits longer than an hour.",
    ),
    Report(
        "severny-vestnik",
        124,
        "Спецпосланник по Ливии провёл консультации в Москве",
        "Специальный посланник по Ливии провёл консультации в Москве с заместителем министра иностранных дел России. Стороны говорили "
        "о переговорах в Тунисе и о подготовке выборов.",
    ),
    Report(
        "mission-news",
        146,
        "Mediators shuttle between Tripoli and Benghazi before talks in Tunis",
        "Mediators of the United Nations travelled between Tripoli and Benghazi to prepare direct talks between the Libyan chambers in "
        "Tunis. Both sides named their delegations.",
    ),
)


def sources(address: str) -> tuple[Source, ...]:
    """The outlets as sources below the address."""
    return tuple(
        Source(
            id=one.id,
            kind=SourceKind.FEED,
            url=f"{address}/{one.id}.xml",
            publisher=one.name,
            language=one.language,
            republish=one.republish,
        )
        for one in OUTLETS
    )


def document(outlet_id: str, now: datetime) -> bytes:
    """The outlet's feed as it was at that time, the newest first."""
    (outlet,) = [one for one in OUTLETS if one.id == outlet_id]
    shown = sorted(
        (one for one in REPORTS if one.source == outlet_id and one.at <= now), key=lambda one: one.at, reverse=True
    )
    head = (
        f"<title>{escape(outlet.name)}</title><link>https://{outlet_id}.example/</link><description>News</description>"
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}<language>{outlet.language}</language>'
        f"{''.join(map(_item, shown))}</channel></rss>"
    ).encode()


def _item(report: Report) -> str:
    number = REPORTS.index(report)
    body = "".join(f"<p>{escape(part)}</p>" for part in report.text.split("\n\n"))
    return (
        f'<item><guid isPermaLink="false">tag:{report.source}.example,2026:{number}</guid>'
        f"<title>{escape(report.title)}</title><link>https://{report.source}.example/news/{number}</link>"
        f"<pubDate>{report.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate><description>{escape(body)}</description></item>"
    )
