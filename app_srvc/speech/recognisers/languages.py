"""The languages that recognisers know, as BCP 47 tags."""

# Whisper's own table (openai-whisper 20250625, tokenizer.py): tags, and the names that it uses for
# them. It writes jw for Javanese, which is jv. yue came with the large-v3 models.
WHISPER = {
    "en": "english", "zh": "chinese", "de": "german", "es": "spanish", "ru": "russian",
    "ko": "korean", "fr": "french", "ja": "japanese", "pt": "portuguese", "tr": "turkish",
    "pl": "polish", "ca": "catalan", "nl": "dutch", "ar": "arabic", "sv": "swedish",
    "it": "italian", "id": "indonesian", "hi": "hindi", "fi": "finnish", "vi": "vietnamese",
    "he": "hebrew", "uk": "ukrainian", "el": "greek", "ms": "malay", "cs": "czech",
    "ro": "romanian", "da": "danish", "hu": "hungarian", "ta": "tamil", "no": "norwegian",
    "th": "thai", "ur": "urdu", "hr": "croatian", "bg": "bulgarian", "lt": "lithuanian",
    "la": "latin", "mi": "maori", "ml": "malayalam", "cy": "welsh", "sk": "slovak",
    "te": "telugu", "fa": "persian", "lv": "latvian", "bn": "bengali", "sr": "serbian",
    "az": "azerbaijani", "sl": "slovenian", "kn": "kannada", "et": "estonian",
    "mk": "macedonian", "br": "breton", "eu": "basque", "is": "icelandic", "hy": "armenian",
    "ne": "nepali", "mn": "mongolian", "bs": "bosnian", "kk": "kazakh", "sq": "albanian",
    "sw": "swahili", "gl": "galician", "mr": "marathi", "pa": "punjabi", "si": "sinhala",
    "km": "khmer", "sn": "shona", "yo": "yoruba", "so": "somali", "af": "afrikaans",
    "oc": "occitan", "ka": "georgian", "be": "belarusian", "tg": "tajik", "sd": "sindhi",
    "gu": "gujarati", "am": "amharic", "yi": "yiddish", "lo": "lao", "uz": "uzbek",
    "fo": "faroese", "ht": "haitian creole", "ps": "pashto", "tk": "turkmen", "nn": "nynorsk",
    "mt": "maltese", "sa": "sanskrit", "lb": "luxembourgish", "my": "myanmar", "bo": "tibetan",
    "tl": "tagalog", "mg": "malagasy", "as": "assamese", "tt": "tatar", "haw": "hawaiian",
    "ln": "lingala", "ha": "hausa", "ba": "bashkir", "jv": "javanese", "su": "sundanese",
    "yue": "cantonese",
}  # fmt: skip
_OF_WHISPER = {"jv": "jw"}
_FROM_WHISPER = {name: tag for tag, name in WHISPER.items()} | {"jw": "jv"}

# What Google's Web Speech demonstration lists; of several countries the one first that is meant
# when only the language is given.
GOOGLE = (
    "en-US", "en-GB", "en-AU", "en-CA", "en-GH", "en-IN", "en-KE", "en-NG", "en-NZ", "en-PH",
    "en-TZ", "en-ZA", "af-ZA", "am-ET", "ar-EG", "ar-AE", "ar-DZ", "ar-IL", "ar-IQ", "ar-JO",
    "ar-KW", "ar-LB", "ar-MA", "ar-SA", "ar-TN", "az-AZ", "bg-BG", "bn-BD", "bn-IN", "ca-ES",
    "cs-CZ", "da-DK", "de-DE", "de-AT", "de-CH", "el-GR", "es-ES", "es-AR", "es-BO", "es-CL",
    "es-CO", "es-CR", "es-DO", "es-EC", "es-GT", "es-HN", "es-MX", "es-NI", "es-PA", "es-PE",
    "es-PR", "es-PY", "es-SV", "es-US", "es-UY", "es-VE", "eu-ES", "fa-IR", "fi-FI", "fil-PH",
    "fr-FR", "fr-BE", "fr-CA", "fr-CH", "gl-ES", "gu-IN", "he-IL", "hi-IN", "hr-HR", "hu-HU",
    "hy-AM", "id-ID", "is-IS", "it-IT", "it-CH", "ja-JP", "jv-ID", "ka-GE", "km-KH", "kn-IN",
    "ko-KR", "lo-LA", "lt-LT", "lv-LV", "ml-IN", "mr-IN", "ms-MY", "nb-NO", "ne-NP", "nl-NL",
    "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "si-LK", "sk-SK", "sl-SI", "sr-RS", "su-ID",
    "sv-SE", "sw-TZ", "sw-KE", "ta-IN", "ta-LK", "ta-MY", "ta-SG", "te-IN", "th-TH", "tr-TR",
    "uk-UA", "ur-PK", "ur-IN", "vi-VN", "yue-Hant-HK", "zh-CN", "zh-HK", "zh-TW", "zu-ZA",
)  # fmt: skip


def for_whisper(tag: str) -> str | None:
    """Return what Whisper calls a language; None for one that it is to find out."""
    return _OF_WHISPER.get(tag, tag) or None


def from_whisper(name: str | None) -> str | None:
    """Return the tag of a language that a Whisper names by code or by name."""
    known = (name or "").strip().lower()
    return _FROM_WHISPER.get(known, known if known in WHISPER else None)


def match(wanted: str, tags: tuple[str, ...]) -> str | None:
    """Return the tag that somebody means by `en`, `en-US` or `en_us`; None if there is none.

    `en` finds en-US, and en-US finds `en` where no country is told apart.
    """
    known = wanted.strip().replace("_", "-").lower()
    language = known.partition("-")[0]
    for tag in tags:
        if tag.lower() == known:
            return tag
    for tag in tags:
        if known == language == tag.lower().partition("-")[0] or tag.lower() == language:
            return tag
    return None
