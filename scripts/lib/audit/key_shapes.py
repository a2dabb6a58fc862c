"""The shapes of keys of LLM providers, of tools and of services, as tables, and a random key of each.

Written down a second time, from the documents and not from the redactor's rows, so that a mistake there is none here.
"""

import string
from collections.abc import Callable, Mapping
from random import Random

from scripts.lib.audit.secret import ALNUM, BASE64, HEX, LOWER, UPPER, WORD, Secret, some

# Keys of LLM providers, of tools and of services: what each begins with, of which characters it is, how many there are,
# and what it ends with.
_PREFIXED: Mapping[str, tuple[str, int, str]] = {
    **dict.fromkeys(("sk-api-", "sk-cp-", "sk-do-"), (WORD, 60, "")),
    "sk-kimi-": (ALNUM, 60, ""),
    "sk_": (HEX, 48, ""),
    "sk_car_": (ALNUM, 22, ""),
    "auth_tokens/": (HEX, 64, ""),
    "GOCSPX-": (WORD, 28, ""),
    "1//0g": (WORD, 98, ""),
    "AQ.Ab8RN6": (WORD, 44, ""),
    "IQoJb3JpZ2luX2Vj": (BASE64, 300, "=="),
    "FwoGZXIvYXdz": (BASE64, 300, "="),
    "xai-token-": (ALNUM, 80, ""),
    "fpk_": (ALNUM, 40, ""),
    "ls__": (HEX, 32, ""),
    "llx-": (ALNUM, 48, ""),
    "tvly-dev-": (ALNUM, 32, ""),
    "tvly-": (ALNUM, 32, ""),
    "fc-": (HEX, 32, ""),
    "jina_": (ALNUM, 60, ""),
    "pa-": (WORD, 43, ""),
    "al-": (WORD, 43, ""),
    "m0-": (ALNUM, 40, ""),
    "e2b_": (HEX, 40, ""),
    "bb_live_": (WORD, 27, ""),
    "bb_test_": (WORD, 27, ""),
    "ak_": (WORD, 20, ""),
    "ck_": (WORD, 20, ""),
    "BSA": (WORD, 28, ""),
    "up_": (ALNUM, 29, ""),
    "ak-": (ALNUM, 22, ""),
    "as-": (ALNUM, 22, ""),
    "sess-": (ALNUM, 40, ""),
    "dapi": (HEX, 32, ""),
    **dict.fromkeys(("vck_", "vcp_", "vci_", "vca_", "vcr_"), (ALNUM, 56, "")),
    "wandb_v1_": (WORD, 77, ""),
    "sb_secret_": (WORD, 31, ""),
    "sbp_": (HEX, 40, ""),
    "glrt-": (WORD, 20, ""),
    "glcbt-64_": (WORD, 20, ""),
    "gldt-": (WORD, 20, ""),
    "glptt-": (HEX, 40, ""),
    "glft-": (WORD, 20, ""),
    "glimt-": (WORD, 25, ""),
    "glagent-": (WORD, 50, ""),
    "gloas-": (HEX, 64, ""),
    "glsoat-": (WORD, 20, ""),
    "GR1348941": (WORD, 20, ""),
    "glffct-": (WORD, 20, ""),
    "_gitlab_session=": (LOWER, 32, ""),
    "sk_prod_": (ALNUM, 99, ""),
    "rk_prod_": (ALNUM, 24, ""),
    **dict.fromkeys(("squ_", "sqp_", "sqa_"), (HEX, 40, "")),
    **dict.fromkeys(("s-s4t2ud-", "s-s4t2af-"), (HEX, 64, "")),
    **dict.fromkeys(("sm_aat_", "sm_pat_", "sm_sat_"), (ALNUM, 16, "")),
    "npm_": (ALNUM, 36, ""),
    "pypi-AgEIcHlwaS5vcmc": (WORD, 130, ""),
    "rubygems_": (HEX, 48, ""),
    "oy2": (LOWER, 43, ""),
    "CLOJARS_": (HEX, 60, ""),
    "AKCp": (ALNUM, 69, ""),
    "dckr_pat_": (WORD, 27, ""),
    "dckr_oat_": (WORD, 32, ""),
    "API-": (UPPER, 26, ""),
    "xoxd-": (ALNUM, 60, ""),
    "xkeysib-": (HEX, 64, "-a1B2c3D4e5F6g7H8"),
    "key-": (HEX, 32, ""),
    "SK": (HEX, 32, ""),
    "whsec_": (ALNUM, 32, "="),
    "rk_live_": (ALNUM, 99, ""),
    "sk_test_": (ALNUM, 99, ""),
    "rk_test_": (ALNUM, 24, ""),
    "sq0atp-": (WORD, 22, ""),
    "sq0csp-": (WORD, 43, ""),
    **dict.fromkeys(("shpat_", "shpca_", "shppa_", "shpss_"), (HEX, 32, "")),
    "shippo_live_": (HEX, 40, ""),
    "shippo_test_": (HEX, 40, ""),
    "EZAK": (ALNUM, 54, ""),
    "EZTK": (ALNUM, 54, ""),
    "FLWSECK_TEST-": (HEX, 32, "-X"),
    "duffel_live_": (WORD, 43, ""),
    "duffel_test_": (WORD, 43, ""),
    "LTAI": (ALNUM, 20, ""),
    "AKID": (ALNUM, 32, ""),
    "AQVN": (WORD, 36, ""),
    **dict.fromkeys(("dop_v1_", "doo_v1_", "dor_v1_"), (HEX, 64, "")),
    "fo1_": (WORD, 43, ""),
    "fm1a_": (BASE64, 200, "=="),
    "fm1r_": (BASE64, 200, "=="),
    "fm2_": (BASE64, 200, "=="),
    "HRKU-AA": (WORD, 58, ""),
    "tk-us-": (WORD, 48, ""),
    "sha256~": (WORD, 43, ""),
    "hvs.": (WORD, 95, ""),
    "hvb.": (WORD, 150, ""),
    "hvr.": (WORD, 95, ""),
    "pul-": (HEX, 40, ""),
    **dict.fromkeys(("dp.pt.", "dp.st.", "dp.sa.", "dp.ct."), (ALNUM, 43, "")),
    "ico-": (ALNUM, 32, ""),
    "pscale_tkn_": (WORD, 43, ""),
    "pnu_": (ALNUM, 36, ""),
    "4b1d": (ALNUM, 38, ""),
    "dnkey-": (WORD, 79, ""),
    "sntryu_": (HEX, 64, ""),
    "glc_": (BASE64, 100, "=="),
    "eyJrIjoi": (ALNUM, 100, "=="),
    "NRAK-": (UPPER, 27, ""),
    "NRII-": (WORD, 32, ""),
    "NRJS-": (HEX, 19, ""),
    "phx_": (ALNUM, 43, ""),
    "ops_eyJ": (ALNUM, 260, ""),
    "AGE-SECRET-KEY-1": ("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58, ""),
    "ntn_": (ALNUM, 46, ""),
    "lin_api_": (ALNUM, 40, ""),
    "lin_oauth_": (HEX, 64, ""),
    "ATATT3xFfGF0": (WORD, 174, "=0123ABCD"),
    "ATCTT3xFfGN0": (WORD, 174, "=0123ABCD"),
    "figd_": (WORD, 40, ""),
    "fio-u-": (WORD, 64, ""),
    "tfp_": (ALNUM, 59, ""),
    "rdme_": (LOWER, 70, ""),
    "p8e-": (ALNUM, 32, ""),
}
# Several runs of random characters, in brackets: of which, and how many.
_BUILT: Mapping[str, tuple[str | tuple[str, int], ...]] = {
    "sk-, a hyphen early": ("sk-", (ALNUM, 6), "-", (ALNUM, 8), "_", (ALNUM, 6)),
    "sk-, with a slash": ("sk-", (ALNUM, 22), "/", (ALNUM, 20), "=="),
    **{
        f"{side}-helicone-": (f"{side}-helicone-", (LOWER, 7), "-", (LOWER, 7), "-", (LOWER, 7), "-", (LOWER, 7))
        for side in ("sk", "pk")
    },
    "pcsk_": ("pcsk_", (ALNUM, 6), "_", (ALNUM, 63)),
    "cpk_": ("cpk_", (HEX, 32), ".", (HEX, 32), ".", (ALNUM, 32)),
    "tid=": ("tid=", (HEX, 32), ";exp=1", (string.digits, 9), ";sku=", (LOWER, 12), ";st=", (LOWER, 6), ":", (HEX, 64)),
    "JQQJ99": ((ALNUM, 52), "JQQJ99", (UPPER, 2), "ACYeB", (ALNUM, 7), "AAABACOG", (ALNUM, 4)),
    "+ASt": ((BASE64, 76), "+ASt", (BASE64, 5), "Q=="),
    "ACDb": ((BASE64, 76), "ACDb", (BASE64, 5), "Q=="),
    "AzSe": ((ALNUM, 42), "AzSeB", (ALNUM, 5)),
    "AzFu": ((ALNUM, 44), "AzFu", (ALNUM, 5), "Q=="),
    "AzCa": ((ALNUM, 33), "AzCaB", (ALNUM, 5), "="),
    "sgp_": ("sgp_", (HEX, 16), "_", (HEX, 40)),
    "bot token": ((string.digits.replace("0", ""), 10), ":AA", (WORD, 33)),
    "SG.": ("SG.", (WORD, 22), ".", (WORD, 43)),
    "-us": ((HEX, 32), "-us21"),
    "t1.": ("t1.", (ALNUM, 80), ".", (ALNUM, 86)),
    "v1.0-": ("v1.0-", (HEX, 24), "-", (HEX, 146)),
    "Q~": ((ALNUM, 3), "8Q~", (WORD, 33), "a"),
    "atlasv1": ((ALNUM, 14), ".atlasv1.", (WORD, 64)),
    "sntrys_": ("sntrys_eyJpYXQiO", (ALNUM, 100), "=_", (ALNUM, 43)),
    "glsa_": ("glsa_", (ALNUM, 32), "_", (HEX, 8)),
    "dt0c01.": ("dt0c01.", (UPPER, 24), ".", (UPPER, 64)),
    "A3-": ("A3-", (UPPER, 6), "-", (UPPER, 11), "-", (UPPER, 5), "-", (UPPER, 5), "-", (UPPER, 5)),
    "pat": ("pat", (ALNUM, 14), ".", (HEX, 64)),
    "pat.": ("pat.", (WORD, 22), ".", (ALNUM, 24), ".", (ALNUM, 20)),
    "sat.": ("sat.", (WORD, 22), ".", (ALNUM, 24), ".", (ALNUM, 20)),
    **{
        f"{before} and a UUID": (before, (HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12))
        for before in ("pat-na1-", "access-production-", "access-sandbox-")
    },
    "PMAK-": ("PMAK-", (HEX, 24), "-", (HEX, 34)),
    "sk.eyJ1": ("sk.eyJ1", (ALNUM, 60), ".", (WORD, 22)),
    "_mmk": ((ALNUM, 6), "_", (ALNUM, 29), "_mmk"),
    "unsigned JWT": ("eyJhbGciOiJub25lIn0.eyJzdWIiOi", (ALNUM, 40), "."),
    "PASETO, local": ("v4.local.", (WORD, 120)),
    "PASETO, public": ("v4.public.", (WORD, 120)),
}


def _is_mixed(text: str) -> bool:
    """Of letters and digits: as a few keys in a hundred are not, and look like words."""
    upper, lower = sum(map(str.isupper, text)), sum(map(str.islower, text))
    return any(map(str.isdigit, text)) and (min(upper, lower) > 1 or not upper or not lower)


def _characters(choose: Random, alphabet: str, count: int) -> str:
    """Random ones; the first and the last a letter or digit, as in a key that is put between others."""
    while True:
        ends = [c for c in alphabet if c.isalnum()]
        text = choose.choice(ends) + some(choose, alphabet, count - 2) + choose.choice(ends)
        if count < 15 or _is_mixed(text):
            return text


def _run(prefix: str, alphabet: str, count: int, end: str) -> Callable[[Random], Secret]:
    return lambda choose: Secret(before=prefix, distinctive=_characters(choose, alphabet, count), after=end)


def _built(*parts: str | tuple[str, int]) -> Callable[[Random], Secret]:
    """Parts, of which those that are the same in every key of the kind are not distinctive at its ends."""

    def make(choose: Random) -> Secret:
        texts: list[str] = []
        while not _is_mixed("".join(texts)):
            texts = [part if isinstance(part, str) else _characters(choose, *part) for part in parts]
        before = texts.pop(0) if isinstance(parts[0], str) else ""
        after = texts.pop() if isinstance(parts[-1], str) else ""
        return Secret(before=before, distinctive="".join(texts), after=after)

    return make


KEY_SHAPES: Mapping[str, Callable[[Random], Secret]] = {
    **{name: _run(name, *what) for name, what in _PREFIXED.items()},
    **{name: _built(*parts) for name, parts in _BUILT.items()},
}
