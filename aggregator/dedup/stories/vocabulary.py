"""What headlines say in many words and five languages -> one term; and the words that tell no event from another.

Two outlets say "capsizes" and "shipwreck", "jet" and "plane", "freed" and "released": without this half of the reports of
one event share only its place. The words are stemmed as those of a text are, so that one form of each is enough unless it
is irregular. A group holds what is said of one event in place of one another, and no more: "killed" and "wounded" are two.
"""

from collections.abc import Iterator, Mapping

from aggregator.dedup.stories.stems import LANGUAGES, stemmer
from aggregator.dedup.wording import NUMBERS
from aggregator.text import folded

# One event or thing a line: its name, then the words of the languages in the order of LANGUAGES.
_EVENTS = """
die: kill killed dead die dies died dying death fatal drown drowned perish slain toll casualties eliminated | mort morts mourir meurt tué tués noyé décès décédé | morto morti muore morire ucciso uccisi annegato vittima vittime | погиб погибли погибших умер умерла убит убиты убито смерть жертв жертвы утонул утонули | قتل مقتل قتلى قتيل وفاه مات مصرع ضحايا غرقى
hurt: injured injure wounded wound hurt | blessé blessés | ferito feriti | ранен ранены раненых пострадал пострадали пострадавших | جرح جرحى اصابه مصاب مصابين
missing: missing feared presumed unaccounted disappeared vanished | disparu disparus | disperso dispersi scomparso | пропал пропали пропавших исчез | مفقود مفقودين فقدان
sink: sink sank sinking shipwreck capsize capsised capsizing overturned wrecked | naufrage chavire chaviré coulé | naufragio naufraga affonda affondato capovolto | кораблекрушение затонул затонуло опрокинулось опрокинулась | غرق انقلاب انقلب
boat: boat vessel dinghy ship raft | bateau navire embarcation pirogue canot | barca barcone imbarcazione nave gommone | лодка судно катер корабль лодки судна | قارب زورق سفينه مركب
plane: plane jet aircraft airplane airliner helicopter flight | avion appareil hélicoptère vol | aereo velivolo elicottero volo | самолет вертолет рейс | طائره مروحيه رحله
crash: crash crashed wreckage collide collision | accident écrase collision | schianto schianta precipita incidente | авария катастрофа крушение разбился рухнул столкновение дтп | تحطم سقوط حادث تصادم
migrant: migrant refugee asylum | migrant réfugié exilé | migrante profugo rifugiato | мигрант беженец | مهاجر مهاجرين لاجئ لاجئين
arrest: arrest arrested detain detained detention apprehended custody nabbed | arrêté arrestation interpellé | arrestato arresto arresta fermato | арестован арест задержан задержали задержание | اعتقال اعتقل توقيف القبض احتجاز
release: release released free freed frees bail liberate | libéré libère libération relâché | liberato libera rilascio scarcerato scarcera | освобожден освободили освобождение освободил | افراج اطلاق سراح
court: court judge tribunal judicial | cour tribunal juge justice | corte tribunale giudice | суд судья трибунал | محكمه قاضي قضاء
trial: trial tried try prosecute prosecution prosecutor | procès parquet procureur jugé | processo procura procuratore | прокурор прокуратура судебный | محاكمه نيابه مدعي
sentence: sentence sentenced jail jailed imprisoned convicted conviction guilty | condamné condamnation coupable | condannato condanna colpevole | приговорил приговорен приговор осужден виновным | حكم ادانه سجن
accuse: accuse accused charged indict indicted allegation alleged suspect suspected | accuse accusé inculpé soupçonné mis en examen | accusa accusato indagato sospettato | обвинил обвиняет обвинение обвинен подозревается подозреваемый | اتهام اتهم متهم مشتبه
suspend: suspend suspended suspension oust ousted sack sacked fire fired dismiss dismissed dismissal remove removed | suspend suspendu limogé destitué écarté | sospende sospeso rimosso licenziato destituito | отстранен отстранил уволен уволил отставку снял | اقاله اقال تعليق ايقاف عزل
resign: resign resigned resignation quit quits | démission démissionne | dimissioni dimette | отставка подал | استقاله استقال
appoint: appoint appointed names named nominate nominated nomination | nomme nommé nomination | nomina nominato | назначен назначил назначение | تعيين عين كلف
meet: meet meets met meeting talks talk summit discuss discussion dialogue | rencontre réunion entretien pourparlers sommet | incontro incontra riunione colloqui vertice | встреча встретился встретились переговоры саммит обсудили обсудил | لقاء اجتماع محادثات مباحثات قمه يلتقي التقى
visit: visit visits visited arrive arrives arrival trip | visite arrive arrivée déplacement | visita arriva arrivo | визит прибыл прибыла прибытие | زياره يزور وصل وصول
protest: protest protested protester demonstration demonstrators rally riot unrest | manifestation manifestant émeute protestation | protesta manifestazione manifestanti scontri | протест протесты митинг беспорядки демонстрация | احتجاج احتجاجات تظاهر مظاهره متظاهرين
clash: clash clashes fighting battle fights gunfight | affrontement combats heurts | scontro scontri combattimenti | столкновения бои бой | اشتباكات معارك قتال
attack: attack attacked assault raid ambush | attaque assaut raid attentat | attacco assalto raid attentato | атака атаковал нападение напали теракт | هجوم هاجم اعتداء
airstrike: airstrike strike strikes struck bombard shelling bombing | frappe frappes bombardement | bombardamento raid | удар авиаудар обстрел бомбардировка | غاره غارات قصف
drone: drone uav | drone | drone | беспилотник дрон бпла | مسيره طائره
blast: blast explosion explode exploded bomb | explosion explose bombe | esplosione esplode bomba | взрыв взорвался бомба | انفجار تفجير قنبله
fire: blaze fire wildfire | incendie feu | incendio rogo fiamme | пожар возгорание | حريق
flood: flood floods flooding flooded deluge | inondation crue | alluvione inondazione | наводнение паводок потоп | فيضان سيول
quake: earthquake quake tremor aftershock | séisme tremblement | terremoto sisma scossa | землетрясение | زلزال هزه
storm: storm hurricane cyclone typhoon tornado | tempête ouragan cyclone | tempesta uragano ciclone | шторм ураган буря циклон | عاصفه اعصار
find: find finds found discover discovered discovery uncover unearthed | trouve trouvé découvre découvert découverte | trova trovato scoperto scoperta | нашли найден найдены обнаружен обнаружили | عثور العثور اكتشاف عثر
recover: recover recovered recovery retrieve retrieved regain | récupère récupéré | recupera recuperato | вернули возвращен извлекли | استعاده انتشال
search: search hunt | recherche | ricerca ricerche | поиск поиски розыск | بحث
rescue: rescue rescued save saved | sauvetage secouru sauvé | salvato soccorso soccorsi salvataggio | спасли спасен спасение | انقاذ
begin: begin begins began start starts started launch launches launched kick | commence début lance lancé lancement | inizia avvia avvio lancia lanciato | начал начала начали начинает запустил запуск | بدء يبدا انطلاق اطلاق
end: end ends ended finish conclude concluded | fin termine achève | fine finisce conclude | закончил завершил завершение окончание | انتهاء نهايه انهاء
continue: continue resume resumes resumed | continue reprend reprise | continua riprende ripresa | продолжил возобновил возобновление | استئناف استمرار
open: open opens opened reopen reopens reopened inaugurate | ouvre ouvert rouvre réouverture inauguration | apre aperto riapre riapertura inaugura | открыл открыта открылся открытие | فتح افتتاح يفتتح
close: close closes closed closure shut shuts | ferme fermé fermeture | chiude chiuso chiusura | закрыл закрыт закрытие | اغلاق غلق
sign: sign signs signed agreement deal accord pact treaty memorandum contract | signe signé accord traité pacte contrat | firma firmato accordo intesa patto contratto | подписал подписали соглашение договор контракт меморандум | توقيع وقع اتفاق اتفاقيه مذكره عقد
truce: ceasefire truce armistice | trêve cessez feu | tregua cessate fuoco | перемирие прекращение огня | هدنه وقف
sanction: sanction embargo | sanction embargo | sanzioni embargo | санкции эмбарго | عقوبات حظر
ban: ban bans banned prohibit outlaw | interdit interdiction | vieta divieto vietato | запретил запрет запрещен | حظر منع
approve: approve approved endorse adopt adopted pass passed ratify renew renewed | approuve approuvé adopte adopté ratifie renouvelle | approva approvato adotta ratifica rinnova | одобрил принял утвердил ратифицировал продлил | اقر اعتماد موافقه تمديد
reject: reject rejected refuse refused deny denies denied | rejette rejeté refuse refusé dément | respinge respinto rifiuta nega smentisce | отклонил отверг отказался отказал опроверг | رفض يرفض نفى ينفي
condemn: condemn condemned denounce denounced slam slams slammed blast criticize criticised | condamne dénonce critique | condanna denuncia critica | осудил осудила раскритиковал | ادان يدين ندد استنكر
warn: warn warned warning alert | avertit alerte mise garde | avverte allerta avvertimento | предупредил предупреждение предостерег | تحذير حذر يحذر
urge: urge urged call calls appeal demand demanded seek seeks | appelle demande exige exhorte | chiede appello esorta sollecita | призвал призвала потребовал потребовали требует | دعا يدعو طالب يطالب حث
order: order ordered | ordonne ordre | ordina ordine | приказал распорядился | امر
vote: vote voted voter election electoral poll polls ballot referendum | vote élection scrutin référendum électoral | voto elezione elezioni referendum urne | выборы голосование референдум избирательный | انتخابات تصويت استفتاء اقتراع
mourn: mourn mourned mourning condolence | deuil condoléances | lutto cordoglio condoglianze | траур соболезнования соболезнование | حداد تعازي عزاء
funeral: funeral burial bury buried | obsèques funérailles enterrement | funerali funerale sepoltura | похороны похоронили прощание | جنازه دفن تشييع
flee: flee fled flees escape escaped | fuit fuite évadé | fugge fuga evaso | бежал бежали сбежал покинул | فرار هرب نزوح
probe: probe investigate investigation investigator inquiry examine examined analyse analyze analysis analyst inspect | enquête analyse examine | indagine inchiesta indaga analisi esame | расследование расследует следствие анализ изучают | تحقيق تحليل فحص
expel: expel expelled expulsion deport deported deportation | expulse expulsé expulsion | espulso espulsione espelle | выслал высылка депортация депортирован | طرد ترحيل ابعاد
repatriate: repatriate repatriated repatriation | rapatrie rapatrié rapatriement | rimpatrio rimpatriato | репатриация возвращены вернулись | اعاده ترحيل
kidnap: kidnap kidnapped abduct abducted abduction hostage | enlevé enlèvement otage | rapito rapimento ostaggio sequestrato | похищен похитили похищение заложник | خطف اختطاف رهينه رهائن
rise: rise rises rose increase increased surge jump climb soar | hausse augmente grimpe bondit | sale aumenta aumento rialzo balzo | вырос выросла рост повысил подскочил | ارتفاع زياده ارتفع
fall: fall falls fell drop dropped decline plunge tumble slump slide cut cuts | baisse chute recule | cala calo crollo scende ribasso | упал снизился снижение падение обвал | انخفاض تراجع هبوط
oil: oil crude petroleum | pétrole brut pétrolier | petrolio greggio petrolifero | нефть нефтяной | نفط خام
money: money fund funds funding funded finance financing financed | argent fonds financement financé | soldi fondi finanziamento | деньги финансирование средства | تمويل اموال
win: win wins won victory beat beats defeat defeated triumph downs | gagne victoire bat remporte | vince vittoria batte trionfo | выиграл победил победа обыграл | فوز فاز هزم
lose: lose loses lost loss | perd défaite | perde sconfitta | проиграл поражение | خساره هزيمه
police: police cop | police policier | polizia poliziotto agente | полиция полицейский | شرطه
troops: army military armed soldier troop force forces | armée militaire soldat troupe forces | esercito militare soldato truppe forze | армия военный военные солдат войска | جيش عسكري جندي قوات
chief: chief head commander general top brass boss leader | chef commandant général dirigeant patron | capo comandante generale leader | глава командующий генерал лидер начальник | رئيس قائد زعيم
minister: minister ministry | ministre ministère | ministro ministero | министр министерство мид | وزير وزاره
premier: premier pm | premier | premier | премьер | الوزراء
president: president presidency | président présidence | presidente presidenza | президент | الرئيس
parliament: parliament lawmaker mp congress | parlement député | parlamento deputato | парламент депутат дума | برلمان نواب
envoy: envoy diplomat ambassador | envoyé émissaire diplomate ambassadeur | inviato diplomatico ambasciatore | посланник дипломат посол | مبعوث دبلوماسي سفير
prison: prison | prison | carcere prigione | тюрьма колония сизо | سجن
son: son | fils | figlio | сын | نجل
militia: militia militant gunman | milice milicien | milizia miliziano | боевик ополчение | ميليشيا مسلح
weapon: weapon arms | arme armes | arma armi | оружие | سلاح اسلحه
mine: minefield landmine | mine antipersonnel | mina | мина минное | لغم
trafficker: trafficker smuggler trafficking smuggling | trafiquant passeur trafic | trafficante scafista traffico | контрабандист торговец контрабанда | مهرب تهريب اتجار
airport: airport | aéroport | aeroporto | аэропорт | مطار
ton: ton tonne | tonne | tonnellata | тонна | طن
"""

# Countries and the capitals that stand for them, as word beginnings. The country is what a headline in another language has.
_PLACES = """
libya: libya libye libi libij libys ливи لیبیا ليبي
tripoli: tripoli trypolis tripolis триполи طرابلس
benghazi: benghazi bengasi бенгази بنغازي
turkey: turkey turkiye turkish turkei turquie turc turchia turco turquia turcja turecki турци турец турец تركي
egypt: egypt egypte egitto egipt agypt египет египт egizian egyptien مصر
tunisia: tunisi tunisie tunezj tunesi tunez тунис تونس
algeria: algeri algerie argelia algierj algier алжир جزائر الجزائر
morocco: morocc maroc marocco marruecos marokk marok марокк مغرب المغرب
sudan: sudan soudan судан سودان السودان
chad: tchad чад تشاد
niger: niger нигер نيجر النيجر
mali: mali малииск
nigeria: nigeria нигери نيجيريا
ethiopia: ethiopi ethiopie etiopia эфиопи اثيوبي
somalia: somali somalie сомали صومال الصومال
israel: israel israele izrael израил اسرائيل
palestine: palestin палестин فلسطين
gaza: gaza газа غزه
lebanon: lebanon lebanes liban libano ливан لبنان
syria: syria syrie siria syrien сири سوري
iraq: iraq irak ирак عراق العراق
iran: iran иран ايران
yemen: yemen йемен يمن اليمن
saudi: saudi saoudit саудовс سعودي السعودي
qatar: qatar катар قطر
emirates: emirat uae оаэ эмират امارات الامارات
jordan: jordan jordanie giordania иордани اردن الاردن
russia: russia russie russe russian russo russland rusia rosja rosji росси русск روسي
moscow: moscow moscou mosca москв موسكو
ukraine: ukrain ucraina ucrania украин اوكراني
china: china chinese chine chinois cina cinese chiny chinesisch кита صين الصين
japan: japan japon giappone япони يابان اليابان
korea: korea coree corea корея корею кореис كوري
india: india inde индия индию индие индииск هند الهند
pakistan: pakistan пакистан باكستان
afghanistan: afghan афган افغان
bangladesh: bangladesh бангладеш بنغلاديش
france: france french francais francia francese frankreich franzos francj francusk франц فرنس
britain: britain british uk britannique bretagne britannico британ بريطان
germany: german allemagne allemand germania tedesc deutsch alemania aleman niemc niemiec герман немец المان
italy: italy italian itali italie wloch wlosk итали ايطالي
spain: spain spanish espagne espagnol spagna spanien espana hiszpan испан اسبان
greece: greece greek grece grec grecia griechen grecj greck грец греч يونان اليونان
malta: malta maltes malte мальт مالط
poland: poland polish pologne polon polsk polen польш بولند
netherlands: netherlands dutch neerland olanda нидерланд голланд هولند
belgium: belgi belgique бельги بلجيك
switzerland: swiss switzerland suisse svizzer швейцар سويسر
america: america american usa us etats unis statunitens сша америк امريك
washington: washington вашингтон واشنطن
canada: canad канад كندا
mexico: mexic mexique messico мексик مكسيك المكسيك
brazil: brazil bresil brasil бразил برازيل البرازيل
venezuela: venezuel венесуэл فنزويل
argentina: argentin аргентин ارجنتين الارجنتين
australia: austral austral австрал استرال
un: un onu оон
eu: eu ue ес
europe: europ европ اوروب
nato: nato otan нато ناتو الناتو
"""

# Bodies under their letters and their names; names of several words, beside the spellings that the term packs know.
_BODIES = """
un: United Nations | Nations unies | Nazioni Unite | Организация Объединенных Наций | الأمم المتحدة
eu: European Union | Union européenne | Unione europea | Европейский союз | Евросоюз | الاتحاد الأوروبي
icc: ICC | International Criminal Court | Int'l Criminal Court | CPI | Cour pénale internationale | Corte penale internazionale | МУС | Международный уголовный суд | المحكمة الجنائية الدولية
iaea: IAEA | International Atomic Energy Agency | AIEA | МАГАТЭ | nuclear watchdog | UN nuclear watchdog | الوكالة الدولية للطاقة الذرية
iom: IOM | International Organization for Migration | International Organisation for Migration | OIM | МОМ | المنظمة الدولية للهجرة
who: World Health Organization | World Health Organisation | OMS | Organisation mondiale de la santé | ВОЗ | منظمة الصحة العالمية
imf: IMF | International Monetary Fund | FMI | Fonds monétaire international | Fondo monetario internazionale | МВФ | صندوق النقد الدولي
world-bank: World Bank | Banque mondiale | Banca mondiale | Всемирный банк | البنك الدولي
security-council: Security Council | UN Security Council | Conseil de sécurité | Consiglio di sicurezza | Совет Безопасности | Совбез | مجلس الأمن
msf: MSF | Doctors Without Borders | Médecins sans frontières | Medici senza frontiere | Врачи без границ | أطباء بلا حدود
red-crescent: Red Crescent | Croissant-Rouge | Mezzaluna Rossa | Красный Полумесяц | الهلال الأحمر
red-cross: Red Cross | ICRC | Croix-Rouge | CICR | Croce Rossa | Красный Крест | الصليب الأحمر
unhcr: UNHCR | HCR | ACNUR | УВКБ | مفوضية اللاجئين
african-union: African Union | Union africaine | Unione africana | Африканский союз | الاتحاد الأفريقي
arab-league: Arab League | League of Arab States | Ligue arabe | Lega araba | Лига арабских государств | جامعة الدول العربية
opec: OPEC | OPEP | ОПЕК | أوبك
united-states: United States | États-Unis | Stati Uniti | Соединенные Штаты | الولايات المتحدة
"""

# Of a headline: who says it, how sure it is, what kind of piece it is.
_EMPTY = {
    "en": """
a an the of in on at to for from by with and or as is are was were be been being it its his her their our my your he she they we i you this that these those there then
than so if not no nor do does did has have had having will would can could should may might must shall over after before under into out up down off about against amid among
between during through near around along across while when where who whom whose which what why how more most less least many much some any all both each every other another own same
only just also very too still yet again once ever never now new news one first last latest next back ago s t d ll re ve m
say says said saying tell tells told report reports reported reportedly reporting according official officials source sources media authority authorities sources agency agencies
statement announce announces announced confirm confirms confirmed claim claims claimed reveal reveals revealed show shows shown
breaking urgent flash exclusive update updates updated live video watch photo photos gallery explainer explained analysis opinion editorial insight interview podcast
people person persons man men woman women year years day days week weeks month months time times today yesterday tomorrow morning night monday tuesday wednesday thursday friday saturday sunday
due despite because since until upon per via vs amid like get gets got make makes made take takes took come comes came go goes went set put let keep
""",
    "fr": """
le la les l un une des du de d et ou à au aux en dans sur sous par pour avec sans ce cet cette ces son sa ses leur leurs il elle ils elles on nous vous qui que qu dont où ne pas plus moins est sont été être a ont avait
après avant selon contre entre chez vers depuis pendant lors dit affirme annonce déclare officiel source sources médias direct vidéo hier aujourd hui demain lundi mardi mercredi jeudi vendredi samedi dimanche an ans jour jours deux trois
""",
    "it": """
il lo gli i una uno del dello della dei degli delle di da dal dalla dai al allo alla ai agli alle nel nella nei sul sulla con per tra fra e o ma che chi cui non più meno è sono era stato stata ha hanno si ci suo sua suoi loro
dopo prima secondo contro verso durante come dice annuncia fonte fonti video diretta oggi ieri domani lunedì martedì mercoledì giovedì venerdì sabato domenica anno anni giorno giorni
""",
    "ru": """
и в во на с со к ко о об от до из за по под при для без над между через у а но или что чтобы как так же ли бы не ни это этот эта эти тот та те он она они его её их мы вы я был была было были быть есть будет
который которая которые которого после перед во время около более менее уже еще тоже также только сообщил сообщила сообщили сообщает заявил заявила заявили рассказал рассказали рассказала сми источник источники назвал назвали стало известно
видео фото год года лет день дня дней сегодня вчера завтра понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье человек люди людей
""",
    "ar": """
في من على الى عن مع ب ل ك و ف ان انه انها كان كانت هذا هذه ذلك تلك التي الذي الذين هو هي هم بعد قبل بين حول خلال عند منذ حتى ضد لدى كما قد لم لن لا ما او ثم كل بعض غير اي قال قالت يقول اعلن اعلنت تعلن يعلن اكد اكدت مصدر مصادر
وسائل اعلام تقرير عاجل فيديو صور يوم ايام عام سنه اليوم امس غدا الاثنين الثلاثاء الاربعاء الخميس الجمعه السبت الاحد شخص اشخاص
""",
    "es": "el la los las un una unos unas de del al y o u a en con por para sin sobre entre hasta desde que quien cual como cuando donde su sus se lo le les es son fue ser ha han había no ni más menos muy ya tras según dice dijo fuente hoy ayer lunes martes miércoles jueves viernes sábado domingo año años día días",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber in im an am auf aus bei mit nach von vom vor zu zum zur über unter für gegen ohne um durch bis seit ist sind war waren wird werden wurde hat haben sich nicht kein keine auch noch nur mehr als wie wenn dass der ihr ihre sein seine sagt laut heute gestern montag dienstag mittwoch donnerstag freitag samstag sonntag jahr jahre tag tage",
    "pl": "i w we z ze na do od o u po za przez przy dla pod nad bez przed między się nie to ten ta te tego tej tym jest są był była było będzie że co jak gdy gdzie kto który która które jego jej ich już jeszcze tylko ponad około najmniej więcej po tym dziś wczoraj poniedziałek wtorek środa środę czwartek piątek sobota niedziela rok lat dni powiedział podał poinformował poinformowała",
}

# What stands behind one of these tells what a report is about no longer: "... after ...", "... that killed ...".
TURNS = frozenset(
    folded(
        "after following amid since because while who that whose before despite as "
        "après alors suite tandis qui pendant depuis dopo mentre che durante после из-за пока который которая которые "
        "بعد وسط الذي التي منذ"
    ).split()
)
EMPTY: Mapping[str, frozenset[str]] = {language: frozenset(folded(words).split()) for language, words in _EMPTY.items()}

_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
# As they stand after "of": "о пяти погибших".
_GENITIVES = "двух трех четырех пяти шести семи восьми девяти десяти одиннадцати двенадцати"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
# Two and six in Italian are "due" and "you are" elsewhere.
_NO_NUMBERS = frozenset({"due", "sei"})
SPELLED: Mapping[str, int] = {
    **{word: int(value) for word, value in NUMBERS.items() if word not in _NO_NUMBERS},
    **{word: value for value, word in enumerate(_TEENS.split(), start=13)},
    **{word: value for value, word in enumerate(_GENITIVES.split(), start=2)},
    **{word: value * 10 for value, word in enumerate(_TENS.split(), start=2)},
}
SCALES: Mapping[str, int] = {
    **dict.fromkeys(("thousand", "thousands", "mille", "mila", "k", "тыс", "тысяч", "тысячи", "الف"), 10**3),
    **dict.fromkeys(("million", "millions", "mln", "mn", "m", "milioni", "milione", "млн", "миллион", "миллиона", "миллионов", "مليون"), 10**6),
    **dict.fromkeys(("billion", "billions", "bln", "bn", "b", "milliard", "milliards", "miliardi", "miliardo", "млрд", "миллиард", "миллиарда", "миллиардов", "مليار"), 10**9),
    **dict.fromkeys(("trillion", "tn", "трлн", "تريليون"), 10**12),
}  # fmt: skip


def _events() -> Mapping[str, Mapping[str, str]]:
    """For each language: stem -> name of the event. The first that holds a stem has it."""
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    stemmers = {language: stemmer(language) for language in LANGUAGES}
    for line in _EVENTS.strip().splitlines():
        name, _, words = line.partition(": ")
        for (language, stem), part in zip(stemmers.items(), words.split("|"), strict=True):
            for word in folded(part).split():
                if len(word) > 1:
                    found[language].setdefault(stem(word), name)
                    found[language].setdefault(word, name)
    return found


def _places() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Under the first two letters: (word beginning, name of the place), the longest first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in _PLACES.strip().splitlines():
        name, _, words = line.partition(": ")
        for word in folded(words).split():
            found.setdefault(word[:2], []).append((word, name))
    return {key: tuple(sorted(entries, key=lambda entry: (-len(entry[0]), entry))) for key, entries in found.items()}


def _bodies() -> Iterator[tuple[tuple[str, ...], str]]:
    """Folded words of a body's name, and the body."""
    for line in _BODIES.strip().splitlines():
        name, _, forms = line.partition(": ")
        for form in forms.split("|"):
            yield tuple(folded(form).split()), _PLACE_OF_BODY.get(name, name)


# A state and the United Nations are found by their letters too, as places.
_PLACE_OF_BODY = {"un": "+un", "eu": "+eu", "united-states": "+america"}
BODIES: Mapping[tuple[str, ...], str] = dict(_bodies())
EVENTS = _events()
PLACES = _places()
