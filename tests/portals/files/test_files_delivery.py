"""Bringing a delivery to its receiver: over a real SFTP server and to real object storage, with what a night has."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from proving import every_other

from veerpont.model.content import Content
from veerpont.model.failures import PassingError, SettingsError, VeerpontError
from veerpont.model.flows import Flow
from veerpont.systems.registry import portal

from .conftest import NAME

FOLDER = "Medewerkers"
ORDER = ["employment.csv", "formation.csv", "wage_components.csv", "manifest.json"]
BUCKET = "salaries"
CANARY = "kanariepiet"


@pytest.fixture
def deliver(acme, render) -> Callable[..., None]:
    def send(content: Content | None = None, folder: str = FOLDER, connection: str = "xpert") -> None:
        settings = acme(folder=folder, connection=connection)
        portal("files").deliver(settings, Flow.PAYROLL, f"{NAME}.tar", content or Content.of(render()))

    return send


class TestSftp:
    @pytest.fixture(autouse=True)
    def _connected(self, connection) -> None:
        """The connection `xpert` leads to the server."""

    def test_the_files_lie_in_a_folder_of_the_delivery(self, server, deliver) -> None:
        """Under their own names, nothing else beside them; the manifest says which delivery it is."""
        deliver()
        assert sorted(server.stands(f"{FOLDER}/{NAME}")) == sorted(ORDER)
        manifest = json.loads(server.stands(f"{FOLDER}/{NAME}")["manifest.json"])
        assert manifest["delivery"] == NAME

    def test_each_gets_its_name_when_it_is_whole_and_the_manifest_is_last(self, server, deliver) -> None:
        calls: list[str] = []

        class Watching(asyncssh.SFTPServer):
            def rename(self, oldpath, newpath):
                calls.append(f"{Path(oldpath.decode()).name} {Path(newpath.decode()).name}")
                return super().rename(oldpath, newpath)

        server.files = Watching
        deliver()
        assert calls == [f"{name}.part {name}" for name in ORDER]

    @pytest.mark.parametrize("at", range(1, 5))
    def test_a_delivery_that_dies_between_two_files_is_completed(self, server, deliver, at: int) -> None:
        """Whatever file it was at: no manifest stands before its data, and the next attempt brings the rest."""
        renamed = []

        class Dying(asyncssh.SFTPServer):
            def rename(self, oldpath, newpath):
                renamed.append(newpath)
                if len(renamed) == at:
                    server.connections[-1].abort()
                    raise asyncssh.SFTPConnectionLost("gone")
                return super().rename(oldpath, newpath)

        server.files = Dying
        with pytest.raises(PassingError):
            deliver()
        assert "manifest.json" not in server.stands(f"{FOLDER}/{NAME}")
        server.files = asyncssh.SFTPServer
        deliver()
        assert sorted(server.stands(f"{FOLDER}/{NAME}")) == sorted(ORDER)

    def test_again_changes_nothing(self, server, deliver) -> None:
        deliver()
        before = {path: path.stat().st_mtime_ns for path in (server.root / FOLDER / NAME).iterdir()}
        deliver()
        assert {path: path.stat().st_mtime_ns for path in (server.root / FOLDER / NAME).iterdir()} == before

    def test_a_file_that_was_changed_there_is_never_overwritten(self, server, deliver) -> None:
        """The name holds a mark of the content, so another size is somebody's doing; no manifest follows."""
        (server.root / FOLDER / NAME).mkdir()
        (server.root / FOLDER / NAME / "formation.csv").write_bytes(b"of somebody else")
        with pytest.raises(SettingsError, match="another size"):
            deliver()
        found = server.stands(f"{FOLDER}/{NAME}")
        assert found["formation.csv"] == b"of somebody else"
        assert "manifest.json" not in found

    def test_a_missing_folder_is_a_setting_and_is_not_made(self, server, deliver) -> None:
        with pytest.raises(SettingsError, match=r"settings\.folder"):
            deliver(folder="Elders")
        assert not (server.root / "Elders").exists()

    def test_without_a_folder_it_is_the_login_s_own(self, server, deliver) -> None:
        deliver(folder="")
        assert (server.root / NAME / "manifest.json").exists()

    def test_a_login_that_may_not_make_folders_is_told_so(self, server, deliver) -> None:
        class Refusing(asyncssh.SFTPServer):
            def mkdir(self, path, attrs):
                raise asyncssh.SFTPPermissionDenied("no")

        server.files = Refusing
        with pytest.raises(SettingsError, match="may not make folders"):
            deliver()

    @pytest.mark.parametrize("length", [1, 511, 5000])
    def test_it_comes_in_chunks_of_any_length(self, server, deliver, render, length: int) -> None:
        content = render()
        cut = [content[at : at + length] for at in range(0, len(content), length)]
        deliver(Content(len(content), lambda: iter(cut)))
        assert sorted(server.stands(f"{FOLDER}/{NAME}")) == sorted(ORDER)

    def test_a_delivery_that_is_not_what_was_kept_gets_no_manifest(self, server, deliver, render) -> None:
        """The vault says so at the end of what it reads."""

        def damaged() -> Iterator[bytes]:
            yield render()
            raise SettingsError("not what was written")

        with pytest.raises(SettingsError, match="not what was written"):
            deliver(Content(0, damaged))
        assert "manifest.json" not in server.stands(f"{FOLDER}/{NAME}")


@pytest.fixture
def bucket(s3: dict[str, str]) -> Iterator[Any]:
    """A bucket of its own, emptied afterwards."""
    import boto3

    found = boto3.resource(
        "s3",
        endpoint_url=s3["AWS_ENDPOINT_URL"],
        region_name=s3["AWS_DEFAULT_REGION"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    ).Bucket(BUCKET)
    found.create()
    yield found
    found.objects.all().delete()
    found.delete()


@pytest.fixture
def store(bucket, s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the Airflow connection `store`; keywords replace its fields."""

    def put(**fields: Any) -> None:
        extra = {"endpoint_url": s3["AWS_ENDPOINT_URL"]}
        there = {
            "conn_type": "object_storage",
            "host": f"s3://{BUCKET}/acme",
            "login": "testing",
            "password": CANARY,
            "extra": extra,
        }
        monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(there | fields))

    put()
    return put


class TestObjectStorage:
    @pytest.fixture(autouse=True)
    def _connected(self, store) -> None:
        """The connection `store` leads to the bucket."""

    def test_the_files_are_objects_below_the_delivery(self, bucket, deliver) -> None:
        deliver(folder="uit", connection="store")
        objects = sorted(bucket.objects.all(), key=lambda each: each.last_modified)
        assert sorted(each.key for each in objects) == sorted(f"acme/uit/{NAME}/{name}" for name in ORDER)
        manifest = json.loads(bucket.Object(f"acme/uit/{NAME}/manifest.json").get()["Body"].read())
        sizes = {each.key.rpartition("/")[2]: each.size for each in objects}
        assert all(sizes[table["file"]] == table["size"] for table in manifest["tables"])

    @pytest.mark.parametrize("at", every_other(range(4)))
    def test_a_delivery_that_dies_between_two_objects_is_completed(
        self, bucket, deliver, monkeypatch: pytest.MonkeyPatch, at: int
    ) -> None:
        """The manifest is last, and what stands there already is not sent again."""
        import s3fs

        put, sent = s3fs.S3FileSystem._pipe_file, []

        async def dying(self, path, data, **kwargs):
            if len(sent) == at:
                raise ConnectionResetError("gone")
            sent.append(path.rpartition("/")[2])
            return await put(self, path, data, **kwargs)

        with monkeypatch.context() as patch:
            patch.setattr(s3fs.S3FileSystem, "_pipe_file", dying)
            with pytest.raises(PassingError, match="cannot be reached"):
                deliver(connection="store", folder="")
        assert sent == ORDER[:at]
        assert [each.key for each in bucket.objects.all()] == [f"acme/{NAME}/{name}" for name in ORDER[:at]]
        first = {each.key: each.last_modified for each in bucket.objects.all()}
        deliver(connection="store", folder="")
        deliver(connection="store", folder="")
        found = {each.key: each.last_modified for each in bucket.objects.all()}
        assert len(found) == len(ORDER)
        assert first.items() <= found.items()

    def test_an_object_that_was_changed_there_is_never_overwritten(self, bucket, deliver) -> None:
        theirs = bucket.put_object(Key=f"acme/{NAME}/formation.csv", Body=b"of somebody else")
        with pytest.raises(SettingsError, match="another size"):
            deliver(connection="store", folder="")
        assert theirs.get()["Body"].read() == b"of somebody else"
        assert f"acme/{NAME}/manifest.json" not in [each.key for each in bucket.objects.all()]

    def test_a_vault_that_fails_is_not_blamed_on_the_storage(self, deliver) -> None:
        """Its error comes through as it is."""

        def gone() -> Iterator[bytes]:
            raise FileNotFoundError("of the vault")
            yield b""

        with pytest.raises(FileNotFoundError, match="of the vault"):
            deliver(Content(1, gone), connection="store")

    def test_a_bucket_that_is_not_there_is_a_setting(self, store, deliver, acme) -> None:
        """Said by a delivery and by `check --live`; a bucket that is there says nothing, before and after the first."""
        portal("files").try_connection(acme(connection="store"), Flow.PAYROLL)
        deliver(connection="store")
        portal("files").try_connection(acme(connection="store"), Flow.PAYROLL)
        store(host="s3://elsewhere")
        for attempt in (
            lambda: deliver(connection="store"),
            lambda: portal("files").try_connection(acme(connection="store"), Flow.PAYROLL),
        ):
            with pytest.raises(SettingsError, match="bucket that is not there") as caught:
                attempt()
            assert CANARY not in str(caught.value)

    def test_storage_that_is_away_passes(self, store, deliver) -> None:
        """Nobody's fault, and tried again; the secret is in no message."""
        store(extra={"endpoint_url": "http://127.0.0.1:9", "config_kwargs": {"retries": {"max_attempts": 1}}})
        with pytest.raises(PassingError, match="cannot be reached") as caught:
            deliver(connection="store")
        assert CANARY not in str(caught.value)

    @pytest.mark.parametrize(
        "fields",
        [
            {"host": "salaries"},
            {"host": "file:///tmp"},
            {"host": "memory://x"},
            {"host": "s3://a/../b"},
            {"host": "simplecache::s3://salaries"},
            {"host": "gs://salaries"},
            {"host": "gs://salaries", "login": None, "password": None},
            {"host": "sftp://salaries", "login": None, "password": None},
        ],
    )
    def test_an_address_that_is_of_no_use_is_a_setting(self, store, deliver, fields) -> None:
        """A folder too: a file in it would show half of itself while it is written; and storage whose package lacks."""
        store(**fields)
        with pytest.raises(SettingsError, match="The connection store") as caught:
            deliver(connection="store")
        assert CANARY not in str(caught.value)

    def test_the_button_in_airflow(self, store) -> None:
        """The form's test says whether the bucket is there, and never the key."""
        from veerpont.systems.files.hook import ObjectStorageHook

        assert ObjectStorageHook("store").test_connection()[0]
        store(host="s3://elsewhere")
        well, words = ObjectStorageHook("store").test_connection()
        assert (well, "bucket" in words, CANARY in words) == (False, True, False)


def test_a_delivery_without_a_schema_is_a_defect(acme) -> None:
    with pytest.raises(VeerpontError, match="no schema"):
        portal("files").render(acme(), Flow.PAYROLL, [])


class TestStorageOfAnotherMake:
    """S3 that is not Amazon's, and does not take all that botocore sends."""

    @pytest.mark.parametrize(("status", "code"), [(501, "NotImplemented"), (400, "InvalidArgument")])
    def test_a_checksum_that_is_refused_is_a_setting(self, monkeypatch, status: int, code: str) -> None:
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        class Refusing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.answer(404)

            def do_GET(self) -> None:
                self.answer(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                text = f"<Error><Code>{code}</Code><Message>A header you provided: {CANARY}</Message></Error>"
                self.answer(status, text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        store = {"conn_type": "object_storage", "host": "s3://salaries", "login": "k", "password": "s"}
        monkeypatch.setenv("AIRFLOW_CONN_STORE", json.dumps(store | {"extra": {"endpoint_url": endpoint}}))
        from veerpont.systems.files.hook import ObjectStorageHook

        with pytest.raises(SettingsError, match=rf"{code}.*request_checksum_calculation") as caught:
            ObjectStorageHook("store").bring("uit", "payroll_1", [("a.csv", b"1")])
        assert CANARY not in str(caught.value)
        server.shutdown()
        server.server_close()
