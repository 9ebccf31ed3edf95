"""Words by which the linter suspects something. Data, and how they are found.

They are chosen to be seldom wrong rather than to find everything: a warning that is wrong teaches people
not to read them. English is looked for in every language, as it is used everywhere.
"""

import re

_PROMOTIONAL = {
    "en": r"\d+ ?% (?:off|discount)|discount code|promo(?:tion)? code|coupon|voucher|"
    r"(?:special|exclusive|limited|amazing|unbeatable) (?:offer|price|deal|time offer)|"
    r"(?:buy|shop|order) now|flash sale|clearance sale|sale (?:is on|starts|ends)|black friday|cyber monday|"
    r"best deals?|don't miss|cashback|free gift|chance to win|refer a friend|upgrade (?:now|today)|"
    r"new arrivals?|new collection",
    "es": r"\d+ ?% de descuento|descuentos?|cup[oó]n|oferta especial|ofertas|rebajas|compra ahora|"
    r"promoci[oó]n",
    "pt": r"\d+ ?% de desconto|descontos?|cupom|oferta especial|ofertas|compre (?:agora|já)|promoção",
    "de": r"\d+ ?% (?:rabatt|reduziert)|rabatte?|gutschein(?:code)?|sonderangebot|jetzt (?:kaufen|bestellen)|"
    r"schnäppchen|ausverkauf",
    "fr": r"\d+ ?% de (?:remise|réduction)|code promo|soldes|offre (?:spéciale|exclusive)|achetez maintenant|"
    r"bon d'achat",
    "it": r"\d+ ?% di sconto|sconti?|offerta speciale|saldi|acquista ora|codice promozionale",
    "nl": r"\d+ ?% korting|korting(?:scode)?|aanbieding|koop nu|uitverkoop",
    "id": r"diskon \d+ ?%|diskon|kode promo|beli sekarang|promo spesial",
    "tr": r"% ?\d+ indirim|indirim|kampanya|hemen al",
}
_CODES = {
    "en": r"verification code|one[- ]time (?:code|pass(?:word|code)|pin)|otp|login code|security code|"
    r"authentication code",
    "es": r"c[oó]digo de verificaci[oó]n|contraseña de un solo uso",
    "pt": r"código de verificação|senha de uso único",
    "de": r"bestätigungscode|verifizierungscode|einmalpasswort|einmalcode",
    "fr": r"code de vérification|mot de passe à usage unique",
    "it": r"codice di verifica|password monouso",
}
_OPT_OUT = {
    "en": r"stop|unsubscribe|opt[- ]?out|no longer|not interested|don't (?:want|send)|hear no more|not now|"
    r"manage (?:preferences|notifications)",
    "es": r"baja|no (?:quiero|me interesa)|cancelar (?:la )?suscripci[oó]n|dejar de recibir|parar",
    "pt": r"sair|cancelar|não (?:quero|tenho interesse)|descadastrar|parar",
    "de": r"abmelden|abbestellen|stopp|kein interesse|keine nachrichten",
    "fr": r"désabonner|désinscri\w+|arr[êe]t(?:er)?|ne plus recevoir|pas intéressé",
    "it": r"annulla(?: iscrizione)?|disiscriv\w+|non (?:voglio|mi interessa)",
    "nl": r"afmelden|uitschrijven|geen interesse",
    "id": r"berhenti|batal langganan|tidak (?:tertarik|mau)",
    "tr": r"abonelikten ç\u0131k|iptal|istemiyorum|dur",
}
_SENSITIVE = {
    "en": r"card number|cvv2?|cvc|social security number|(?:your|the) (?:pin|password)|bank account number|"
    r"passport number",
}
_SHORTENERS = re.compile(
    r"(?:^|[/.\s(])((?:bit\.ly|tinyurl\.com|goo\.gl|t\.co|ow\.ly|is\.gd|buff\.ly|rebrand\.ly|cutt\.ly|shorturl\.at|"
    r"t\.ly|rb\.gy|lnkd\.in|tiny\.cc|s\.id|v\.gd|shorte\.st|bl\.ink))(?=[/\s?#)]|$)",
    re.IGNORECASE,
)
_WHATSAPP = re.compile(
    r"(?:^|[/.\s(])((?:wa\.me|api\.whatsapp\.com|chat\.whatsapp\.com|whatsapp\.com/(?:channel|catalog)))(?=[/\s?#)]|$)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"(?:test|tests|testing|sample|samples|example|examples|placeholder|string|text|value|variable|var|param|"
    r"parameter|asdf\w*|qwert\w*|lorem ipsum|foo|bar|baz|abc|todo|tbd|n/?a|null|none|undefined)[ _-]?\d*|"
    r"([x?.#*_-])\1*|.*\{\{.*",
    re.IGNORECASE | re.DOTALL,
)


def _patterns(words: dict[str, str]) -> dict[str, re.Pattern[str]]:
    """Each language's words and the English ones."""
    both = {language: f"{pattern}|{words['en']}" for language, pattern in words.items() if language != "en"}
    return {
        language: re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
        for language, pattern in ({"en": words["en"]} | both).items()
    }


_FINDERS = {
    "promotional": _patterns(_PROMOTIONAL),
    "code": _patterns(_CODES),
    "opt_out": _patterns(_OPT_OUT),
    "sensitive": _patterns(_SENSITIVE),
}


def found_in(text: str, kind: str, language: str) -> str | None:
    """The first such words of the text, in that language or in English."""
    finders = _FINDERS[kind]
    finder = finders.get(language.partition("_")[0], finders["en"])
    found = finder.search(text.replace("\u2019", "'"))
    return found[0] if found else None


def shortener_in(text: str) -> str | None:
    found = _SHORTENERS.search(text)
    return found[1] if found else None


def whatsapp_link_in(text: str) -> str | None:
    found = _WHATSAPP.search(text)
    return found[1] if found else None


def is_placeholder(sample: str) -> bool:
    return _PLACEHOLDER.fullmatch(sample.strip()) is not None


def knows_opt_out(language: str) -> bool:
    """Whether words in that language can be judged."""
    return language.partition("_")[0] in _OPT_OUT
