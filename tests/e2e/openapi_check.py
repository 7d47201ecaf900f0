"""Holds answers to api/openapi.json: a small validator of what that document (and api/asyncapi.json, see events_check.py)
uses of JSON Schema 2020-12.

A keyword that it doesn't know is an error, so that nothing in the document goes unchecked by mistake.
"""
import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$")
SAYS_NOTHING = {"description", "default", "examples"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


class Document:
    def __init__(self, path=os.path.join(ROOT, "api", "openapi.json")):
        with open(path) as file:
            self.json = json.load(file)
        self.paths = self.json.get("paths", {})
        self.seen = set()

    def resolve(self, node):
        while "$ref" in node:
            target = self.json
            for part in node["$ref"].lstrip("#/").split("/"):
                target = target[part]
            node = target
        return node

    # --- schemas ---

    def wrong(self, schema, value, where="$"):
        """What is wrong with a value, as a list of sentences."""
        schema = self.resolve(schema)
        found = []
        for word, rule in schema.items():
            if word in SAYS_NOTHING:
                continue
            check = getattr(self, "_" + word, None)
            if check is None:
                found.append("%s: the schema has the unknown keyword %s" % (where, word))
            else:
                found += check(rule, value, where, schema)
        return found

    def _type(self, rule, value, where, schema):
        names = rule if isinstance(rule, list) else [rule]
        return [] if any(TYPES[name](value) for name in names) else ["%s is no %s: %r" % (where, names, value)]

    def _enum(self, rule, value, where, schema):
        return [] if value in rule or value is None and "null" in schema.get("type", ()) else [
            "%s is not one of %s: %r" % (where, rule, value)]

    def _const(self, rule, value, where, schema):
        return [] if value == rule else ["%s is not %r: %r" % (where, rule, value)]

    def _properties(self, rule, value, where, schema):
        if not isinstance(value, dict):
            return []
        return [error for name in value if name in rule
                for error in self.wrong(rule[name], value[name], where + "." + name)]

    def _required(self, rule, value, where, schema):
        if not isinstance(value, dict):
            return []
        return ["%s lacks %s" % (where, name) for name in rule if name not in value]

    def _additionalProperties(self, rule, value, where, schema):
        if rule is not False or not isinstance(value, dict):
            return []
        return ["%s has an undocumented %s" % (where, name) for name in value if name not in schema["properties"]]

    def _minProperties(self, rule, value, where, schema):
        return [] if not isinstance(value, dict) or len(value) >= rule else ["%s has too few fields" % where]

    def _maxProperties(self, rule, value, where, schema):
        return [] if not isinstance(value, dict) or len(value) <= rule else ["%s has too many fields" % where]

    def _items(self, rule, value, where, schema):
        if not isinstance(value, list):
            return []
        return [error for i, item in enumerate(value) for error in self.wrong(rule, item, "%s[%d]" % (where, i))]

    def _minItems(self, rule, value, where, schema):
        return [] if not isinstance(value, list) or len(value) >= rule else ["%s is too short" % where]

    def _maxItems(self, rule, value, where, schema):
        return [] if not isinstance(value, list) or len(value) <= rule else ["%s is too long" % where]

    def _minLength(self, rule, value, where, schema):
        return [] if not isinstance(value, str) or len(value) >= rule else ["%s is too short" % where]

    def _maxLength(self, rule, value, where, schema):
        return [] if not isinstance(value, str) or len(value) <= rule else ["%s is too long" % where]

    def _minimum(self, rule, value, where, schema):
        return [] if not isinstance(value, (int, float)) or value >= rule else ["%s is below %g: %r" % (where, rule, value)]

    def _maximum(self, rule, value, where, schema):
        return [] if not isinstance(value, (int, float)) or value <= rule else ["%s is above %g: %r" % (where, rule, value)]

    def _pattern(self, rule, value, where, schema):
        return [] if not isinstance(value, str) or re.search(rule, value) else ["%s is not %s: %r" % (where, rule, value)]

    def _format(self, rule, value, where, schema):
        if rule != "date-time":
            return ["%s: the schema has the unknown format %s" % (where, rule)]
        return [] if not isinstance(value, str) or TIME.match(value) else ["%s is no time: %r" % (where, value)]

    def _anyOf(self, rule, value, where, schema):
        errors = [self.wrong(one, value, where) for one in rule]
        return [] if any(not error for error in errors) else ["%s fits none of anyOf" % where] + sum(errors, [])

    def _oneOf(self, rule, value, where, schema):
        errors = [self.wrong(one, value, where) for one in rule]
        fitting = sum(1 for error in errors if not error)
        return [] if fitting == 1 else ["%s fits %d of oneOf" % (where, fitting)] + sum(errors, [])

    # --- operations ---

    def operations(self):
        """All (method, path) of the document."""
        return {(method.upper(), path) for path, item in self.paths.items() for method in item if method != "parameters"}

    def template(self, path):
        """The documented path that a request's path fits; a fixed one before one with parameters."""
        fitting = [template for template in self.paths
                   if re.match("^" + re.sub(r"\{[^}]*\}", "[^/]+", template.replace(".", r"\.")) + "$", path)]
        return min(fitting, key=lambda template: template.count("{")) if fitting else None

    def check(self, method, target, answer):
        """What is wrong with an answer to a documented request, as a list of sentences."""
        template = self.template(target.split("?")[0])
        method = "GET" if method == "HEAD" else method
        operation = self.paths.get(template, {}).get(method.lower())
        kind = answer.headers.get("content-type", "").split(";")[0]
        if operation is None:
            schema = self.json["components"]["schemas"]["Problem"]
            return self.wrong(schema, answer.json) if kind == "application/problem+json" else ["undocumented: " + kind]
        self.seen.add((method, template, answer.status))
        response = operation["responses"].get(str(answer.status)) or operation["responses"].get("default")
        if response is None:
            return ["%s %s: the status %d is not documented" % (method, template, answer.status)]
        content = self.resolve(response).get("content")
        if not content:
            return [] if answer.body == b"" else ["%s %s: a body that is not documented" % (method, template)]
        if kind not in content:
            return ["%s %s %d: the content type %r is not documented" % (method, template, answer.status, kind)]
        if not kind.endswith("json") or answer.body == b"":
            return []
        return self.wrong(content[kind]["schema"], answer.json)
