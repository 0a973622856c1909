"""`eipctl invoke --remote`: a deployed function, invoked by its name through tencentserverless.

That client sends, and what came back is judged here: it takes whatever InvokeResult is neither 1 nor -1 for a success,
meets replies that it does not expect with errors that are not its own, and keeps the first credentials for ever. So one
client serves one invocation.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tencentserverless import scf
from tencentserverless.exception import TencentServerlessSDKException

from shared.adapters.cloud.sdk import Secret, beside
from shared.core.errors import Ambiguous, EipclaimError, InputRejected, Refused, Throttled, Unavailable
from shared.core.status import one_line
from shared.settings import Settings

NAMED_BY = "EIPCLAIM_CLUSTER_ID and DEPLOY_STAGE name it, or --name"
MAYBE_RUNNING = "it may be running all the same: look at the claims, or at its log, before it is invoked again"

# The start of a code, what it means, and what to say; the first row that fits, and the last one always does.
CODES: tuple[tuple[str, type[EipclaimError], str, str], ...] = (
    ("ResourceNotFound", Refused, "NoSuchFunction", "there is no function {name} in {region}; " + NAMED_BY),
    ("InvalidParameterValue.FunctionName", Refused, "NoSuchFunction", "there is no function {name}; " + NAMED_BY),
    ("UnauthorizedOperation", Refused, "Denied", "the key may not scf:InvokeFunction on {name}"),
    ("AuthFailure", Refused, "Denied", "the key is wrong, or may not scf:InvokeFunction on {name}"),
    ("RequestLimitExceeded", Throttled, "RateLimited", "{name} was not invoked, for too many calls"),
    ("InvalidParameter", Refused, "Input", "{name} was not invoked"),
    ("FailedOperation.Function", Refused, "NotReady", "{name} was not invoked"),
    ("FailedOperation.InsufficientBalance", Refused, "Arrears", "{name} was not invoked"),
    ("", Ambiguous, "Unknown", "{name}: " + MAYBE_RUNNING),
)
NOT_SENT = (
    "Failed to establish a new connection",
    "Failed to resolve",
    "connect to proxy",
    "CERTIFICATE_VERIFY_FAILED",
)
"""What urllib3 says where no request was sent; requests has one kind of error for before and after."""


STATUSES = {
    430: "the function raised an error",
    432: "no instance of the function is free; try again",
    433: "the function ran into its time limit; the next sweep goes on with what it had begun",
    434: "the function ran out of memory; the next sweep goes on with what it had begun",
}


@dataclass(frozen=True)
class Deployed:
    """A deployed function, and for how long its answer is waited for.

    `endpoint` is another URL of the VPC API, beside which SCF's is; without it they are the usual ones.
    """

    name: str
    region: str
    secret: Secret
    endpoint: str | None = None
    reply_seconds: float = 120.0
    """A cold start may take 60 s before the 55 s of the function."""


@dataclass(frozen=True)
class Answer:
    """What a function returned, and the last lines of its log where they were asked for."""

    result: Mapping[str, object]
    log: str


def name(settings: Settings, environ: Mapping[str, str], function: str) -> str:
    """What `serverless.yml` calls a function: its `name`, `stage` and `app`, then the function's key there."""
    return f"{settings.cluster_id}-{environ.get('DEPLOY_STAGE') or 'prod'}-eipclaim-{function}"


def invoke(deployed: Deployed, event: object, *, log: bool = False) -> Answer:
    """The function's answer; a function that did not end well answers with `error`.

    The event is not empty: the client would send none. Raises EipclaimError, with one line, where the function was not
    run, and `Ambiguous` where nobody can say whether it was.
    """
    client = _Client(deployed)
    try:
        client.invoke(deployed.name, log_type="Tail" if log else "None", data=event)
    except scf.TencentCloudSDKException as error:
        raise _refusal(deployed, error) from None
    except (TencentServerlessSDKException, LookupError, TypeError, ValueError):
        pass  # its judgement of a reply; ours follows
    except OSError as error:  # in the middle of a reply the SDK catches nothing
        raise _no_answer(deployed, type(error).__name__) from None
    return _judge(deployed, client.client.reply)


class _Client(scf.Client):  # type: ignore[misc] # published without types
    """Goes to the host that is named, waits for so long as an invocation may take, and keeps the reply.

    `invoke` of the base class, which knows the usual host alone, sets `profile` and `client`. An attribute that is not
    there would be a remote call of a function of its name.
    """

    def __init__(self, deployed: Deployed) -> None:
        # An absent token would be looked for in the environment, where it may be another key's.
        key = deployed.secret
        super().__init__(deployed.region, key.secret_id, key.secret_key, key.token or "")
        self._seconds = deployed.reply_seconds
        self._url = urlsplit(beside("scf", deployed.endpoint)) if deployed.endpoint else None
        self._profile: Any = None
        self._client: Any = None

    @property
    def profile(self) -> Any:  # noqa: ANN401 - the SDK's, without types
        """The SDK's settings."""
        return self._profile

    @profile.setter
    def profile(self, made: Any) -> None:  # noqa: ANN401 - as above
        made.httpProfile.reqTimeout = self._seconds
        if self._url is not None:
            made.httpProfile.scheme, made.httpProfile.endpoint = self._url.scheme, self._url.netloc
        self._profile = made

    @property
    def client(self) -> Any:  # noqa: ANN401 - as above
        """The SDK's client, with the reply that it got."""
        return self._client

    @client.setter
    def client(self, made: Any) -> None:  # noqa: ANN401 - as above
        self._client = _Recorder(made)


class _Recorder:
    """The SDK's client, which keeps the last reply."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - as above
        self._client = client
        self.reply: str | bytes = b""

    def call(self, action: str, params: Mapping[str, object]) -> str | bytes:
        """The body of the reply."""
        self.reply = self._client.call(action, params)
        return self.reply


def _judge(deployed: Deployed, reply: object) -> Answer:
    response = _mapping(_mapping(_json(reply)).get("Response"))
    result = _mapping(response.get("Result"))
    request = result.get("FunctionRequestId") or response.get("RequestId")
    returned, log = _mapping(_json(result.get("RetMsg"))), _text(result.get("Log"))
    if "function" in returned:
        return Answer(returned, log)
    told = returned.get("errorMessage") or result.get("ErrMsg")
    if not told:
        raise _no_answer(deployed, f"the answer is none of a function of eipclaim (request {request})")
    status = returned.get("statusCode")
    why = STATUSES.get(status, "it failed") if isinstance(status, int) else "it failed"
    return Answer({"error": one_line(f"Failed: {deployed.name} (request {request}): {why}: {told}")}, log)


def _refusal(deployed: Deployed, error: Any) -> EipclaimError:  # noqa: ANN401 - as above
    """What the SDK raises: the API's code, or one of its own where there was no reply."""
    code, name = str(error.code), deployed.name
    if code == "InvalidCredential":
        return InputRejected("InvalidCredentials", "the key is empty, or holds spaces")
    if code == "ClientNetworkError":
        return _unsent(deployed, error)
    if code in {"ServerNetworkError", "ClientError", "ClientParamsError"}:
        return _no_answer(deployed, "a gateway answered")
    _, kind, reason, why = next(row for row in CODES if code.startswith(row[0]))
    told = why.format(name=name, region=deployed.region)
    return kind(reason, one_line(f"{told}: {code} (request {error.requestId}): {error.message}"))


def _unsent(deployed: Deployed, error: Exception) -> EipclaimError:
    """The SDK raises one error for everything that happens to a connection; it stands behind that error."""
    behind = type(error.__context__).__name__
    if behind == "ConnectTimeout" or any(sign in str(error) for sign in NOT_SENT):
        return Unavailable("NotSent", f"{deployed.name} was not invoked: SCF cannot be reached ({behind})")
    return _no_answer(deployed, behind)


def _no_answer(deployed: Deployed, why: str) -> Ambiguous:
    return Ambiguous("NoAnswer", one_line(f"{deployed.name}: {why}; {MAYBE_RUNNING}"))


def _json(text: object) -> object:
    try:
        return json.loads(text) if isinstance(text, (str, bytes)) else None
    except (ValueError, RecursionError):
        return None


def _mapping(part: object) -> Mapping[str, object]:
    return part if isinstance(part, Mapping) else {}


def _text(log: object) -> str:
    """The log as text; it is documented without its form, and has been seen in base64 elsewhere."""
    if not isinstance(log, str):
        return ""
    try:
        return base64.b64decode(log, validate=True).decode()
    except (binascii.Error, ValueError):
        return log
