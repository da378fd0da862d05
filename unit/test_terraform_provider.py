import json
import platform
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.terraform import provider
from stackproof.terraform.diagnostics import ProviderFailed
from stackproof.terraform.provider import (
    PACKAGED_VERSION,
    Provider,
    choose,
    choose_for_deploying,
    current_version,
    packaged,
    with_fallback,
)

BINARY = f"registry.terraform.io/hashicorp/aws/{PACKAGED_VERSION}/linux_amd64/terraform-provider-aws_v{PACKAGED_VERSION}_x5"
MIRROR = 'provider_installation {\n  network_mirror {\n    url = "https://example.com/"\n  }\n}\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The registry is out of reach; the addresses that were asked."""
    asked: list[str] = []
    monkeypatch.setattr(provider, "_answers", lambda address: bool(asked.append(address)))
    return asked


def environment(home: Path, **others: str) -> dict[str, str]:
    return {"HOME": str(home), **others}


class TestPackaged:
    def test_is_unpacked_once_also_by_runs_at_the_same_time(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor() as pool:
            found = set(pool.map(packaged, [tmp_path] * 4))
        (one,) = found
        assert (one.version, one.origin, one.needs_downgrade) == (PACKAGED_VERSION, "packaged", True)
        binary = tmp_path / "provider" / BINARY
        assert binary.stat().st_size > 100_000_000
        assert binary.stat().st_mode & 0o111
        assert [path.name for path in binary.parent.parent.iterdir()] == ["linux_amd64"]
        written = binary.stat().st_mtime_ns
        assert packaged(tmp_path) == one
        assert binary.stat().st_mtime_ns == written
        binary.unlink()  # pytest would keep it for days

    def test_configuration_follows_a_project_that_moved(self, tmp_path: Path) -> None:
        mirror = tmp_path / "provider"
        (mirror / BINARY).parent.mkdir(parents=True)
        (mirror / "terraform.rc").write_text('path = "/where/it/was"')
        with (mirror / "terraform.rc").open() as read_meanwhile:
            config = packaged(tmp_path).cli_config
            assert read_meanwhile.read() == 'path = "/where/it/was"', "another terraform init would find half a configuration"
        assert config
        assert str(mirror) in config.read_text()
        assert "/where/it/was" not in config.read_text()

    def test_a_changed_package_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider, "_PACKAGED_SHA256", "0" * 64)
        with pytest.raises(CouldNotVerify, match="SHA-256 differs"):
            packaged(tmp_path)
        assert not list(tmp_path.rglob("terraform-provider-aws*"))

    def test_a_missing_package_says_what_to_do(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider, "_PACKAGED_ZIP", "absent.zip")
        with pytest.raises(UsageError, match=r"is not installed.*Make registry\.terraform\.io .* reachable"):
            packaged(tmp_path)

    @pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64"), ("Windows", "AMD64")])
    def test_elsewhere_it_is_refused(self, system: str, machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        with pytest.raises(UsageError, match=rf"not on {system} {machine}\. Make registry"):
            packaged(tmp_path)


class TestChoose:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Unpacking is tested above."""
        monkeypatch.setattr(provider, "_unpack", lambda target: target.mkdir(parents=True))

    def test_packaged_where_the_registry_is_out_of_reach(self, tmp_path: Path, home: Path, probes: list[str]) -> None:
        absent = environment(home, TF_CLI_CONFIG_FILE=str(home / "absent"))
        assert choose(tmp_path, absent).origin == "packaged"
        assert choose(tmp_path, absent).origin == "packaged"
        assert probes == ["https://registry.terraform.io/.well-known/terraform.json"]

    def test_registry_where_it_and_its_downloads_answer(
        self, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        monkeypatch.setattr(provider, "_answers", lambda address: not asked.append(address))
        for _ in range(2):
            chosen = choose(tmp_path, environment(home))
            assert (chosen.version, chosen.origin, chosen.needs_downgrade) == (current_version(), "Terraform registry", False)
        assert asked == list(provider._PROBED)

    def test_asks_again_after_ten_minutes_or_when_what_it_remembers_is_damaged(
        self, tmp_path: Path, home: Path, probes: list[str]
    ) -> None:
        for remembered in ("", "[]", "{", json.dumps({"at": time.time() - 601, "answer": provider._ANSWERS})):
            (tmp_path / "registry.json").write_text(remembered)
            assert choose(tmp_path, environment(home)).origin == "packaged"
        assert len(probes) == 4

    def test_an_answer_is_never_seen_half_written(self, tmp_path: Path, home: Path, probes: list[str]) -> None:
        remembered = tmp_path / "registry.json"
        remembered.write_text('{"at": 0, "answer": "long ago"}')
        with remembered.open() as read_meanwhile:
            choose(tmp_path, environment(home))
            assert json.load(read_meanwhile)["answer"] == "long ago"

    def test_a_probe_is_short_where_nothing_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider, "_PROBE_TIMEOUT", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            assert not provider._answers(f"http://127.0.0.1:{silent.getsockname()[1]}/")  # and not: waits forever

    @pytest.mark.parametrize(("status", "answers"), [("200 OK", True), ("403 Forbidden", False)])
    def test_a_host_that_a_proxy_denies_does_not_answer(self, status: str, answers: bool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

            thread = threading.Thread(target=answer)
            thread.start()
            assert provider._answers(f"http://127.0.0.1:{server.getsockname()[1]}/") is answers
            thread.join()

    @pytest.mark.parametrize("place", ["TF_CLI_CONFIG_FILE", "home"])
    def test_a_mirror_that_the_user_named_goes_first(self, place: str, tmp_path: Path, home: Path, probes: list[str]) -> None:
        config = home / (".terraformrc" if place == "home" else "other.rc")
        config.write_text(MIRROR)
        chosen = choose(tmp_path, environment(home, **({} if place == "home" else {place: str(config)})))
        assert (chosen.version, chosen.origin, chosen.cli_config) == (current_version(), str(config), config)
        assert not chosen.needs_downgrade
        assert not probes

    @pytest.mark.parametrize("name", ["6.69.1", "terraform-provider-aws_6.69.1_linux_amd64.zip"])
    def test_a_plugin_directory_with_the_provider_is_a_mirror(
        self, name: str, tmp_path: Path, home: Path, probes: list[str]
    ) -> None:
        plugins = home / ".terraform.d" / "plugins" / "registry.terraform.io" / "hashicorp" / "aws"
        (plugins / name).mkdir(parents=True)
        chosen = choose(tmp_path, environment(home))
        assert (chosen.origin, chosen.cli_config, chosen.needs_downgrade) == (str(plugins), None, False)
        assert not probes

    @pytest.mark.parametrize("text", ["", 'plugin_cache_dir = "/x"\n', "provider_installation {\n  direct {}\n}\n"])
    def test_a_configuration_without_a_mirror_decides_nothing(
        self, text: str, tmp_path: Path, home: Path, probes: list[str]
    ) -> None:
        (home / ".terraformrc").write_text(text)
        (home / ".terraform.d" / "plugins" / "registry.terraform.io" / "hashicorp" / "aws" / "5.1.0").mkdir(parents=True)
        assert choose(tmp_path, environment(home)).origin == "packaged"
        assert len(probes) == 1

    def test_the_environment_variable_decides(self, tmp_path: Path, home: Path, probes: list[str]) -> None:
        (home / ".terraformrc").write_text(MIRROR)
        assert choose(tmp_path, environment(home, STACKPROOF_PROVIDER="packaged")).origin == "packaged"
        (home / ".terraformrc").unlink()
        assert choose(tmp_path, environment(home, STACKPROOF_PROVIDER="registry")).origin == "Terraform registry"
        assert not probes
        with pytest.raises(UsageError, match="STACKPROOF_PROVIDER='6': it is registry or packaged"):
            choose(tmp_path, environment(home, STACKPROOF_PROVIDER="6"))


class TestChooseForDeploying:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(provider, "_unpack", lambda target: target.mkdir(parents=True))

    @pytest.mark.parametrize("config", [MIRROR, ""])
    def test_is_the_packaged_one_whatever_is_in_reach(self, config: str, tmp_path: Path, home: Path, probes: list[str]) -> None:
        (home / ".terraformrc").write_text(config)
        provider._remember(tmp_path, provider._ANSWERS)
        chosen = choose_for_deploying(tmp_path, environment(home))
        assert (chosen.origin, chosen.why) == ("packaged", "")
        assert "proven by running" in chosen.proven
        assert not probes

    def test_is_the_registrys_where_that_was_asked_for(self, tmp_path: Path, home: Path, probes: list[str]) -> None:
        chosen = choose_for_deploying(tmp_path, environment(home, STACKPROOF_PROVIDER="registry"))
        assert (chosen.version, chosen.origin) == (current_version(), "Terraform registry")
        assert "by a contract alone" in chosen.proven
        assert "STACKPROOF_PROVIDER=registry was set" in chosen.proven
        assert not probes

    @pytest.mark.parametrize(("system", "machine"), [("Darwin", "arm64"), ("Linux", "aarch64")])
    def test_is_the_registrys_with_a_note_where_the_packaged_one_does_not_run(
        self, system: str, machine: str, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        chosen = choose_for_deploying(tmp_path, environment(home))
        assert (chosen.version, chosen.origin, chosen.needs_downgrade) == (current_version(), "Terraform registry", False)
        assert f"runs on 64-bit Linux (x86), not on {system} {machine}" in chosen.proven
        with pytest.raises(UsageError, match=f"not on {system} {machine}"):
            choose_for_deploying(tmp_path, environment(home, STACKPROOF_PROVIDER="packaged"))

    def test_refuses_another_word(self, tmp_path: Path, home: Path) -> None:
        with pytest.raises(UsageError, match="it is registry or packaged"):
            choose_for_deploying(tmp_path, environment(home, STACKPROOF_PROVIDER="newest"))


class TestWithFallback:
    @pytest.fixture(autouse=True)
    def reached(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The registry answers, and whoever runs this has no mirror."""
        monkeypatch.setattr(provider, "_unpack", lambda target: target.mkdir(parents=True))
        monkeypatch.setattr(provider, "_answers", lambda address: True)
        monkeypatch.setenv("HOME", str(home))
        for name in ("STACKPROOF_PROVIDER", "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME"):
            monkeypatch.delenv(name, raising=False)

    @staticmethod
    def broken(chosen: Provider) -> Provider:
        if not chosen.needs_downgrade:
            raise ProviderFailed("terraform init failed", "Failed to install provider: EOF")
        return chosen

    def test_takes_the_packaged_one_and_says_why(self, tmp_path: Path) -> None:
        expected = f"hashicorp/aws {current_version()} (Terraform registry) could not be used (Failed to install provider: EOF)"
        assert with_fallback(tmp_path, self.broken).why == expected
        again: list[Provider] = []
        with_fallback(tmp_path, again.append)
        assert [(one.origin, one.why) for one in again] == [("packaged", expected)]  # no second try within ten minutes

    def test_what_works_is_left_as_it_is(self, tmp_path: Path) -> None:
        assert with_fallback(tmp_path, lambda chosen: chosen.version) == current_version()

    def test_a_fault_of_the_sources_is_no_reason(self, tmp_path: Path) -> None:
        def invalid(chosen: Provider) -> None:
            raise CouldNotVerify(f"main.tf does not parse with {chosen.version}")

        with pytest.raises(CouldNotVerify, match=current_version()):
            with_fallback(tmp_path, invalid)

    def test_who_asks_for_the_registrys_gets_no_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STACKPROOF_PROVIDER", "registry")
        with pytest.raises(ProviderFailed):
            with_fallback(tmp_path, self.broken)

    def test_no_other_is_there_on_another_machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platform, "system", lambda: "Darwin")
        with pytest.raises(ProviderFailed):
            with_fallback(tmp_path, self.broken)
