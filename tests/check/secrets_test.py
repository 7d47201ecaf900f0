#!/usr/bin/env python3
"""Secrets are compared by secret_equal() alone, which takes as long for a wrong text as for the right one: code that checks who
somebody is compares bytes in no other way, but for the lines below, and nothing anywhere compares what is called a secret."""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Files that do nothing but check, hold or make secrets.
CHECKERS = re.compile(r"^src/(crypto/.*|provider/(.*_signature|authorization|secret_path)|wire/(jwt|standard_webhook)|serve/keyring)\.c$")
COMPARES = re.compile(r"\b(memcmp|bcmp|strcmp|strncmp|strcasecmp|strncasecmp|strstr|memmem|str_equal|str_equal_nocase|str_starts)\s*\(")
# What a secret is called in our code, as an argument of such a call.
SECRET = re.compile(r"(?<![\w])(?:\w*(?:->|\.))?(secret|secret_2|signature|expected|password|api_password|api_token|auth_token|digest|mac|hmac|"
                    r"secret_hash|secret_path|claimed)\b")
# Lines that compare something else, and what it is.
PUBLIC = {
    ("src/provider/huawei_signature.c", "if (str_equal(found, str_of(name)))"): "names of a header's fields",
    ("src/provider/huawei_signature.c", 'if (!str_equal(scheme, STR("UsernameToken"))'): "the scheme",
    ("src/provider/messagebird_signature.c", "return memcmp(hash, claimed, sizeof hash) == 0;"): "a hash of the body, in a token whose signature holds",
    ("src/provider/messagebird_signature.c", 'bool holds = str_equal(text_of(&claims, "iss"), STR("MessageBird"))'): "who made a token whose signature holds",
    ("src/provider/vonage_signature.c", "return memcmp(hash, claimed, sizeof hash) == 0;"): "a hash of the body, in a token whose signature holds",
    ("src/provider/vonage_signature.c", "!str_equal_nocase(str_n(value.at, scheme.len), scheme)"): "the scheme",
    ("src/provider/authorization.c", "!str_equal_nocase(str_n(given.at, scheme.len), scheme)"): "the scheme",
    ("src/provider/webhook.c", "return memcmp(hash, claimed, sizeof hash) == 0;"): "a hash of the body, in a token whose signature holds",
    ("src/serve/keyring.c", "memcmp(((const struct held *)a)->row.id, ((const struct held *)b)->row.id"): "keys' ids, which are no secret",
    ("src/serve/keyring.c", "int order = memcmp(keyring->keys[middle].row.id, id.at, ID_LEN);"): "a key's id",
    ("src/serve/keyring.c", "!str_equal_nocase(str_n(authorization.at, at), scheme)"): "the scheme",
    ("src/serve/keyring.c", "if (!str_starts(token, prefix)"): "what every key begins with",
    ("src/serve/keyring.c", "!str_equal(word, str_of(scopes[i].word))"): "scopes' names",
    ("src/wire/standard_webhook.c", "if (!str_starts(text, prefix))"): "what every such secret begins with",
    ("src/wire/jwt.c", 'if (!err && (!str_equal(alg, STR("HS256"))'): "the algorithm",
    ("src/crypto/vault_file.c", 'if (!str_equal(str_cut(line, \' \', &line), STR("key")))'): "a word of the key file",
    ("src/crypto/vault_file.c", 'if (!str_equal(str_cut(line, \' \', &line), STR("index"))'): "a word of the key file",
    ("src/crypto/vault_file.c", 'return str_equal(str_cut(line, \' \', &line), STR("data"))'): "a word of the key file",
    ("src/crypto/vault_file.c", 'return str_equal(str_cut(line, \' \', &line), STR("root"))'): "a word of the key file",
    ("src/crypto/vault_file.c", "if (!str_equal(str_cut(text, '\\n', &text), head)"): "a word of the key file",
}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)


def call(text, at):
    """From the name to the bracket that closes it."""
    depth = 0
    for end in range(text.index("(", at), len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[at:end + 1]
    return text[at:]


def wrong_in(path, text, used):
    text = without_comments(text)
    lines = text.split("\n")
    for match in COMPARES.finditer(text):
        number = text.count("\n", 0, match.start())
        # A line that is no function's body begins at its margin: the definition of a comparison itself.
        if not lines[number].startswith("\t"):
            continue
        reasons = [key for key in PUBLIC if key[0] == path and key[1] in lines[number]]
        used.update(reasons)
        said = re.sub(r'"(\\.|[^"\\])*"', '""', call(text, match.start()))
        if not reasons and (CHECKERS.match(path) or SECRET.search(said)):
            yield "%s:%d: %s" % (path, number + 1, lines[number].strip())


def sources():
    for folder, _, names in os.walk(os.path.join(ROOT, "src")):
        for name in sorted(names):
            # The other side of a dialect, which checks us in simulations, has no secrets of anybody.
            if name.endswith((".c", ".h")) and not name.startswith("sim_"):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, ROOT), file.read()


def main():
    planted = ("\tif (memcmp(account->secret, given.at, 16) == 0)\n", "\treturn str_equal(given,\n\t\tstr_of(expected));\n",
               "\treturn strcmp(text, row->secret_hash);\n")
    seen = [list(wrong_in("src/api/planted.c", text, set())) for text in planted]
    seen.append(list(wrong_in("src/provider/planted_signature.c", "\treturn memcmp(a, b, 20) == 0;\n", set())))
    used, found, equal = set(), [], ""
    for path, text in sources():
        found += wrong_in(path, text, used)
        if path == "src/crypto/digest.c":
            equal = text.partition("bool secret_equal(")[2].partition("\n}")[0]
    unused = ["%s: %s: no such line" % key for key in PUBLIC if key not in used]
    results = [
        ("the check sees secrets that are compared otherwise", [] if all(seen) else seen),
        ("nothing that is secret is compared but by secret_equal", found),
        ("every exception is of a line that is there", unused),
        ("secret_equal looks at every byte", [] if "CRYPTO_memcmp" in equal else ["src/crypto/digest.c"]),
    ]
    print("1..%d" % len(results))
    for i, (name, wrong) in enumerate(results, 1):
        print("%s %d - %s" % ("not ok" if wrong else "ok", i, name))
        for line in wrong:
            print("# %s" % line)
    return 1 if any(wrong for _, wrong in results) else 0


sys.exit(main())
