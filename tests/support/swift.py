"""OpenStack Swift on this machine: a real object store that speaks S3, with handles to hurt it."""

import os
import pwd
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from app_srvc.launching.supervising import Child
from app_srvc.settings.storage import StorageSettings
from tests.support.product import free_port
from tests.support.workers import wait_for

PARTS = ("account", "container", "object")
BUCKET = "cherha"
PREFIX = "files"

_PROXY = """
[pipeline:main]
pipeline = catch_errors cache listing_formats s3api tempauth copy slo dlo versioned_writes symlink
  proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:1
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
allow_multipart_uploads = true
min_segment_size = 5242880
[filter:tempauth]
use = egg:swift#tempauth
user_test_cherha = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
[filter:symlink]
use = egg:swift#symlink
"""
_SERVER = """
[pipeline:main]
pipeline = {part}-server
[app:{part}-server]
use = egg:swift#{part}
"""
# In a process of its own: Swift takes the place of what Python has for sockets and threads.
_RINGS = """
import sys
from swift.common.ring import RingBuilder
folder, *devices = sys.argv[1:]
for device in devices:
    part, port = device.split(":")
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port),
                     "device": "d1", "weight": 1.0, "meta": ""})
    builder.rebalance()
    builder.get_ring().save(f"{folder}/{part}.ring.gz")
"""
_COMMON = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
workers = 0
log_level = ERROR
log_address = {folder}/no-log
"""


def require() -> None:
    """Skip a test where there is no Swift; a server that runs all tests has to have it."""
    if find_spec("swift") is None:
        message = "no OpenStack Swift, which is there for Linux on x86-64 alone"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


class Swift:
    """A store on one disk, with one bucket."""

    key = "test:cherha"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = secrets.token_hex(16)
        self.ports = {part: free_port() for part in ("proxy", *PARTS)}
        self.url = f"http://127.0.0.1:{self.ports['proxy']}"
        self.children = [self._child(part) for part in (*PARTS, "proxy")]
        self._configure()

    @property
    def settings(self) -> dict[str, str]:
        """What a process needs in its environment to keep files here."""
        return {
            "STORAGE_URL": f"s3://{BUCKET}/{PREFIX}",
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY": self.key,
            "S3_SECRET_KEY": self.secret,
        }

    def wanted(self, **others: Any) -> StorageSettings:
        """Return the same for this process, with others in their place or beside them."""
        return StorageSettings(**{name.lower(): at for name, at in self.settings.items()} | others)

    def start(self) -> None:
        """Start all of it, also once more, and wait until it answers."""
        for child in self.children:
            child.start()
        wait_for(self._is_there)

    def kill(self) -> None:
        """End all of it without a warning."""
        for child in self.children:
            child.signal(signal.SIGKILL)
        for child in self.children:
            child.wait()

    def revive(self) -> None:
        """Let it be there again, whatever was done to it."""
        self.thaw()
        if not all(child.is_running for child in self.children):
            self.kill()
            self.start()

    def freeze(self) -> None:
        """Let it answer nothing until it thaws; who calls is not refused."""
        for child in self.children:
            child.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for child in self.children:
            child.signal(signal.SIGCONT)

    def client(self) -> Any:
        """Return a client of the whole store."""
        return botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}),
        )

    def stored(self) -> list[str]:
        """Return the names of all that is in the bucket, and of uploads that are not done."""
        client = self.client()
        found = client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        begun = client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return [one["Key"] for one in found] + [f"{one['Key']} (begun)" for one in begun]

    def make_bucket(self) -> None:
        """Make the bucket."""
        self.client().create_bucket(Bucket=BUCKET)

    def empty(self) -> None:
        """Remove all that is in the bucket."""
        client = self.client()
        for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            client.delete_object(Bucket=BUCKET, Key=one["Key"])
        for one in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
            client.abort_multipart_upload(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])

    def _child(self, part: str) -> Child:
        script = Path(sys.executable).parent / f"swift-{part}-server"
        return Child(
            f"swift {part}",
            [sys.executable, "-W", "ignore", str(script), str(self.folder / f"{part}.conf")],
            orphan_signal=signal.SIGKILL,
            env=os.environ | {"EVENTLET_NO_GREENDNS": "yes"},
        )

    def _configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "devices" / "d1").mkdir(parents=True)
        salt = secrets.token_hex(8)
        # Each program looks for this beside its own configuration.
        (self.folder / "swift.conf").write_text(
            f"[swift-hash]\nswift_hash_path_prefix = {salt}\nswift_hash_path_suffix = {salt}\n"
        )
        user = pwd.getpwuid(os.getuid()).pw_name
        for part, port in self.ports.items():
            head = _COMMON.format(port=port, user=user, folder=self.folder)
            rest = _PROXY.format(secret=self.secret) if part == "proxy" else _SERVER
            (self.folder / f"{part}.conf").write_text(head + rest.replace("{part}", part))
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _RINGS, self.folder, *self._devices()],
            check=True, capture_output=True,
        )  # fmt: skip

    def _devices(self) -> list[str]:
        return [f"{part}:{self.ports[part]}" for part in PARTS]

    def _is_there(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/info", timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
