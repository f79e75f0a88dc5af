"""The real process at full load: killed without warning, ended by signals, and on a disk that fills. Afterwards its state is that
of a fresh replay of its own log (`freehold verify`), and its ledger counts every row that its log holds."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from instance import HANG_SECONDS, Instance, config_of

ROUNDS = int(os.environ.get("FREEHOLD_KILL_ROUNDS", "12"))
BUSY = 5_000
PATIENCE_SECONDS = 60


def busy_config(feeds: int = 2) -> dict:
    """Simulated markets that say more than is asked of any real feed, live."""
    def feed(number: int) -> dict:
        return {"name": f"market-{number}", "type": "simulator", "uses": ["analytics", "display"], "seed": number + 1, "listings": 20_000, "per_second": BUSY}

    config = config_of([feed(number) for number in range(feeds)], {"zip": ["PostalCode"], "state": ["StateOrProvince"], "nation": "US"})
    config["checkpoint"] = {"rows": 3_000}
    return config


def start(instance: Instance, *options: str) -> subprocess.Popen:
    command = [argument for argument in instance.run_command(*options) if argument != "--until-idle"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def verified(instance: Instance, story: list[str]) -> None:
    command = [str(instance.binary), "verify", "--data-dir", str(instance.data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS)
    assert done.returncode == 0, "\n".join([*story, done.stdout[-4000:], done.stderr[-4000:]])


def received(instance: Instance) -> int:
    return sum(instance.ledger(feed["name"])["received"] for feed in instance.config["feed"])


def test_killed_at_full_load(instances) -> None:
    instance = instances("killed-live", busy_config())
    chance, story, before = random.Random(9), [], 0
    for number in range(ROUNDS):
        process = start(instance)
        life = chance.uniform(0.05, 1.5)
        time.sleep(life)
        assert process.poll() is None, process.stderr.read()
        process.kill()
        process.communicate()
        story.append(f"round {number}: killed after {life:.2f} s")
        # The state as a restart finds it (its checkpoint), and as it makes it (with what the log holds behind that).
        verified(instance, story)
        now = received(instance)
        assert now >= before, "\n".join([*story, f"{now} rows where there were {before}"])
        before = now
    assert before > BUSY, "it took in next to nothing, so nothing would be proven"
    process = start(instance)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0, process.stderr.read()
    verified(instance, story)


@pytest.mark.parametrize("signals", [1, 2])
def test_ended_by_signals(instances, signals: int) -> None:
    instance = instances(f"ended-{signals}", busy_config())
    process = start(instance)
    time.sleep(1)
    for _ in range(signals):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.001)
    code = process.wait(PATIENCE_SECONDS)
    # The second ends it at once, if it was not done already.
    assert code in ((0,) if signals == 1 else (0, 130)), process.stderr.read()
    verified(instance, [f"{signals} signals"])
    assert received(instance) > 0


def health(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_for(what: str, ask):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(0.05)
    return answer


def resident(process: subprocess.Popen) -> int:
    for line in Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_a_disk_that_fills(instances) -> None:
    """Files may not grow any more, as on a full disk; and then they may again. No restart in between."""
    instance = instances("full", busy_config())
    # The limit's own signal is ignored, as nobody sends one from a full disk: writes fail.
    process = subprocess.Popen(
        [argument for argument in instance.run_command("--listen", "127.0.0.1:0") if argument not in ("--until-idle", "--quiet")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN), restore_signals=False,
    )  # fmt: skip
    try:
        address = ""
        while "http://" not in address:
            address = process.stderr.readline()
            assert address or process.poll() is None, "it ended"
        address = "http://" + address.split("http://")[1].split()[0].rstrip("/")
        assert health(address)[0] == 200
        log = instance.data_dir / "log.redb"
        wait_for("a log of some size", lambda: log.stat().st_size > 2_000_000)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, resource.RLIM_INFINITY))
        code, said = wait_for("trouble", lambda: "log.redb" in (told := health(address))[1] and told)
        assert code == 503 and "log: " in said, said
        before = resident(process)
        time.sleep(3)
        assert process.poll() is None, "it ended on a full disk"
        assert resident(process) < before * 1.2 + 20_000_000, "what waits for room takes memory"
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for("health", lambda: health(address)[0] == 200)
        size = log.stat().st_size
        wait_for("a log that grows again", lambda: log.stat().st_size > size)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0, process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    verified(instance, ["a disk that filled"])
    assert received(instance) > BUSY
