"""What identifies people in English texts: numbers of American and British offices, addresses, introductions of names."""

from __future__ import annotations

from typing import Final

from threads.privacy.shapes import LIKELY, SURE, UNSURE, Shape, is_day

_WORD: Final = r"\p{Lu}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*"
_PARTICLE: Final = r"(?:von|van|der|den|de|al|el|bin|ibn|da|di|dos|ten|la|le|du)"
_NAME: Final = rf"(?:{_PARTICLE} )*{_WORD}(?: (?:{_PARTICLE} )*(?:\p{{Lu}}\.|{_WORD})){{0,3}}"
_MONTHS: Final = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_DAY: Final = (
    rf"(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:\d{{4}}|\d{{2}})|\d{{4}}-\d\d-\d\d"
    rf"|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})"
    rf"\.?,? \d{{4}})(?!\d)"
)
_STREET: Final = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|"
    r"Way|Close|Crescent"
    r"|Highway|Hwy|Parkway|Pkwy|Row|Gardens|Grove|Hill|Mews|Walk|Circle|Trail|Quay|Green)"
)
_UNIT: Final = r"(?:,? (?:Apt|Apartment|Suite|Unit|Flat|Floor|#)\.? ?\w{1,5})"
_POSTCODE: Final = r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_TOWN: Final = rf"(?:,? {_WORD}(?: {_WORD}){{0,2}})?,? (?:[A-Z]{{2}} \d{{5}}(?:-\d{{4}})?|{_POSTCODE})\b"

_ROLE: Final = (
    r"(?:patient|tenant|owner|witness|customer|client|applicant|resident|candidate|manager|colleague|"
    r"claimant|user|driver|technician"
    r"|daughter|son|husband|wife|sister|brother|mother|father|friend|neighbour|neighbor|landlord|landlady|"
    r"carer|nurse|doctor|teacher"
    r"|behalf of|signed by|opened by|written by|approved by|name of|hire is|wife is|husband is|assistant|"
    r"accountant|employee)"
)

SHAPES: Final = (
    Shape(
        name="E-mail address",
        category="EMAIL",
        pattern=r"[\p{L}\p{N}][\p{L}\p{N}._%+'’&=-]*@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?",
        score=SURE,
    ),
    Shape(
        name="Role",
        category="PERSON",
        pattern=rf"\b(?i:{_ROLE}),? \K{_WORD}(?: (?:{_PARTICLE} )*{_WORD}){{1,2}}",
        score=LIKELY,
    ),
    Shape(
        name="Social security number, named",
        category="SOCIAL_SECURITY",
        pattern=r"(?i:\bssn\b|social security(?: (?:number|no\.?|#))?)[^\d\n]{0,20}\K\d{3}[- ]?\d{2}[- ]?\d{4}(?!\d)",
        score=SURE,
    ),
    Shape(
        name="National insurance number",
        category="SOCIAL_SECURITY",
        pattern=r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b",
        score=SURE,
    ),
    Shape(
        name="National insurance number, named",
        category="SOCIAL_SECURITY",
        pattern=r"(?i:national insurance|\bnino?\b)[^\d\n]{0,20}?\K\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]?\b",
        score=SURE,
    ),
    Shape(
        name="NHS number",
        category="HEALTH_INSURANCE",
        pattern=r"(?i:\bnhs\b)[^\d\n]{0,20}\K\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)",
        score=SURE,
    ),
    Shape(
        name="Member or patient number",
        category="HEALTH_INSURANCE",
        pattern=(
            r"(?i:\b(?:member|patient|insurance|policy|medicare|medical record|mrn)(?: (?:id|no\.?|number|#))?)"
            r"[ :#]{1,3}(?i:is |was )?\K"
            r"\b(?=[A-Z0-9-]*\d{3})[A-Z0-9][A-Z0-9-]{6,13}\b"
        ),
        score=LIKELY,
    ),
    Shape(
        name="Taxpayer number",
        category="TAX_ID",
        pattern=(
            r"(?i:\b(?:itin|tin|ein|utr|tax(?:payer)?(?: reference)?(?: id\w*)?(?: number)?))[^\d\n]{0,20}"
            r"\K\b\d[\d -]{7,12}\d\b"
        ),
        score=SURE,
    ),
    Shape(
        name="Passport, named",
        category="PASSPORT",
        pattern=r"(?i:passport)[^\d\n]{0,25}?\K\b(?=[A-Z0-9]*\d{3})[A-Z0-9]{8,9}\b",
        score=SURE,
    ),
    Shape(
        name="Driving licence, named",
        category="DRIVING_LICENCE",
        pattern=(
            r"(?i:driv\w+[’']?s? licen[cs]e|licen[cs]e (?:number|no\.?|#)|\bdl\b|\bführerschein\w*|fahrerlaubnis\w*)"
            r"[^\d\n]{0,25}?\K"
            r"\b(?=[A-Z0-9-]*\d{2})[A-Z0-9][A-Z0-9-]{6,17}\b"
        ),
        score=SURE,
    ),
    Shape(
        name="Identity card, named",
        category="ID_CARD",
        pattern=r"(?i:(?:identity|id|national id)[ -](?:card|number|no\.?)|\bemirates id|national id)[^\d\n]{0,20}?\K"
        r"\b(?=[A-Z0-9-]*\d{3})[A-Z0-9][A-Z0-9-]{6,19}\b",
        score=SURE,
    ),
    Shape(
        name="Plate, named",
        category="LICENCE_PLATE",
        pattern=(
            r"(?i:plates?|registration|reg\.?|licen[cs]e plate|tag)(?i: number| no\.?| mark)?[ :]{1,2}(?i:is |was |"
            r"reads? )?\K"
            r"\b(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}(?:[ -][A-Z0-9]{1,4})?\b"
        ),
        score=SURE,
    ),
    Shape(
        name="British plate",
        category="LICENCE_PLATE",
        pattern=r"\b[A-Z]{2}\d{2} [A-Z]{3}\b",
        score=LIKELY,
    ),
    Shape(
        name="Date of birth",
        category="DATE_OF_BIRTH",
        pattern=rf"(?i:\bborn\b|date of birth|\bd\.?o\.?b\b|birthda(?:y|te)|b\.)[^\d\n]{{0,25}}?\K\b{_DAY}",
        score=SURE,
        require=is_day,
    ),
    Shape(
        name="Account number",
        category="BANK_ACCOUNT",
        pattern=(
            r"(?i:account|acct|a/c)(?i:[ .]*(?:number|no\.?|#))?[ :#]{1,3}(?i:is |ending in )?\K\d[\d -]{5,15}"
            r"\d(?!\d)"
        ),
        score=LIKELY,
    ),
    Shape(
        name="Routing number or sort code",
        category="BANK_ACCOUNT",
        pattern=(
            r"(?i:routing(?: number| no\.?)?|\baba\b|sort code)[ :#]{1,3}(?i:is )?\K(?:\d{9}|\d{2}-\d{2}-\d{2})"
            r"(?!\d)"
        ),
        score=SURE,
    ),
    Shape(
        name="Number and street",
        category="ADDRESS",
        pattern=(
            rf"\b(?:(?:Flat|Apartment|Apt|Unit|Suite) \w{{1,4}},? )?\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})? (?:[NSEW]\.? |"
            rf"North |South |East |West )?"
            rf"(?:{_WORD}|\d{{1,3}}(?:st|nd|rd|th))(?: {_WORD}){{0,3}} {_STREET}\b\.?{_UNIT}?(?:{_TOWN})?"
        ),
        score=LIKELY,
    ),
    Shape(
        name="PO box",
        category="ADDRESS",
        pattern=rf"\b(?:P\.?O\.? ?Box|Postfach) \d[\d ]{{1,6}}\d\b(?:{_TOWN}|,? \d{{5}} {_WORD})?",
        score=LIKELY,
    ),
    Shape(name="Postcode", category="ADDRESS", pattern=rf"\b{_POSTCODE}\b", score=LIKELY),
    Shape(
        name="Form of address",
        category="PERSON",
        pattern=(
            rf"\b(?:Mrs?|Ms|Miss|Mx|Dr|Prof|Sir|Dame|Lord|Lady|Professor|Doctor|Judge|Officer|Nurse|Cllr|Councillor|"
            rf"Rev|Sgt|Capt)\b\.? \K{_NAME}"
        ),
        score=LIKELY,
    ),
    Shape(
        name="Introduction",
        category="PERSON",
        pattern=(
            rf"(?i:\bmy name is|\bthis is|\bI am|\bI['’]m|\bcalled|\bnamed|\battn:?|\bc/o) \K{_WORD}(?: (?:{_PARTICLE}"
            rf" )*{_WORD}){{1,2}}(?=[\s.,;!?]|$)"
        ),
        score=UNSURE,
        context=("name", "named", "called", "attn", "c/o"),
    ),
    Shape(
        name="Signature",
        category="PERSON",
        pattern=(
            rf"(?i:regards|sincerely|cheers|best|thanks|thank you|faithfully|wishes|love),?\s*\n\s*\K(?!Your?\b|The\b|"
            rf"Our\b){_NAME}(?=\s*(?:\n|$))"
        ),
        score=LIKELY,
    ),
    Shape(
        name="IBAN, misspelt",
        category="IBAN",
        pattern=r"(?i:iban)[^\n]{0,10}?\K\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{3,4}){3,8}\b",
        score=LIKELY,
    ),
    Shape(
        name="Telephone, named",
        category="PHONE",
        pattern=(
            r"(?i:\btel\.?(?:efon|ephone)?|\bphone|\bmobile|\bcell|\bcall|\bfax|handy\w*|mobil\w*|durchwahl|"
            r"rufnummer|telefonnummer|whatsapp|ring|anruf\w*)"
            r"[^\d\n+(]{0,25}\K[+(]?\d[\d ()/.-]{5,18}\d(?!\d)"
        ),
        score=LIKELY,
    ),
    Shape(
        name="International telephone",
        category="PHONE",
        pattern=r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(0?\d{0,4}\)[ ./-]?)?\d(?:[ ./-]{0,3}\d){5,12}(?!\d)",
        score=LIKELY,
    ),
    Shape(
        name="German telephone",
        category="PHONE",
        pattern=r"(?<![\w./-])\(?0[1-9]\d{1,4}\)?(?: ?[/–-] ?| )\d(?:[ /-]?\d){4,9}(?![\d/])",
        score=LIKELY,
    ),
)
