"""Convert errors of the Hugging Face client library to `ModelUnavailable`."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiocli.errors import ModelUnavailable, is_disk_full


@contextmanager
def explain_hub_errors(repo: str, revision: str | None) -> Iterator[None]:
    """Raise `ModelUnavailable` for every failure of the hub, the network or the disk.

    Errors of any other kind are defects and are not changed.
    """
    try:
        yield
    except ModelUnavailable:
        raise
    except Exception as error:
        if explained := explain(error, repo, revision):
            raise explained from error
        raise


def explain(error: Exception, repo: str, revision: str | None) -> ModelUnavailable | None:
    """Return the explanation of an error of the client library, or None for a defect."""
    from huggingface_hub import constants, errors

    page = f"{constants.ENDPOINT}/{repo}"
    match error:
        case errors.OfflineModeIsEnabled():
            return ModelUnavailable(
                f"{repo} is not downloaded, and HF_HUB_OFFLINE is set",
                "unset HF_HUB_OFFLINE",
            )
        case errors.GatedRepoError():  # a subclass of RepositoryNotFoundError
            return ModelUnavailable(
                f"{repo} is gated: accept its licence at {page}",
                "then `hf auth login`, or set HF_TOKEN",
            )
        case errors.RevisionNotFoundError():
            return ModelUnavailable(f"{repo} has no revision {revision} on the hub", f"see {page}")
        case errors.RepositoryNotFoundError():
            return ModelUnavailable(
                f"the hub has no {repo}, or it is private",
                "check the spelling; for a private one `hf auth login`, or set HF_TOKEN",
            )
        case errors.DisabledRepoError():
            return ModelUnavailable(f"the hub has disabled {repo}", f"see {page}")
        case errors.HFValidationError():
            return ModelUnavailable(f"{repo} is not a hub repository", "write `organisation/name`")
        case errors.RemoteEntryNotFoundError():
            return ModelUnavailable(f"{repo}: the hub lacks one of its files", f"see {page}")
        case errors.HfHubHTTPError():
            return _http_error(error.response.status_code, repo, page)
        case errors.LocalEntryNotFoundError() if isinstance(error.__cause__, Exception):
            # Raised for any error of the first request, which is its cause.
            return explain(error.__cause__, repo, revision) or _unreachable(error.__cause__, repo)
        case errors.FileMetadataError():
            return _not_a_hub(repo)
        case json.JSONDecodeError():  # such as the login page of a network
            return _not_a_hub(repo)
        case errors.XetDownloadError():
            return _interrupted(error, repo)
    if _is_network_error(error):
        return _unreachable(error, repo)
    if isinstance(error, OSError) and error.errno is not None:
        return _disk_error(error, repo, Path(constants.HF_HUB_CACHE))
    if type(error) is OSError:  # `Consistency check failed`: a download that broke off
        return _interrupted(error, repo)
    return None


def _not_a_hub(repo: str) -> ModelUnavailable:
    from huggingface_hub import constants

    return ModelUnavailable(
        f"{repo}: the answer of {constants.ENDPOINT} is not from a hub",
        "check HF_ENDPOINT, the proxy and the login of the network",
    )


def _http_error(status: int, repo: str, page: str) -> ModelUnavailable:
    problem = f"{repo}: the hub answered {status}"
    if status == 401:
        return ModelUnavailable(
            f"{problem}: the token is missing or invalid", "`hf auth login`, or set HF_TOKEN"
        )
    if status == 403:
        return ModelUnavailable(f"{problem}: access is denied", f"see {page}")
    if status == 429:
        return ModelUnavailable(
            f"{problem}: too many requests", "try again later, or log in with `hf auth login`"
        )
    if status >= 500:
        return ModelUnavailable(
            f"{problem}: the server has a problem", "try again later; see status.huggingface.co"
        )
    return ModelUnavailable(problem, f"see {page}")


def _is_network_error(error: Exception) -> bool:
    """Return whether no answer arrived: DNS, TCP, TLS, proxy or timeout."""
    network = (ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)
    # By name, because the HTTP package differs between versions of the client library.
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, network) or bool(names & {"TransportError", "RequestException"})


def _unreachable(error: Exception, repo: str) -> ModelUnavailable:
    text = str(error)
    if isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in text:
        hint = "check the clock and the certificates: SSL_CERT_FILE names those of a proxy"
    else:
        hint = "check the network and run the same command again"
    return ModelUnavailable(f"{repo}: the hub cannot be reached: {_first_line(error)}", hint)


def _interrupted(error: Exception, repo: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{repo}: the download was interrupted: {_first_line(error)}", "run the same command again"
    )


def _disk_error(error: OSError, repo: str, cache: Path) -> ModelUnavailable:
    if is_disk_full(error):
        problem = f"not enough disk space for {repo} in {cache}"
    else:
        problem = f"{repo} cannot be kept: {error.filename or cache}: {error.strerror or error}"
    return ModelUnavailable(problem, "HF_HOME names another folder for models of the hub")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
