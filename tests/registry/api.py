"""A registry's REST API, called as plainly as can be, and the differences between registries."""

import json
import urllib.error
import urllib.parse
import urllib.request

import servers

V1 = "application/vnd.schemaregistry.v1+json"
JSON_TYPES = (V1, "application/vnd.schemaregistry+json", "application/json")
TIMEOUT_SECONDS = 20


class Reply:
    def __init__(self, status, content_type, raw):
        self.status, self.raw = status, raw
        self.content_type = (content_type or "").split(";")[0].strip()

    @property
    def body(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.body.get("error_code")

    def __repr__(self):
        return f"<{self.status} {self.content_type} {self.raw[:300]!r}>"


def quoted(subject):
    return urllib.parse.quote(subject, safe="")


def with_query(path, query):
    return path + ("?" + urllib.parse.urlencode(query) if query else "")


def versions(subject, version=None):
    path = f"/subjects/{quoted(subject)}/versions"
    return path if version is None else f"{path}/{version}"


def config(subject):
    return "/config" if subject is None else f"/config/{quoted(subject)}"


def mode(subject):
    return "/mode" if subject is None else f"/mode/{quoted(subject)}"


class Registry:
    def __init__(self, url, name=None, strict=False, user=None):
        self.url, self.name, self.strict, self.user = url, name, strict, user

    def lets(self, *peers):
        """Whether the ways of one of these peers pass. A registry without a name is any of them."""
        return not self.strict and (self.name is None or self.name in peers)

    def call(self, method, path, body=None, content_type=V1, accept=V1, raw=None):
        data = raw if raw is not None else (None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(self.url + path, data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", content_type)
        request.add_header("Accept", accept)
        if self.user:
            request.add_header("Authorization", servers.basic(self.user))
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return Reply(answer.status, answer.headers.get("Content-Type"), answer.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers.get("Content-Type"), error.read())

    def get(self, path, **query):
        return self.call("GET", with_query(path, query))

    def body(self, path, **query):
        """What a GET answers with status 200."""
        reply = self.get(path, **query)
        assert reply.status == 200, reply
        return reply.body

    def items(self, path, **query):
        """A list: empty it is [], but AxonOps 0.2.1 writes null."""
        found = self.body(path, **query)
        assert isinstance(found, list) or (found is None and self.lets("axonops")), found
        return found or []

    def delete(self, path, **query):
        return self.call("DELETE", with_query(path, query))

    def deleted(self, path, **query):
        reply = self.delete(path, **query)
        assert reply.status == 200, reply
        return reply.body

    def register(self, subject, schema, references=None, members=None, **query):
        body = {"schema": schema, **(members or {})}
        if references is not None:
            body["references"] = references
        return self.call("POST", with_query(versions(subject), query), body)

    def registered(self, subject, schema, **arguments):
        reply = self.register(subject, schema, **arguments)
        assert reply.status == 200, reply
        assert isinstance(reply.body["id"], int), reply
        return reply.body["id"]

    def look_up(self, subject, schema, **query):
        return self.call("POST", with_query(f"/subjects/{quoted(subject)}", query),
                         {"schema": schema})

    def check(self, subject, schema, version="latest", **query):
        """A call for compatibility; version None asks about all versions."""
        path = "/compatibility" + versions(subject, version)
        return self.call("POST", with_query(path, query), {"schema": schema})

    def compatible(self, subject, schema, version="latest"):
        reply = self.check(subject, schema, version)
        assert reply.status == 200, reply
        return reply.body["is_compatible"]

    def set_level(self, subject, level):
        reply = self.call("PUT", config(subject), {"compatibility": level})
        assert reply.status == 200 and reply.body["compatibility"] == level, reply

    def set_mode(self, subject, name, **query):
        reply = self.call("PUT", with_query(mode(subject), query), {"mode": name})
        assert reply.status == 200 and reply.body["mode"] == name, reply

    def remove(self, subject):
        """Whatever of the subject is there."""
        path = f"/subjects/{quoted(subject)}"
        self.delete(path)
        self.delete(path, permanent="true")
        self.delete(config(subject))
        self.delete(mode(subject))

    def expect(self, reply, status, code, axonops=(), apicurio=()):
        """The reply is the error `status` with the body's `code`, or one of the (status, code) that
        the peer is known to answer. None for a code: whatever the body is."""
        allowed = [(status, code)]
        allowed += [pair for peer, pairs in (("axonops", axonops), ("apicurio", apicurio))
                    if self.lets(peer) for pair in pairs]
        codes = [code for status, code in allowed if status == reply.status]
        assert codes, f"{reply}, expected {allowed}"
        if None not in codes:
            assert isinstance(reply.body["message"], str), reply
            assert reply.code in codes, f"{reply}, expected {allowed}"
