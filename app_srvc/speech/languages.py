"""Languages and countries by their English names, for those that recognisers know."""

_NAMES = dict(
    line.split(" ", 1)
    for line in """\
af Afrikaans
am Amharic
ar Arabic
as Assamese
az Azerbaijani
ba Bashkir
be Belarusian
bg Bulgarian
bn Bengali
bo Tibetan
br Breton
bs Bosnian
ca Catalan
cs Czech
cy Welsh
da Danish
de German
el Greek
en English
eo Esperanto
es Spanish
et Estonian
eu Basque
fa Persian
fi Finnish
fo Faroese
fr French
ga Irish
gl Galician
gu Gujarati
ha Hausa
haw Hawaiian
he Hebrew
hi Hindi
hr Croatian
ht Haitian Creole
hu Hungarian
hy Armenian
id Indonesian
is Icelandic
it Italian
ja Japanese
jv Javanese
ka Georgian
kk Kazakh
km Khmer
kn Kannada
ko Korean
ky Kyrgyz
la Latin
lb Luxembourgish
ln Lingala
lo Lao
lt Lithuanian
lv Latvian
mg Malagasy
mi Māori
mk Macedonian
ml Malayalam
mn Mongolian
mr Marathi
ms Malay
mt Maltese
my Burmese
nb Norwegian Bokmål
ne Nepali
nl Dutch
nn Norwegian Nynorsk
no Norwegian
oc Occitan
pa Punjabi
pl Polish
ps Pashto
pt Portuguese
ro Romanian
ru Russian
sa Sanskrit
sd Sindhi
si Sinhala
sk Slovak
sl Slovenian
sn Shona
so Somali
sq Albanian
sr Serbian
su Sundanese
sv Swedish
sw Swahili
ta Tamil
te Telugu
tg Tajik
th Thai
tk Turkmen
tl Tagalog
tr Turkish
tt Tatar
uk Ukrainian
ur Urdu
uz Uzbek
vi Vietnamese
yi Yiddish
yo Yoruba
yue Cantonese
zh Chinese
zu Zulu
""".splitlines()
)
_COUNTRIES = {
    "AU": "Australia", "BR": "Brazil", "CA": "Canada", "CN": "China", "GB": "Britain",
    "IN": "India", "MX": "Mexico", "PT": "Portugal", "TW": "Taiwan", "US": "US",
}  # fmt: skip


def name(tag: str) -> str:
    """Return what a BCP 47 tag means to a person; one that is not known stays as it is."""
    language, _, country = tag.partition("-")
    known = _NAMES.get(language.lower())
    if known is None:
        return tag
    return f"{known} ({_COUNTRIES.get(country.upper(), country)})" if country else known
