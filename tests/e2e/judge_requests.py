"""Generated webhooks of six providers, good ones and changed ones, for sdk_judges_test.py.

A request is a dict: provider, post, base ("https://host:port"), target ("/hooks/...?..."), headers (pairs), body
(bytes), secret, key, now_ms, and `changes`: what was done to it since it was signed. Everything comes from the
random.Random that is given.
"""
import base64
import hashlib
import json
import urllib.parse

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
NOW_MS = 1767225600000  # the first second of 2026
BASES = ("https://vn.example.com", "https://vn.example.com", "http://vn.example.com", "https://vn.example.com:8443",
         "https://vn.example.com:443", "http://vn.example.com:80", "http://[2001:db8::1]:8080")
# RFC 8032, section 7.1: seeds and public keys of its first three tests.
ED25519 = [tuple(base64.b64encode(bytes.fromhex(key)).decode() for key in pair) for pair in (
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"))]
SHAPES = {"twilio": FORM, "plivo": FORM, "vonage": JSON, "telnyx": FORM, "sinch": JSON, "messagebird": JSON}
NAMES = ("From", "To", "CallSid", "CallUUID", "Digits", "Direction", "CallStatus", "a", "A", "aa", "a-b", "Müller",
         "名", "x y", "x[0]", "10", "9")
TEXTS = ("", "+15005550006", "14155551212", "in-progress", "a b", "a+b", "a&b=c", "100%", "ÄÖÜ ß", "客户",
         "\U0001f4de", "\ue000", "<sip:a@b;tag=1>", "'quoted' (twice)", "~-._*!", "2020-04-08 11:34:33.238707",
         "a/b?c#d", "x" * 40)


def url_of(request):
    return request["base"] + request["target"]


def encode(random, text):
    """Percent-encoding in one of the ways that are about."""
    style = random.randrange(4)
    if style == 0:
        return urllib.parse.quote_plus(text)
    if style == 1:
        return urllib.parse.quote(text, safe="")
    if style == 2:  # hexadecimal in lower case
        return "".join(c if c.isascii() and c.isalnum() else "".join("%%%02x" % b for b in c.encode()) for c in text)
    return urllib.parse.quote(text, safe="!'()*~:,;/")


def fields(random, least, most):
    names = [random.choice(NAMES) for _ in range(random.randint(least, most))]
    return "&".join(encode(random, name) + "=" + encode(random, random.choice(TEXTS)) for name in names)


def make_secret(random, provider):
    if provider == "sinch":
        return base64.b64encode(random.randbytes(random.choice((16, 24, 33)))).decode()
    return random.choice(("12345", "%032x" % random.getrandbits(128), "a b+c/d="))


def make(random, provider):
    """A request that is not signed yet."""
    hook = "voice" if provider == "sinch" else random.choice(("voice", "status"))
    # Plivo's library takes an IPv6 address apart as a name and a port.
    base = random.choice(BASES[:-1] if provider == "plivo" else BASES)
    request = {"provider": provider, "post": True, "base": base, "target": "/hooks/%s/main/%s" % (provider, hook),
               "headers": [], "secret": make_secret(random, provider), "key": "669E367E-6BBA-48AB-AF15-266871C28135",
               "now_ms": NOW_MS + random.randrange(86400000), "changes": []}
    if random.random() < .4:
        request["target"] += "?" + fields(random, 1, 4)
    if provider in ("twilio", "plivo", "vonage", "messagebird") and random.random() < .25:
        request["post"], request["body"] = False, b""
    elif SHAPES[provider] == FORM:
        request["body"] = fields(random, random.choice((0, 1, 1)), 12).encode()
    else:
        told = {random.choice(NAMES): random.choice(TEXTS) for _ in range(random.randint(1, 6))}
        indent = random.choice((None, None, 1))
        request["body"] = json.dumps(told, ensure_ascii=random.random() < .5, indent=indent).encode()
    if request["post"]:
        parameter = random.choice(("", "", "; charset=utf-8", ";charset=UTF-8"))
        request["headers"].append(["Content-Type", SHAPES[provider] + parameter])
    special = {"twilio": special_twilio, "plivo": special_plivo, "vonage": special_vonage, "telnyx": special_telnyx,
               "messagebird": special_messagebird}.get(provider)
    if special:
        special(random, request)
    return request


def special_twilio(random, request):
    if request["post"] and random.random() < .15:  # a body that is no form: its hash is in the URL
        request["body"] = json.dumps({"a": random.choice(TEXTS)}).encode()
        request["headers"] = [["Content-Type", JSON]]
        mark = "&" if "?" in request["target"] else "?"
        request["target"] += mark + "bodySHA256=" + hashlib.sha256(request["body"]).hexdigest()


def special_plivo(random, request):
    request["nonce"] = "%020d" % random.randrange(10 ** 20)
    if random.random() < .2:
        request["v2"] = True


def special_vonage(random, request):
    now_s = request["now_ms"] // 1000
    kind = random.choice((None,) * 8 + ("exp", "nbf", "iat", "payload_hash", "alg", "jose", "claims"))
    if kind in ("exp", "nbf", "iat"):
        when = random.choice((-3600, -301, -300, -1, 0, 1, 300, 301, 3600, None))
        request["claims"] = {kind: None if when is None else now_s + when}
        if kind == "nbf" and random.random() < .3:
            request["claims"] = {"nbf": now_s + .5}
    elif kind == "payload_hash":
        request["claims"] = {"payload_hash": random.choice((None, "0" * 64))}
    elif kind == "alg":
        request["alg"] = random.choice(("HS384", "HS512"))
    elif kind == "jose":
        request["jose"] = random.choice(({"crit": ["b64"]}, {"kid": "1"}, {"typ": None}))
    elif kind == "claims":
        request["claims"] = {"exp": now_s + 900, "nbf": now_s - 900, "sub": "客户"}


def special_messagebird(random, request):
    now_s = request["now_ms"] // 1000
    kind = random.choice((None,) * 8 + (
        "exp", "nbf", "iss", "jti", "url_hash", "payload_hash", "alg", "jose", "claims"))
    if kind in ("exp", "nbf"):
        when = random.choice((-3600, -6, -5, -4, -1, 0, 1, 4, 5, 6, 3600, None))
        request["claims"] = {kind: None if when is None else now_s + when}
    elif kind in ("iss", "jti"):
        request["claims"] = {kind: random.choice((None, "other", ""))}
    elif kind in ("url_hash", "payload_hash"):
        request["claims"] = {kind: random.choice((None, "", "0" * 64, "x"))}
    elif kind == "alg":
        request["alg"] = random.choice(("HS384", "HS512"))
    elif kind == "jose":
        request["jose"] = random.choice(({"crit": ["b64"]}, {"kid": "1"}))
    elif kind == "claims":
        request["claims"] = {"iat": now_s, "sub": "客户"}


def special_telnyx(random, request):
    request["seed"], request["secret"] = random.choice(ED25519)
    at = request["now_ms"] // 1000
    if random.random() < .15:
        request["timestamp"] = random.choice(("0%d", "+%d", "%d.0", "-%d", "%d000", "%dx")) % at


# --- changes ---

def parts(text):
    return text.split("&") if text else []


def change_text(random, text):
    """One character of it is another."""
    if not text:
        return "x"
    at = random.randrange(len(text))
    return text[:at] + random.choice([c for c in "abcXYZ019" if c != text[at]]) + text[at + 1:]


def change_fields(random, text):
    """What may be done to fields as they are encoded; the name of the change, and the text."""
    pieces = parts(text)
    one = random.choice(pieces) if pieces else "a=1"
    made = {
        "shuffled": lambda: "&".join(random.sample(pieces, len(pieces))),
        "repeated": lambda: "&".join(pieces + [one]),
        "repeated_other": lambda: "&".join(pieces + [one.split("=")[0] + "=other"]),
        "dropped": lambda: "&".join([piece for piece in pieces if piece is not one]),
        "added": lambda: "&".join(pieces + ["extra=1"]),
        "added_first": lambda: "&".join(["extra"] + pieces),
        "empty_pieces": lambda: "&&".join(pieces) + "&",
        "plus": lambda: text.replace("%20", "+"),
        "no_plus": lambda: text.replace("+", "%20"),
        "hex_case": lambda: text.replace("%2B", "%2b").replace("%C3", "%c3").replace("%20", "%20"),
        "escaped": lambda: text.replace("a", "%61", 1),
        "broken_escape": lambda: text + "&b=%zz",
        "not_utf8": lambda: text + "&b=%ff",
        "changed": lambda: change_text(random, text),
        "cut": lambda: text[:random.randrange(len(text) + 1)],
        "emptied": lambda: "",
    }
    name = random.choice(list(made))
    return name, made[name]()


def in_query(random, request):
    path, _, query = request["target"].partition("?")
    name, query = change_fields(random, query)
    request["target"] = path + ("?" + query if query else "")
    return "query " + name


def in_body(random, request):
    if SHAPES[request["provider"]] == FORM:
        name, text = change_fields(random, request["body"].decode())
    else:
        name, text = "changed", change_text(random, request["body"].decode())
    request["body"] = text.encode()
    return "body " + name


def in_path(random, request):
    path, mark, query = request["target"].partition("?")
    request["target"] = change_text(random, path[1:]).join(("/", "")) + mark + query
    return "path"


def in_base(random, request):
    scheme, _, authority = request["base"].partition("://")
    host = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
    own = ":443" if scheme == "https" else ":80"
    name, request["base"] = random.choice((
        ("port dropped", scheme + "://" + host), ("port of the scheme", scheme + "://" + host + own),
        ("port other", scheme + "://" + host + ":9000"),
        ("scheme", ("http" if scheme == "https" else "https") + "://" + authority),
        ("host", scheme + "://x" + authority if host[0] != "[" else scheme + "://[2001:db8::2]:8080")))
    return name


def in_header(random, request):
    if not request["headers"]:
        return None
    header = random.choice(request["headers"])
    value = header[1]
    made = {
        "dropped": None,
        "changed": change_text(random, value),
        "longer": value + "x",
        "shorter": value[:-1],
        "in lower case": value.lower(),
        "in upper case": value.upper(),
        "empty": "",
        "among others": random.choice(("AAAA,%s", "%s,AAAA", "AAAA, %s", "%s,%s")).replace("%s", value),
    }
    name = random.choice(list(made))
    if made[name] is None:
        request["headers"].remove(header)
    else:
        header[1] = made[name]
    return "%s %s" % (header[0], name)


def in_secret(random, request):
    if request["provider"] == "telnyx":
        request["secret"] = random.choice([public for _, public in ED25519 if public != request["secret"]] + [""])
    else:
        other = make_secret(random, request["provider"]) + "AAAA"
        request["secret"] = random.choice((other, "", request["secret"] + "=="))
    return "secret"


def in_time(random, request):
    s = random.choice((-3600, -301, -300, -299, 299, 300, 301, 3600))
    request["now_ms"] += s * 1000
    return "time %+d" % s


def in_method(random, request):
    request["post"] = not request["post"]
    return "method"


def in_type(random, request):
    request["headers"] = [pair for pair in request["headers"] if pair[0] != "Content-Type"]
    kind = random.choice((FORM.upper(), JSON, "text/plain", "multipart/form-data; boundary=x", None))
    if kind:
        request["headers"].append(["Content-Type", kind])
    return "type"


def in_token(random, request):
    """Of a JWT: the algorithm "none"; another's claims under the same signature."""
    for header in request["headers"]:
        if header[0] == "MessageBird-Signature-JWT" and header[1].count(".") == 2:
            head, claims, signature = header[1].split(".")
            none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
            header[1] = random.choice((
                "%s.%s." % (none, claims), "%s.%s.%s" % (none, claims, signature), "%s.%s" % (head, claims),
                "%s.%s.%s" % (head, none, signature), "%s.%s.%s=" % (head, claims, signature)))
            return "token"
        if header[0] == "Authorization" and header[1].count(".") == 2:
            head, claims, signature = header[1][len("Bearer "):].split(".")
            none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
            header[1] = random.choice((
                "Bearer %s.%s." % (none, claims), "Bearer %s.%s.%s" % (none, claims, signature),
                "Bearer %s.%s.%s" % (head, none, signature), "Bearer %s.%s" % (head, claims),
                "bearer %s.%s.%s" % (head, claims, signature), "Basic %s.%s.%s" % (head, claims, signature)))
            return "token"
    return None


def in_scheme(random, request):
    """Of Sinch's header."""
    for header in request["headers"]:
        if header[0] == "Authorization" and request["provider"] == "sinch":
            rest = header[1].partition(" ")[2]
            header[1] = random.choice((
                "APPLICATION " + rest, "application  " + rest, "Basic %s:%s" % (request["key"], request["secret"]),
                "application " + rest + ":x", "application x" + rest, "Application :" + rest.partition(":")[2]))
            return "scheme"
    return None


CHANGES = (in_query, in_body, in_body, in_path, in_base, in_header, in_header, in_secret, in_time, in_method, in_type,
           in_token, in_scheme)


def changed(random, request):
    """A copy with one change, seldom two."""
    copy = dict(request, headers=[list(pair) for pair in request["headers"]], changes=list(request["changes"]))
    for _ in range(1 if random.random() < .85 else 2):
        name = random.choice(CHANGES)(random, copy)
        if name:
            copy["changes"].append(name)
    return copy
