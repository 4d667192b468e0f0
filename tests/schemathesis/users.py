"""What schemathesis can't make up: users who are logged in, and ids of what is there.

SCHEMATHESIS_API is where the program is reached.
"""

import itertools
import json
import os
import threading
import time
import urllib.request
import uuid

import schemathesis

API = os.environ["SCHEMATHESIS_API"]
PASSWORD = "correct horse battery"

# They end sessions, the caller's own among them: each call is made in a session of its own.
ENDING = {
    "POST /v1/auth/logout",
    "DELETE /v1/auth/sessions",
    "DELETE /v1/auth/sessions/{id}",
    "DELETE /v1/auth/me",
    "POST /v1/auth/password",
}

# How long a token is used: less than it lives.
SECONDS = 300


def send(method, path, body=None, headers=None):
    """The answer to a request that has to succeed: its headers and its body."""
    request = urllib.request.Request(API + path, body, headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers, answer.read()


def post(path, body):
    """The JSON that answers this JSON."""
    headers = {"Content-Type": "application/json"}
    return json.loads(send("POST", path, json.dumps(body).encode(), headers)[1])


class User:
    """A user of the program, registered when they first log in."""

    def __init__(self, name):
        self.credentials = {"email": f"{name}@example.org", "password": PASSWORD}
        self.is_registered = False
        self.token = None
        self.until = 0.0
        self.lock = threading.Lock()

    def log_in(self):
        """A token of a new session."""
        with self.lock:
            if not self.is_registered:
                post("/v1/auth/register", self.credentials)
                self.is_registered = True
        return post("/v1/auth/login", self.credentials)["access_token"]

    def current(self):
        """A token that is used again."""
        if time.monotonic() > self.until:
            self.token = self.log_in()
            self.until = time.monotonic() + SECONDS
        return self.token


    def send(self, method, path, body=None, headers=None):
        """A request of this user."""
        headers = {"Authorization": f"Bearer {self.current()}", **(headers or {})}
        return send(method, path, body, headers)


ADA = User("ada")
LEAVER = User("leaver")


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """Gives each request the token of its user."""

    def get(self, case, context):
        return LEAVER.log_in() if case.operation.label in ENDING else ADA.current()

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def a_file():
    headers = {"Content-Type": "text/plain"}
    return json.loads(ADA.send("POST", "/v1/files?name=a.txt", b"hello", headers)[1])["id"]


def an_upload():
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "10", "Upload-Metadata": "filename YS50eHQ="}
    return ADA.send("POST", "/v1/uploads", b"", headers)[0]["Location"].rsplit("/", 1)[1]


def a_direct_upload():
    body = json.dumps({"name": "a.txt", "size": 5}).encode()
    answer = ADA.send("POST", "/v1/direct-uploads", body, {"Content-Type": "application/json"})[1]
    return json.loads(answer)["id"]


NAMES = itertools.count()


def a_folder():
    body = json.dumps({"name": f"folder {next(NAMES)}"}).encode()
    return json.loads(ADA.send("POST", "/v1/folders", body, {"Content-Type": "application/json"})[1])["id"]


def an_item():
    return a_folder() if next(NAMES) % 2 == 0 else a_file()


def a_trashed_folder():
    folder = a_folder()
    ADA.send("POST", f"/v1/items/{folder}/trash", b"")
    return folder


def an_operation():
    return json.loads(ADA.send("DELETE", "/v1/trash")[1])["id"]


# Makes what an operation below this path names. The first that fits counts.
MAKERS = {
    "/v1/files/{id}": a_file,
    "/v1/folders/{id}": a_folder,
    "/v1/items/{id}/restore": a_trashed_folder,
    "/v1/items/{id}": an_item,
    "/v1/trash/{id}": a_trashed_folder,
    "/v1/operations/{id}": an_operation,
    "/v1/uploads/{id}": an_upload,
    "/v1/direct-uploads/{id}": a_direct_upload,
}


CALLS = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other id that is one becomes that of something that is there, and so does every other that may be any text."""
    made_up = (case.path_parameters or {}).get("id")
    if made_up is None:
        return
    if not case.operation.path.startswith(("/v1/folders/", "/v1/items/", "/v1/trash/")):
        try:
            uuid.UUID(made_up)
        except (AttributeError, TypeError, ValueError):
            return
    maker = next((make for path, make in MAKERS.items() if case.operation.path.startswith(path)), None)
    if maker and next(CALLS) % 2 == 0:
        case.path_parameters["id"] = maker()


@schemathesis.serializer("application/offset+octet-stream")
def piece(context, value):
    """A piece of an upload is its bytes."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
