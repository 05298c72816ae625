"""An OpenID provider as a process of its own: discovery, keys, sign-in page, tokens.

A test tells it by `POST /says` who signs in next, and what is wrong with what it says about them.
"""

import hashlib
import hmac
import json
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "encompass/test", "a secret: of+the test%"
ALGORITHMS = ["RS256", "ES256", "PS256"]


@dataclass
class State:
    """What the provider is, and what it was told to say next."""

    issuer: str
    says: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Sign with other keys from now on, and publish those alone."""
        self.made += 1
        self.rsa = RSAKey.generate_key(2048, {"kid": f"rsa-{self.made}", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": f"ec-{self.made}", "use": "sig"})

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.says.get("configuration", {}),
        }  # fmt: skip

    def token(self, nonce: str) -> str:
        """Return an identity token of whom it was told, wrong where it was told so."""
        now = self.says["now"]
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "nonce": nonce, "iat": now, "exp": now + 300,
            **self.says.get("claims", {}),
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        algorithm = self.says.get("alg", "ES256")
        key = self.ec if algorithm == "ES256" else self.rsa
        header = {"alg": algorithm, "kid": self.says.get("kid", key.kid)}
        header = {name: value for name, value in header.items() if value is not None}
        if algorithm in ALGORITHMS:
            signing = key if not self.says.get("other_key") else type(key).generate_key()
            return jwt.encode(header, claims, signing, algorithms=ALGORITHMS)
        body = f"{_part(header)}.{_part(claims)}"
        secret = {"HS256": self.rsa.as_pem(private=False), "HS256-secret": CLIENT_SECRET.encode()}
        if algorithm == "none":
            return f"{body}."
        header["alg"] = "HS256"
        body = f"{_part(header)}.{_part(claims)}"
        return f"{body}.{_base(hmac.digest(secret[algorithm], body.encode(), 'sha256'))}"


class Handler(BaseHTTPRequestHandler):
    state: State

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the signature is given)
        """Say nothing."""

    def do_GET(self) -> None:
        path, asked = urlsplit(self.path).path, _form(urlsplit(self.path).query)
        state = self.state
        state.asked.append(path)
        if path == "/.well-known/openid-configuration":
            self._json(200, state.configuration())
        elif path == "/keys":
            keys = [state.rsa.as_dict(private=False), state.ec.as_dict(private=False)]
            odd = {"kty": "XYZ", "kid": "odd"}
            self._json(200, {"keys": state.says.get("keys", [odd, *keys])})
        elif path == "/authorize":
            self._authorize(asked)
        elif path == "/asked":
            self._json(200, state.asked)
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        state = self.state
        state.asked.append(self.path)
        if self.path == "/says":
            state.says = json.loads(body)
            if state.says.get("renew"):
                state.renew()
            self._json(200, {})
        elif self.path == "/token":
            self._token(_form(body))
        else:
            self._json(404, {})

    def _authorize(self, asked: dict[str, str]) -> None:
        """Show the page on which somebody presses; its link goes back with a code."""
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        scope = "openid" in asked.get("scope", "").split()
        if any(asked.get(name) != value for name, value in wanted.items()) or not scope:
            self._json(400, {"error": "invalid_request"})
            return
        code = f"code-{len(self.state.asked)}"
        self.state.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.state.issuer}
        back |= self.state.says.get("back", {})
        href = f"{asked['redirect_uri']}?{urlencode(back)}"
        self._send(200, f'<title>Provider</title><a href="{escape(href)}">Go on</a>', "text/html")

    def _token(self, posted: dict[str, str]) -> None:
        says = self.state.says
        if "status" in says:
            self._send(says["status"], says.get("body", ""), "text/html")
            return
        both = f"{quote(CLIENT_ID, safe='')}:{quote(CLIENT_SECRET, safe='')}"
        basic = f"Basic {urlsafe_b64encode(both.encode()).decode()}"
        proof = (posted.get("client_id"), posted.get("client_secret"))
        ours = self.headers.get("authorization") == basic or proof == (CLIENT_ID, CLIENT_SECRET)
        asked = self.state.codes.pop(posted.get("code", ""), None)
        if not ours:
            self._json(401, {"error": "invalid_client"})
            return
        challenge = _base(hashlib.sha256(posted.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or posted.get("grant_type") != "authorization_code"
            or posted.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            self._json(400, {"error": "invalid_grant"})
            return
        token = self.state.token(asked["nonce"])
        self._json(200, {"access_token": "none of ours", "token_type": "Bearer", "id_token": token})

    def _json(self, status: int, told: Any) -> None:
        self._send(status, json.dumps(told), "application/json")

    def _send(self, status: int, body: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


def _form(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


def _part(told: dict[str, Any]) -> str:
    return _base(json.dumps(told).encode())


def _base(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


if __name__ == "__main__":
    address = ("127.0.0.1", int(sys.argv[1]))
    Handler.state = State(f"http://127.0.0.1:{address[1]}")
    ThreadingHTTPServer(address, Handler).serve_forever()
