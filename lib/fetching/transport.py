"""One address to one file: whole, as the publisher gave it, or not at all.

requests asks, urllib3 tries again with growing pauses, pooch writes to a temporary name, compares the hash, and tries
again when a body breaks off. What is left to say here: how long and how much at most, which hosts, and which words.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import shutil
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pooch
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError, ResponseError
from urllib3.util.retry import Retry

from lib.fetching.errors import FetchError, innermost, plain

CHUNK = 64 << 10
LARGEST_MESSAGE = 16 << 10
MOST_REDIRECTS = 5
WORTH_ANOTHER_TRY = (429, 500, 502, 503, 504)
BASE = "BOOK_FETCH_BASE"
"""Environment variable: a mirror, which has a folder for each publisher's host."""


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes that a file may take: to connect, between two bytes, in all; and how often it is tried again.

    `pause` is the factor by which pauses grow; a server that asks for a pause longer than `longest_pause` is not
    waited for.
    """

    connect: float = 10
    read: float = 60
    total: float = 900
    retries: int = 4
    pause: float = 1
    longest_pause: float = 120
    largest: int = 1 << 30


class Patience(Retry):
    """Retries like those of urllib3 that never wait longer than they may; then the last answer is reported."""

    longest_pause: float = math.inf
    deadline: float = math.inf

    @classmethod
    def within(cls, limits: Limits, deadline: float = math.inf, **settings) -> Patience:
        """Return retries within these limits; `deadline` is a time of `time.monotonic`."""
        patience = cls(
            total=limits.retries,
            status_forcelist=WORTH_ANOTHER_TRY,
            backoff_factor=limits.pause,
            backoff_max=limits.longest_pause,
            raise_on_status=False,
            allowed_methods=("GET",),
            **settings,
        )
        patience.longest_pause, patience.deadline = limits.longest_pause, deadline
        return patience

    def new(self, **changes) -> Patience:
        following = super().new(**changes)
        following.longest_pause, following.deadline = self.longest_pause, self.deadline
        return following

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return super().parse_retry_after(retry_after)
        except InvalidHeader:
            return 0

    def increment(self, method=None, url=None, response=None, error=None, _pool=None, _stacktrace=None) -> Patience:
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        pause = (response and self.get_retry_after(response)) or following.get_backoff_time()
        if pause > self.longest_pause or time.monotonic() + pause > self.deadline:
            reason = error or ResponseError(f"would have to wait {pause:.0f} s")
            raise MaxRetryError(_pool, url, reason) from error
        return following


@dataclass(frozen=True)
class Answer:
    """A file that came: its hash and size, and what the server said of it."""

    sha256: str
    bytes: int
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Line:
    """The way to one feed's publisher: its name in messages, hosts that may answer, bounds, and a mirror or ""."""

    feed: str
    hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)
    base: str = ""

    def get(
        self, address: str, path: Path, *, checksum: str = "", known: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Download an address to the file `path`, in a folder of its own; return an Answer, or None if nothing changed.

        `checksum` is `md5:…` or of another algorithm; `known` the validators of the copy that is there already.
        Raises FetchError; then there is no file.
        """
        asked = _Asked(self, address, known or {})
        cache = pooch.create(
            path=path.parent,
            base_url="",
            registry={path.name: checksum or None},
            urls={path.name: mirrored(address, self.base)},
            retry_if_failed=self.limits.retries,
        )
        pooch.get_logger().setLevel("ERROR")
        try:
            cache.fetch(path.name, downloader=asked)
            return _answer(path, asked.headers)
        except _NotModified:
            return None
        except (requests.RequestException, HTTPError) as error:
            raise self._broken(address, error) from None
        except ValueError as error:  # what pooch raises for a hash that differs
            what = f"the file's checksum is not the one that its publisher gives: {plain(str(error))}"
            raise self.error(what, "try again; if it stays so, the publisher is replacing the file", address) from None
        except OSError as error:
            raise self.error(
                f"cannot write: {error.strerror or error}", "free some space, or use --to", address
            ) from None

    def error(self, what: str, remedy: str, address: str = "") -> FetchError:
        """Return a FetchError of this feed."""
        return FetchError(what, remedy, feed=self.feed, address=address)

    def allowed(self, address: str) -> set[str]:
        """Return the hosts that may answer for an address."""
        hosts = {urlsplit(address).netloc, *self.hosts}
        return {urlsplit(mirrored(f"https://{host}", self.base)).netloc.lower() for host in hosts}

    def _broken(self, address: str, error: Exception) -> FetchError:
        """Build the error for a connection that failed."""
        text = plain(innermost(str(error)))
        if isinstance(error, requests.ConnectTimeout):
            what, remedy = f"no answer within {self.limits.connect:g} s", "try again later"
        elif isinstance(error, requests.exceptions.SSLError):
            what, remedy = f"the connection is not safe: {text}", "check the clock and the certificates of this machine"
        elif isinstance(error, requests.Timeout) or "timed out" in text.lower():
            what, remedy = f"no data came for {self.limits.read:g} s", "try again later"
        elif isinstance(error, requests.TooManyRedirects):
            what, remedy = "the server redirects in a circle", "open the address in a browser; the file may have moved"
        elif isinstance(error, requests.exceptions.ChunkedEncodingError):
            what, remedy = f"the transfer broke off: {text}", "try again later"
        elif "resolution" in text or "resolve" in text or "unreachable" in text:
            what, remedy = (
                "no network: the name of the server cannot be looked up",
                "connect to the network, or fetch by hand",
            )
        else:
            what, remedy = f"no connection: {text}", "check the network, and try again later"
        return self.error(what, remedy, address)


class _NotModified(Exception):
    """Signal from the server that the copy that is there is the newest."""


class _Session(requests.Session):
    """A session that follows a redirect to a host that may answer, and to no other."""

    def __init__(self, line: Line, address: str, deadline: float) -> None:
        super().__init__()
        self.line, self.address = line, address
        self.allowed = line.allowed(address)
        self.max_redirects = MOST_REDIRECTS
        self.headers["User-Agent"] = "industrial-vitamins (an open research book; book fetch)"
        self.headers["Accept-Encoding"] = "gzip"
        adapter = HTTPAdapter(max_retries=Patience.within(line.limits, deadline))
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, response):
        target = super().get_redirect_target(response)
        if target:
            there = urlsplit(urljoin(response.url, target))
            is_safe = there.scheme == "https" or there.scheme == urlsplit(response.url).scheme
            if there.netloc.lower() not in self.allowed or not is_safe:
                what = f"the server redirects to {there.scheme}://{there.netloc}, which the feed does not name"
                remedy = "find out where the file is now; if the publisher moved it, add the host to feeds.yml"
                raise self.line.error(what, remedy, self.address)
        return target


@dataclass
class _Asked:
    """The downloader that pooch calls: asks with the validators of the known copy, writes the body within bounds."""

    line: Line
    address: str
    known: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    deadline: float = 0

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.line.limits.total

    def __call__(self, url: str, output_file: str, _: object) -> None:
        limits = self.line.limits
        with _Session(self.line, self.address, self.deadline) as session:
            try:
                response = session.get(url, headers=self.known, stream=True, timeout=(limits.connect, limits.read))
            except requests.RequestException as error:  # tried again already
                raise self.line._broken(self.address, error) from None
            with response:
                if response.status_code == 304 and self.known:
                    raise _NotModified
                if response.status_code != 200:
                    raise self._refused(response)
                self.headers = response.headers
                self._write(response, Path(output_file))

    def _write(self, response: requests.Response, path: Path) -> None:
        packing = response.headers.get("Content-Encoding", "identity").lower()
        if packing not in ("identity", "gzip"):
            raise self.line.error(f"the file came packed as {plain(packing)}", "fetch it by hand", self.address)
        try:
            self._copy(_chunks(response), path)
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(plain(str(error))) from None
        if packing == "gzip":
            self._unpack(path)

    def _copy(self, chunks: Iterator[bytes], path: Path) -> None:
        size, limits = 0, self.line.limits
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > limits.largest:
                    what = f"more than {limits.largest:,} bytes came, which no file of this feed has"
                    raise self.line.error(what, "open the address in a browser to see what it is", self.address)
                if time.monotonic() > self.deadline:
                    what = f"not complete after {limits.total:g} s"
                    raise self.line.error(what, "try again on a faster network", self.address)
                file.write(chunk)

    def _unpack(self, path: Path) -> None:
        packed = path.with_name(path.name + ".gz")
        shutil.move(path, packed)
        try:
            with gzip.open(packed) as file:
                self._copy(iter(lambda: file.read(CHUNK), b""), path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise requests.exceptions.ChunkedEncodingError(plain(str(error))) from None
        finally:
            packed.unlink()

    def _refused(self, response: requests.Response) -> FetchError:
        """Build the error for an answer that is no file."""
        status = response.status_code
        text = plain(_message(response))
        words = f"the server answers {status} {plain(response.reason or '')}".strip() + (f": {text}" if text else "")
        if status in (401, 403, 429):
            pause = response.headers.get("Retry-After")
            when = (
                f"wait {plain(pause)} s as it asks, then try again" if pause and pause.isdigit() else "try again later"
            )
            return self.line.error(words, f"{when}; it accepts no more requests now", self.address)
        if status in (404, 410):
            remedy = "find out where the publisher has it now, and correct its line in feeds.yml"
            return self.line.error(words, remedy, self.address)
        return self.line.error(words, "try again later", self.address)


def mirrored(address: str, base: str) -> str:
    """Return an address, or its place below a mirror if there is one: BASE/HOST/PATH."""
    return f"{base.rstrip('/')}/{address.partition('://')[2]}" if base else address


def base_from_environment(environ: Mapping[str, str] = os.environ) -> str:
    """Return the mirror that the environment names, or ""."""
    return environ.get(BASE, "").strip()


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body in the pieces in which it comes, so that a server that drips is seen to be slow."""
    return iter(lambda: response.raw.read1(CHUNK, decode_content=False), b"")


def _message(response: requests.Response) -> bytes:
    try:
        return response.raw.read(LARGEST_MESSAGE, decode_content=True) or b""
    except (HTTPError, OSError):
        return b""


def _answer(path: Path, headers: Mapping[str, str]) -> Answer:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Answer(sha256, path.stat().st_size, headers.get("ETag", ""), headers.get("Last-Modified", ""))
